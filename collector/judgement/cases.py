"""The outages of sites, each with its beginning and end and the fault that it belongs to; it names no cause."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from collector.incident import Clue, Incident, Scope
from collector.judgement.attribution import Span
from collector.judgement.folding import Fold, Glimpse, Part, Seen, fold
from collector.judgement.scene import Look, Scene
from collector.judgement.settings import JudgementSettings

_SECOND_NS = 1_000_000_000
_WEIGH_NS = 10 * _SECOND_NS
"""Asked once in each of these on the clock, so that it does not depend on when it was asked before."""

Powerless = Callable[[str, int], bool]
"""Whether the mains of a site that was lost at a time are known to have failed before."""


@dataclass(slots=True)
class Case:
    """One outage of one site; times are wall times in nanoseconds."""

    site: str
    began_ns: int
    known_ns: int
    group: "Group | None" = None
    number: int | None = None
    """Its own incident, where it has one."""
    ended_ns: int | None = None
    weighed_ns: int = 0
    remembered: tuple[Clue, ...] = ()

    def span(self) -> Span:
        """As those who look for its cause see it."""
        return Span(self.site, self.began_ns, self.ended_ns, self.remembered)

    def due(self, now_ns: int) -> bool:
        """Whether its cause should be asked for again; a thing that lasts is asked now and then."""
        if now_ns // _WEIGH_NS == self.weighed_ns // _WEIGH_NS:
            return False
        self.weighed_ns = now_ns
        return True


@dataclass(slots=True)
class Group:
    """Sites that one fault took."""

    part: Part
    cases: dict[str, Case] = field(default_factory=dict)
    number: int | None = None
    weighed: tuple[int, int, int] = (0, 0, 0)
    """When, over how many sites, of which so many lasted."""

    def due(self, now_ns: int) -> bool:
        """Whether it should be told of again: other sites than before, or some time."""
        state = (len(self.cases), len(self.lasting()))
        if state == self.weighed[1:] and now_ns // _WEIGH_NS == self.weighed[0] // _WEIGH_NS:
            return False
        self.weighed = (now_ns, *state)
        return True

    def joins(self, case: Case, within_ns: int, powerless: bool) -> bool:
        """Whether a site that was lost later was lost to the same fault: batteries last for different times."""
        if case.site not in self.part.members:
            return False
        if self.part.scope is Scope.POWER_AREA or powerless:
            return powerless and self.part.scope is Scope.POWER_AREA
        return any(abs(case.began_ns - other.began_ns) <= within_ns for other in self.cases.values())

    def lasting(self) -> list[Case]:
        """Those that are lost still."""
        return [case for case in self.cases.values() if case.ended_ns is None]


class Cases:
    """All outages that last, and those that ended and still await a final word."""

    def __init__(self, parts: Sequence[Part], settings: JudgementSettings) -> None:
        self._parts = parts
        self._settings = settings
        self.lasting: dict[str, Case] = {}
        self.groups: list[Group] = []
        self._earlier: dict[str, int] = {}

    def restore(self, incident: Incident) -> None:
        """Go on with an open incident of an earlier run; sites that returned meanwhile end by their next look."""
        if incident.scope is Scope.SITE:
            case = Case(incident.subject, incident.began_ns, incident.known_ns, number=incident.number)
            case.remembered = incident.clues
            self.lasting.setdefault(incident.subject, case)
            return
        group = Group(self.part(incident), number=incident.number)
        for site in incident.still:
            case = Case(site, incident.began_ns, incident.known_ns, group, remembered=incident.clues)
            group.cases[site] = self.lasting[site] = case
        self.groups.append(group)

    def backdate(self, site: str, began_ns: int) -> None:
        """An outage that lasts, or is about to be known, began earlier."""
        case = self.lasting.get(site)
        if case is None:
            self._earlier[site] = min(began_ns, self._earlier.get(site, began_ns))
        elif began_ns < case.began_ns:
            case.began_ns, case.weighed_ns = began_ns, 0

    def part(self, incident: Incident) -> Part:
        """The part of the network that an incident is about."""
        found = (part for part in self._parts if (part.scope, part.subject) == (incident.scope, incident.subject))
        return next(found, Part(incident.scope, incident.subject, frozenset(incident.sites)))

    def update(self, scene: Scene, powerless: Powerless) -> "Turn":
        """Open, close and fold; ``powerless`` says whether a site lost at a time had lost its mains."""
        ended = list(self._close(scene.looks))
        self._open(scene)
        self._join(powerless)
        turn = Turn(ended)
        self._fold(scene, powerless, turn)
        self._part(scene.now_ns, turn)
        return turn

    def _open(self, scene: Scene) -> None:
        for site, look in scene.looks.items():
            if look.seen is Seen.DOWN and look.fresh and site not in self.lasting:
                began_ns = look.since_ns or scene.now_ns
                self.lasting[site] = Case(site, min(began_ns, self._earlier.get(site, began_ns)), scene.now_ns)
            if look.seen is Seen.WELL and look.fresh:
                self._earlier.pop(site, None)

    def _close(self, looks: Mapping[str, Look]) -> Iterable[Case]:
        for site, case in list(self.lasting.items()):
            look = looks.get(site)
            if look is None:
                case.ended_ns = case.known_ns  # The site is gone from the inventory.
            elif look.fresh and look.seen is Seen.WELL:
                case.ended_ns = max(look.since_ns, case.began_ns)
            else:
                continue
            del self.lasting[site]
            yield case

    def _join(self, powerless: Powerless) -> None:
        within_ns = int(self._settings.fold_seconds * _SECOND_NS)
        for case in self.lasting.values():
            if case.group is None and case.number is None:
                dark = powerless(case.site, case.began_ns)
                for group in self.groups:
                    if group.lasting() and group.joins(case, within_ns, dark):
                        case.group = group
                        group.cases[case.site] = case
                        break

    def _fold(self, scene: Scene, powerless: Powerless, turn: "Turn") -> None:
        young_ns = scene.now_ns - int(self._settings.fold_seconds * _SECOND_NS)
        if not any(case.group is None and case.known_ns >= young_ns for case in self.lasting.values()):
            return
        glimpses = {
            site: self._glimpse(site, look, powerless, young_ns) for site, look in scene.looks.items() if look.fresh
        }
        wait_ns = int(self._settings.fold_wait_seconds * _SECOND_NS)
        for found in fold(self._parts, glimpses, self._settings):
            if found.undecided:
                waiting = (self.lasting[site] for site in found.sites if site in self.lasting)
                turn.waiting.update(case.site for case in waiting if scene.now_ns - case.known_ns < wait_ns)
            else:
                self._gather(found, scene, turn)

    def _gather(self, found: Fold, scene: Scene, turn: "Turn") -> None:
        same = (group for group in self.groups if group.part is found.part and group.lasting())
        group = next(same, None) or Group(found.part)
        numbers: list[int] = []
        for site in found.sites:
            case = self.lasting.get(site)
            if case is None:
                case = self.lasting[site] = Case(site, scene.looks[site].since_ns, scene.now_ns)
            if case.number is not None:
                numbers.append(case.number)
                case.number = None
            case.group = group
            group.cases[site] = case
        if numbers and group.number is None:
            # Somebody may have been called for the first of them: it goes on as what it turned out to be.
            group.number = min(numbers)
        turn.folded += [(number, group) for number in numbers if number != group.number]
        if group not in self.groups:
            self.groups.append(group)

    def _glimpse(self, site: str, look: Look, powerless: Powerless, young_ns: int) -> Glimpse:
        if look.seen is Seen.WELL:
            carriers = frozenset(link.provider for link in look.lost_links)
            return Glimpse(Seen.WELL, look.at_ns, powerless=powerless(site, look.at_ns), carriers=carriers)
        case = self.lasting.get(site)
        began_ns = case.began_ns if case is not None else look.since_ns
        dark = powerless(site, began_ns)
        old = case is not None and (case.group is not None or (case.number is not None and case.known_ns < young_ns))
        return Glimpse(look.seen, began_ns, own=old, powerless=dark)

    def _part(self, now_ns: int, turn: "Turn") -> None:
        """Faults that are over end; the few that stay lost long after the others returned stand for themselves."""
        rest_ns = int(self._settings.remainder_seconds * _SECOND_NS)
        for group in list(self.groups):
            lasting = group.lasting()
            ends = sorted(case.ended_ns for case in group.cases.values() if case.ended_ns is not None)
            most = len(ends) >= 0.8 * len(group.cases)
            if lasting and most and now_ns - ends[int(0.8 * len(group.cases)) - 1] > rest_ns:
                for case in lasting:
                    del group.cases[case.site]
                    self._part_with(case, group, now_ns)
                lasting = []
            if not lasting:
                self.groups.remove(group)
                turn.over.append(group)

    def _part_with(self, case: Case, group: Group, now_ns: int) -> None:
        """Another fault that lasts may have it; else it is looked at as if it was lost now."""
        others = [one for one in self.groups if one is not group and case.site in one.part.members and one.lasting()]
        case.group = min(others, key=lambda one: len(one.part.members), default=None)
        case.known_ns = now_ns
        if case.group is not None:
            case.group.cases[case.site] = case


@dataclass(slots=True)
class Turn:
    """What one update brought."""

    ended: list[Case]
    waiting: set[str] = field(default_factory=set)
    """Sites that are down but whose neighbours have not been looked at since."""
    folded: list[tuple[int, Group]] = field(default_factory=list)
    """Incidents of single sites that a group now tells of."""
    over: list[Group] = field(default_factory=list)
