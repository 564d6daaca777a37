"""The cause of one site's outage, from a table of rules over its clues; what the clues do not show stays unknown."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from collector.incident import Cause, Clue
from collector.judgement.clues import ClueKind
from collector.judgement.diary import ALIVE_NS
from collector.judgement.notes import SiteNotes
from collector.judgement.spans import Spans
from collector.judgement.whereabouts import CORE, FIRST_HOP, LAN

_SECOND_NS = 1_000_000_000
_EDGE_NS = 20 * _SECOND_NS
"""Looks from inside that lie nearer to the ends of an outage may belong to either side."""
_BEGINNING_NS = 600 * _SECOND_NS
_SHORT_NS = 90 * _SECOND_NS
"""A shorter outage is looked at whole."""
_AMID_NS = 45 * _SECOND_NS
"""An agent that works looks at its line twice in twice this time."""


@dataclass(frozen=True, slots=True)
class Rule:
    """All of ``needs`` and none of ``unless``: then this is the cause."""

    cause: Cause
    needs: frozenset[ClueKind]
    unless: frozenset[ClueKind] = frozenset()


def _rule(cause: Cause, *needs: ClueKind, unless: tuple[ClueKind, ...] = ()) -> Rule:
    return Rule(cause, frozenset(needs), frozenset(unless))


_K = ClueKind
_LEVELS = (
    (LAN, _K.LAN_LOST, _K.LAN_WELL),
    (FIRST_HOP, _K.FIRST_HOP_LOST, _K.FIRST_HOP_WELL),
    (CORE, _K.CORE_LOST, _K.CORE_WELL),
)
_LIVES = (_K.HOST_STAYED, _K.ROUTER_STAYED)

RULES: tuple[Rule, ...] = (
    # A router that ran on and was seen from inside all the while had power, whatever its supply told before.
    _rule(Cause.ACCESS_LINK, _K.LAN_WELL, _K.FIRST_HOP_LOST),
    _rule(Cause.ISP, _K.FIRST_HOP_WELL, _K.CORE_LOST),
    # Whoever traced had power, and so had every hop that answered.
    _rule(Cause.ACCESS_LINK, _K.PATH_ENDED_BEFORE, unless=(_K.LAN_LOST, _K.FIRST_HOP_WELL, _K.ROUTER_REBOOTED)),
    _rule(Cause.ISP, _K.PATH_ENDED_BEHIND, unless=(_K.LAN_LOST, _K.FIRST_HOP_LOST, _K.ROUTER_REBOOTED)),
    _rule(Cause.POWER, _K.ON_BATTERY, unless=_LIVES),
    _rule(Cause.POWER, _K.POWER_TRAP, unless=_LIVES),
    _rule(Cause.POWER, _K.ROUTER_REBOOTED, _K.HOST_REBOOTED, unless=(_K.ON_MAINS,)),
    _rule(Cause.SITE_LAN, _K.LAN_LOST, unless=(_K.ROUTER_STAYED,)),
    _rule(Cause.SITE_LAN, _K.ROUTER_REBOOTED, _K.HOST_STAYED),
    _rule(Cause.SITE_LAN, _K.ROUTER_REBOOTED, _K.ON_MAINS),
    _rule(Cause.ACCESS_LINK, _K.SIGNAL_FADED, unless=(_K.ROUTER_REBOOTED,)),
    _rule(Cause.ACCESS_LINK, _K.ROUTER_STAYED, _K.NEIGHBOURS_WELL, unless=(_K.LAN_LOST,)),
)
"""In the order in which they are asked; the first that fits is taken."""

RULES_OF_LOSS: tuple[Rule, ...] = (
    _rule(Cause.SITE_LAN, _K.LAN_LOSSY, unless=(_K.FIRST_HOP_CLEAN, _K.CORE_CLEAN)),
    _rule(Cause.ACCESS_LINK, _K.FIRST_HOP_LOSSY, unless=(_K.CORE_CLEAN,)),
    _rule(Cause.ISP, _K.FIRST_HOP_CLEAN, _K.CORE_LOSSY),
    _rule(Cause.ACCESS_LINK, _K.SIGNAL_FADED, unless=(_K.FIRST_HOP_CLEAN,)),
)
"""The same for a site that is reached and serves badly."""


def cause_of(clues: Iterable[Clue], rules: tuple[Rule, ...] = RULES) -> tuple[Cause, tuple[Clue, ...]]:
    """The cause and all the clues, those that led to it first."""
    every = tuple(clues)
    kinds = {ClueKind(clue.kind) for clue in every}
    for rule in rules:
        if rule.needs <= kinds and not rule.unless & kinds:
            leading = tuple(clue for clue in every if clue.kind in rule.needs)
            return rule.cause, leading + tuple(clue for clue in every if clue not in leading)
    return Cause.UNKNOWN, every


def is_refuted(cause: Cause, clues: Iterable[Clue]) -> bool:
    """Whether what led to a cause is still known, and something has come to light that speaks against it."""
    kinds = {ClueKind(clue.kind) for clue in clues}
    led = [rule for rule in RULES if rule.cause is cause and rule.needs <= kinds]
    return bool(led) and all(rule.unless & kinds for rule in led)


@dataclass(frozen=True, slots=True)
class Span:
    """An outage of a site; wall times in nanoseconds."""

    site: str
    began_ns: int
    ended_ns: int | None
    """None while it lasts."""
    remembered: tuple[Clue, ...] = ()
    """What an earlier run of the collector knew of it."""
    alone_ns: int | None = None
    """Since when it is lost for a reason of its own, where it was lost with others that have returned."""
    unseen_ns: int | None = None
    """Since when nobody could see, where nobody could when it was lost."""
    hidden_ns: int | None = None
    """Since when nobody could see until it was back."""

    @property
    def first_ns(self) -> int:
        """When it may have begun."""
        return self.began_ns if self.unseen_ns is None else min(self.began_ns, self.unseen_ns)


def clues_of(span: Span, notes: SiteNotes, now_ns: int) -> Iterator[Clue]:
    """What is known of an outage from the site itself."""
    site, began_ns, ended_ns = span.site, span.began_ns, span.ended_ns
    # While others were lost with it, nothing that was seen of it tells its own fault from theirs.
    alone_ns = max(began_ns, span.alone_ns or began_ns)
    yield from notes.diary.power_clues(site, alone_ns)
    yield from notes.diary.signal_clues(site, alone_ns)
    # What came later may be another fault: the cause is what the beginning shows.
    last_ns = min(ended_ns if ended_ns is not None else now_ns, alone_ns + _BEGINNING_NS)
    yield from _looks(site, notes, alone_ns, last_ns, alone_ns)
    yield from notes.paths.clues(site, alone_ns, last_ns)
    seen = _hosts(span, notes)
    yield from seen.values()
    if ended_ns is not None:
        yield from notes.diary.restart_clues(site, began_ns, ended_ns, seen)
        yield from notes.diary.mains_clues(site, alone_ns, ended_ns)


def amid(span: Span) -> tuple[int, int]:
    """The middle of an outage that is over, long enough for an agent that works to have looked at its line.

    As far as it was seen: while nobody can see on our own side, a site that is back reaches nothing of ours either.
    """
    first_ns, ended_ns = max(span.began_ns, span.alone_ns or span.began_ns), span.ended_ns or span.began_ns
    if span.hidden_ns is not None and span.hidden_ns > first_ns:
        ended_ns = min(ended_ns, span.hidden_ns)
    middle_ns = (first_ns + ended_ns) // 2
    return max(first_ns, middle_ns - _AMID_NS), min(ended_ns, middle_ns + _AMID_NS)


def cause_amid(span: Span, notes: SiteNotes) -> tuple[Cause, tuple[Clue, ...]]:
    """The cause of what held in the middle of an outage that is over, and so for most of it where two followed.

    Only to be asked when all that the site's agent kept has arrived: that it did not look tells of power too.
    """
    site, began_ns, ended_ns = span.site, span.began_ns, span.ended_ns or span.began_ns
    around = amid(span)
    middle_ns = sum(around) // 2
    looks = list(_looks(site, notes, *around, middle_ns))
    clues = [*looks, *notes.diary.restart_clues(site, began_ns, ended_ns, _hosts(span, notes))]
    if not looks:
        clues += [*notes.diary.power_clues(site, middle_ns), *notes.diary.mains_clues(site, began_ns, ended_ns)]
    return cause_of(clue for clue in clues if not (looks and clue.kind == _K.HOST_REBOOTED))


def clues_of_loss(site: str, since_ns: int, loss_ratio: float, notes: SiteNotes, now_ns: int) -> Iterator[Clue]:
    """What is known of a site that serves badly since a time, from its own agent and its line's signal."""
    yield from notes.whereabouts.clues(site, since_ns, now_ns, loss_ratio)
    yield from notes.diary.signal_clues(site, now_ns)


