"""What really happened in a replay: which sites were lost to what and when, and what should be said of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from collector.incident import Cause, Scope
from lab.world.fault import LINK, Fault, Spell
from lab.world.kinds import KINDS
from lab.world.place import CENTRE, Land
from lab.world.timeline import History, Timeline, spells_of

_STARTS_SECONDS = 120.0
_MANY = 3
"""Sites that must be lost together for the province to see by itself what they share."""
LEAST_SECONDS = 180.0
"""What is lost for longer must be known."""


@dataclass(frozen=True, slots=True)
class Outage:
    """One site that was not reached; seconds since the replay began."""

    site: str
    begins: float
    ends: float

    @property
    def lasts(self) -> float:
        """Seconds."""
        return self.ends - self.begins


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
    """Whether it is right to tell somebody."""
    evident: bool
    """Whether anything was measured that shows the cause."""


def happenings(faults: Sequence[Fault], land: Land, timeline: Timeline, seconds: float) -> tuple[Happening, ...]:
    """The truth of a script as far as it was lived through, in its order."""
    begun = [fault for fault in faults if fault.begins < seconds]
    return tuple(_happening(number, fault, land, timeline, seconds) for number, fault in enumerate(begun, start=1))


def dark_times(timeline: Timeline, seconds: float) -> tuple[tuple[float, float], ...]:
    """When the province saw nothing at all."""
    history = timeline.of(CENTRE)
    ends = (*history.starts[1:], seconds)
    return tuple(
        (start, end)
        for start, end, strain in zip(history.starts, ends, history.strains, strict=True)
        if strain.line_cut
    )


def _happening(number: int, fault: Fault, land: Land, timeline: Timeline, seconds: float) -> Happening:
    kind = KINDS[fault.kind]
    spells = [spell for spell in spells_of(fault, land) if spell.site != CENTRE]
    lost = [Outage(spell.site, spell.begins, min(spell.ends, seconds)) for spell in spells if not spell.strain.reached]
    if fault.kind == LINK:
        lost += [outage for spell in spells for outage in _both_lost(spell, timeline.of(spell.site), seconds)]
    outages = tuple(joined_outages(outage for outage in lost if outage.begins < seconds))
    long = [outage for outage in outages if outage.lasts > LEAST_SECONDS]
    unplanned = [one for one in long if not timeline.of(one.site).at(one.begins).maintained]
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
        must_tell=bool(unplanned) or (kind.ours and min(fault.ends, seconds) - fault.begins > LEAST_SECONDS),
        may_tell=(bool(outages) and kind.cause is not None) or kind.tellable or kind.ours,
        evident=any(_evident(one, timeline.of(one.site)) for one in outages)
        or (kind.shows and (kind.ours or len(outages) >= _MANY)),
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


def _both_lost(spell: Spell, history: History, seconds: float) -> Iterator[Outage]:
    """When the other link of a site was lost too."""
    ends = (*history.starts[1:], seconds)
    for start, end, strain in zip(history.starts, ends, history.strains, strict=True):
        begins, ended = max(start, spell.begins), min(end, spell.ends, seconds)
        if strain.main_cut and strain.backup_cut and begins < ended:
            yield Outage(spell.site, begins, ended)


def _evident(outage: Outage, history: History) -> bool:
    """Whether the site's agent worked right before the outage and right after it, or all through it."""
    return history.at(outage.begins - 1).measures and history.at(outage.ends + _STARTS_SECONDS).measures
