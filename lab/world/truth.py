"""What really happened in a replay: which sites were lost to what and when, and what should be said of it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from collector.incident import Cause, Scope
from lab.world.fault import LINK, Fault, Spell
from lab.world.kinds import KINDS
from lab.world.place import CENTRE, Land
from lab.world.spans import Span, longest, without
from lab.world.strain import Strain
from lab.world.timeline import History, Timeline, spells_of

_STARTS_SECONDS = 120.0
_TELLS_SECONDS = 300.0
"""So long after its line's return an agent has handed over what it kept, and the collector has made up its mind."""
_LOOKS_SECONDS = 60.0
"""Within this time the province has looked at every site, and the collector has judged it."""
_MANY = 3
"""Sites that must be lost together for the province to see by itself what they share."""
LEAST_SECONDS = 180.0
"""What is lost for longer must be known."""
GRACE_SECONDS = 180.0
"""After planned work: what was worked on starts again."""


@dataclass(frozen=True, slots=True)
class Outage:
    """One site that was not reached; seconds since the replay began."""

    site: str
    begins: float
    ends: float
    planned: tuple[Span, ...] = ()
    """When somebody worked there and had said so, and for a little after."""
    kept: bool = False
    """Whether the province's own agent saw it and could tell the collector, if only later."""

    @property
    def lasts(self) -> float:
        """Seconds."""
        return self.ends - self.begins

    def unplanned(self) -> list[Span]:
        """When somebody would have to be told of it."""
        return without((self.begins, self.ends), self.planned)

    def due(self, blind: Iterable[Span]) -> list[Span]:
        """When somebody would have to be told of it and it could be seen."""
        return without((self.begins, self.ends), (*self.planned, *blind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One fault and what it did."""

    number: int
    kind: str
    where: str
    scope: Scope | None
    begins: float
    ends: float
    sites: tuple[str, ...]
    """All that it touched."""
    outages: tuple[Outage, ...]
    cause: Cause | None
    must_tell: bool
    """Whether somebody has to be told."""
    may_tell: bool
    """Whether it is right to call somebody."""
    evident: bool
    """Whether anything was measured that shows the cause."""
    degrades: bool = False
    """Whether a site serves badly by it that is not lost."""
    hushes: bool = False
    """Whether reports of all sites stop by it."""

    @property
    def subject(self) -> str:
        """The name by which an incident would tell of it."""
        return self.where.partition("/")[0] if self.kind == LINK else self.where

    @property
    def is_ours(self) -> bool:
        """Whether it takes the province's own sight."""
        return self.cause is Cause.PROVINCE


def happenings(faults: Sequence[Fault], land: Land, timeline: Timeline, seconds: float) -> tuple[Happening, ...]:
    """The truth of a script as far as it was lived through, in its order."""
    begun = [fault for fault in faults if fault.begins < seconds]
    return tuple(_happening(number, fault, land, timeline, seconds) for number, fault in enumerate(begun, start=1))


def dark_times(timeline: Timeline, seconds: float) -> tuple[Span, ...]:
    """When the collector saw nothing at all: our own side was cut, or it did not run."""
    return _times(timeline.of(CENTRE), seconds, lambda strain: strain.line_cut or strain.collector_away)


def _times(history: History, seconds: float, holds: Callable[[Strain], bool]) -> tuple[Span, ...]:
    ends = (*history.starts[1:], seconds)
    return tuple(
        (start, min(end, seconds))
        for start, end, strain in zip(history.starts, ends, history.strains, strict=True)
        if start < seconds and holds(strain)
    )


def _happening(number: int, fault: Fault, land: Land, timeline: Timeline, seconds: float) -> Happening:
    kind = KINDS[fault.kind]
    spells = [spell for spell in spells_of(fault, land) if spell.site != CENTRE]
    lost = [Outage(spell.site, spell.begins, spell.ends) for spell in spells if not spell.strain.reached]
    if fault.kind == LINK:
        lost += [outage for spell in spells for outage in _both_lost(spell, timeline.of(spell.site), seconds)]
    cut = (replace(one, ends=min(one.ends, seconds)) for one in joined_outages(lost) if one.begins < seconds)
    outages = tuple(_seen(one, timeline, seconds) for one in cut)
    return Happening(
        number=number,
        kind=fault.kind,
        where=fault.where,
        scope=kind.scope,
        begins=fault.begins,
        ends=max((outage.ends for outage in outages), default=fault.ends),
        sites=tuple(dict.fromkeys(spell.site for spell in spells)),
        outages=outages,
        cause=kind.cause,
        must_tell=any(longest(one.unplanned()) > LEAST_SECONDS for one in outages)
        or (kind.ours and _ours_seen(fault, timeline, seconds) > LEAST_SECONDS),
        may_tell=(bool(outages) and kind.cause is not None) or kind.tellable or kind.ours,
        evident=any(_evident(one, timeline, seconds, power=kind.cause is Cause.POWER) for one in outages)
        or (kind.shows and (kind.ours or sum(_is_new(one, timeline) for one in outages) >= _MANY)),
        degrades=kind.tellable or fault.kind == LINK,
        hushes=kind.hushes,
    )


def joined_outages(outages: Iterable[Outage]) -> list[Outage]:
    """Outages of a site that touch each other are one."""
    found: dict[str, list[Outage]] = {}
    for outage in sorted(outages, key=lambda one: (one.site, one.begins)):
        mine = found.setdefault(outage.site, [])
        if mine and outage.begins <= mine[-1].ends:
            mine[-1] = Outage(outage.site, mine[-1].begins, max(mine[-1].ends, outage.ends))
        else:
            mine.append(outage)
    return [outage for mine in found.values() for outage in mine]


def _seen(outage: Outage, timeline: Timeline, seconds: float) -> Outage:
    """With what is known of it besides its time."""
    own = timeline.of(CENTRE)
    works = _times(timeline.of(outage.site), seconds, lambda strain: strain.maintained)
    cuts = _times(own, seconds, lambda strain: strain.line_cut)
    back = min((at for at in (outage.ends, *own.starts) if at >= outage.ends and _hears(own, at)), default=seconds)
    return replace(
        outage,
        planned=tuple((start, end + GRACE_SECONDS) for start, end in works if end + GRACE_SECONDS > outage.begins),
        kept=longest(outage.due(cuts)) > LEAST_SECONDS and back + _LOOKS_SECONDS < seconds,
    )


def _hears(own: History, at: float) -> bool:
    return not own.at(at).collector_away


def _ours_seen(fault: Fault, timeline: Timeline, seconds: float) -> float:
    """How long at a stretch somebody was there who could miss the outside world."""
    away = _times(timeline.of(CENTRE), seconds, lambda strain: strain.collector_away)
    return longest(without((fault.begins, min(fault.ends, seconds)), away))


def _both_lost(spell: Spell, history: History, seconds: float) -> Iterator[Outage]:
    """When the other link of a site was lost too."""
    for start, end in _times(history, seconds, lambda strain: strain.main_cut and strain.backup_cut):
        begins, ended = max(start, spell.begins), min(end, spell.ends)
        if begins < ended:
            yield Outage(spell.site, begins, ended)


def _is_new(outage: Outage, timeline: Timeline) -> bool:
    """Whether the site was reached until then."""
    return timeline.of(outage.site).at(outage.begins - 1).reached


def _evident(outage: Outage, timeline: Timeline, seconds: float, *, power: bool) -> bool:
    """Whether the site's agent worked right before the outage and right after it, or all through it, and told of it.

    An agent that does not reach its router sees nothing of what lies behind it; that its computer was started anew
    it knows all the same.
    """
    history, own = timeline.of(outage.site), timeline.of(CENTRE)
    before, back = history.at(outage.begins - 1), outage.ends + _STARTS_SECONDS
    after = history.at(back)
    looks = (*history.between(outage.begins - 1, outage.begins + _LOOKS_SECONDS), after)
    if not (before.measures and after.measures) or (not power and any(strain.unplugged for strain in looks)):
        return False
    moments = (at for at in sorted((back, *history.starts, *own.starts)) if at >= back)
    told = next((at for at in moments if _tells(history.at(at), own.at(at))), seconds)
    return told + _TELLS_SECONDS < seconds


def _tells(there: Strain, own: Strain) -> bool:
    """Whether an agent's records reach the collector."""
    return there.measures and there.meets_core and not (own.line_cut or own.deaf or own.collector_away)