def _hosts(span: Span, notes: SiteNotes) -> dict[str, Clue]:
    """Agents' computers that ran right before an outage: they were heard, or what they kept tells of looks then."""
    seen = {clue.subject: clue for clue in span.remembered if clue.kind == _K.HOST_SEEN}
    seen |= {clue.subject: clue for clue in notes.diary.host_clues(span.site, span.first_ns, span.began_ns)}
    before = (spans.within(span.first_ns - ALIVE_NS, span.began_ns) for spans in notes.inside.values())
    # Whose looks they were is known where there is one.
    if len(notes.diary.hosts) == 1 and any(before):
        (subject,) = notes.diary.hosts
        seen.setdefault(subject, Clue(kind=_K.HOST_SEEN, at_ns=span.began_ns, site=span.site, subject=subject))
    return seen


def _looks(site: str, notes: SiteNotes, first_ns: int, last_ns: int, at_ns: int) -> Iterator[Clue]:
    """What the site's own agent reached in a time."""
    for level, lost, well in _LEVELS:
        reached = _reached([spans for (at, _), spans in notes.inside.items() if at == level], first_ns, last_ns)
        if reached is not None:
            yield Clue(kind=well if reached else lost, at_ns=at_ns, site=site)


def _reached(targets: list[Spans], began_ns: int, ended_ns: int) -> bool | None:
    """Whether one of the targets was reached meanwhile; None where nobody looked, or where it was so and not so."""
    edge_ns = _EDGE_NS if ended_ns - began_ns > _SHORT_NS else 0
    seen = [spans.within(began_ns + edge_ns, ended_ns - edge_ns) for spans in targets]
    good = sum(span.last_ns - span.first_ns + 1 for spans in seen for span in spans if span.good)
    bad = sum(span.last_ns - span.first_ns + 1 for spans in seen for span in spans if not span.good)
    if good + bad == 0 or max(good, bad) < 0.8 * (good + bad):
        return None
    return good > bad
