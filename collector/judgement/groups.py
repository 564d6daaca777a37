"""One outage of one site, and the sites that one fault took, with when they part; they name no cause."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from collector.incident import Cause, Clue, Scope
from collector.judgement.attribution import Span
from collector.judgement.folding import AT_ONCE_NS, MAINS_NS, Part
from collector.judgement.quorum import share_of
from collector.judgement.settings import JudgementSettings

_SECOND_NS = 1_000_000_000
SHOWN_SITES = 2
"""So many sites at least must show no cause of their own where a hub or a provider is said to have failed."""
_WEIGH_NS = 10 * _SECOND_NS
"""Asked once in each of these on the clock, so that it does not depend on when it was asked before."""


@dataclass(slots=True, eq=False)
class Case:
    """One outage of one site; times are wall times in nanoseconds."""

    site: str
    began_ns: int
    known_ns: int
    group: "Group | None" = None
    number: int | None = None
    """Its own incident, where it has one."""
    ended_ns: int | None = None
    alone_ns: int | None = None
    """Since when it is lost for a reason of its own, where it was lost with others that have returned."""
    unseen_ns: int | None = None
    """Since when nobody could see, where nobody could when it was lost: it may have been lost since then."""
    hidden_ns: int | None = None
    """Since when nobody could see until it was back: that it was lost so long is not known."""
    planned_ns: int | None = None
    """Until when somebody worked at the site meanwhile: what was seen by then tells of the work."""
    mains_ns: int | None = None
    """When its mains had failed, as far as that was known when it was looked for a fold."""
    weighed_ns: int = 0
    told: bool = False
    """Whether all that its agents kept of it was weighed for a cause of its own."""
    remembered: tuple[Clue, ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether a fold may have it: it has none, or one that is a guess and still whole."""
        return self.group is None or (self.group.guess and not self.group.ends_ns())

    @property
    def is_past(self) -> bool:
        """Whether it became known only when it was over."""
        return self.ended_ns is not None and not self.began_ns < self.known_ns < self.ended_ns

    def span(self) -> Span:
        """As those who look for its cause see it."""
        planned_ns = self.planned_ns or 0
        worked = self.began_ns < planned_ns and (self.ended_ns is None or planned_ns < self.ended_ns)
        alone_ns = max(planned_ns, self.alone_ns or 0) if worked else self.alone_ns
        return Span(self.site, self.began_ns, self.ended_ns, self.remembered, alone_ns, self.unseen_ns, self.hidden_ns)

    def due(self, now_ns: int) -> bool:
        """Whether its cause should be asked for again; a thing that lasts is asked now and then."""
        if now_ns // _WEIGH_NS == self.weighed_ns // _WEIGH_NS:
            return False
        self.weighed_ns = now_ns
        return True


@dataclass(slots=True, eq=False)
class Group:
    """Sites that one fault took."""

    part: Part
    cases: dict[str, Case] = field(default_factory=dict)
    number: int | None = None
    guess: bool = False
    """Something else may show to have failed: while it is young, a fold that explains them better may have them."""
    remembered: Cause | None = None
    """What an earlier run held to be the cause."""
    parted: list[Case] = field(default_factory=list)
    """Those that were still lost when so few had returned that these do not show what was shared."""
    unseen_ns: int | None = 0
    """When one that lasts was not looked at, or not by anybody who can see, or had no power; None: nobody was there."""
    weighed: tuple[int, int, int] = (0, 0, 0)
    """When, over how many sites, of which so many lasted."""

    @property
    def is_known(self) -> bool:
        """Whether the part is known to have failed: a hub at least is, whatever took it."""
        return not self.guess or self.part.scope is Scope.HUB

    def due(self, now_ns: int) -> bool:
        """Whether it should be told of again: other sites than before, or some time."""
        state = (len(self.cases), len(self.lasting()))
        if state == self.weighed[1:] and now_ns // _WEIGH_NS == self.weighed[0] // _WEIGH_NS:
            return False
        self.weighed = (now_ns, *state)
        return True

    def take(self, case: Case) -> None:
        """It was lost to this fault."""
        case.group = self
        self.cases[case.site] = case

    def joins(self, case: Case, within_ns: int) -> bool:
        """Whether a site that was lost later was lost to the same fault: batteries last for different times."""
        if case.site not in self.part.members:
            return False
        if case.site in self.cases and not self._works(self.lasting()):
            return True  # It was back for a moment, while most of the others were not.
        if self.part.scope is Scope.POWER_AREA:
            return case.mains_ns is not None and any(
                self.remembered is not None or abs(_fate_ns(other) - case.mains_ns) <= MAINS_NS
                for other in self.cases.values()
            )
        if case.mains_ns is not None:
            within_ns = AT_ONCE_NS if self.part.scope is Scope.HUB else -1
        return any(abs(case.began_ns - other.began_ns) <= within_ns for other in self.cases.values())

    def lasting(self) -> list[Case]:
        """Those that are lost still."""
        return [case for case in self.cases.values() if case.ended_ns is None]

    def ends_ns(self) -> list[int]:
        """When those returned that are back, in the order of time."""
        return sorted(case.ended_ns for case in self.cases.values() if case.ended_ns is not None)

    def is_proven(self, now_ns: int, settings: JudgementSettings, elsewhere: Callable[[Case], bool]) -> bool:
        """Whether what they share works again: half of them are back, and no other has come for a while.

        ``elsewhere`` says of one that is lost whether another fault that lasts has it too: that says nothing.
        """
        ends_ns = self.ends_ns()
        rest_ns = int(settings.remainder_seconds * _SECOND_NS)
        if not ends_ns or now_ns - max(ends_ns[-1], self.unseen_ns or 0) <= rest_ns:
            return False
        own = [case for case in self.lasting() if not elsewhere(case)]
        few = len(own) <= share_of(self.part.scope, settings) * (len(ends_ns) + len(own))
        return few and self._works(own)

    def works_since_ns(self) -> int:
        """Of a group of which some are back: when half of those were."""
        ends_ns = self.ends_ns()
        return ends_ns[(len(ends_ns) - 1) // 2]

    def _works(self, lasting: list[Case]) -> bool:
        return len(self.cases) - len(self.lasting()) >= len(lasting)


@dataclass(slots=True)
class Turn:
    """What one update brought."""

    ended: list[Case]
    waiting: set[str] = field(default_factory=set)
    """Sites that are down but whose neighbours have not been looked at since."""
    folded: list[tuple[int, Group]] = field(default_factory=list)
    """Incidents of single sites that a group now tells of."""
    over: list[Group] = field(default_factory=list)


def _fate_ns(case: Case) -> int:
    """When the site lost its mains, where that is what took it."""
    return case.began_ns if case.mains_ns is None else case.mains_ns


def back_when(cases: Sequence[Case], case: Case) -> int | None:
    """When half of those that were lost with one were back."""
    ends = sorted(one.ended_ns for one in cases if one is not case and one.ended_ns is not None)
    return ends[(len(ends) - 1) // 2] if ends else None
