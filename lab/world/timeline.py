"""The state of the whole network as a function of time, from a script of faults; asking it changes nothing."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from collector.inventory.site import Site
from lab.world.fault import Fault, Spell
from lab.world.kinds import KINDS
from lab.world.place import CENTRE, Land, Place
from lab.world.strain import WELL, Strain, joined

_CENTRE = Site(id=CENTRE, name=CENTRE)
_YEAR_SECONDS = 366 * 86_400.0
LONG_AGO = -5_000_000.0
"""When everything was switched on that no fault has switched off since."""


@dataclass(frozen=True, slots=True)
class History:
    """One site over time: from ``starts[i]`` on ``strains[i]`` holds."""

    starts: tuple[float, ...]
    strains: tuple[Strain, ...]
    router_boots: tuple[float, ...]
    host_boots: tuple[float, ...]
    program_starts: tuple[float, ...]
    fades: tuple[float, ...]
    """When less light began to arrive."""
    battery_turns: tuple[float, ...]
    """When mains failed and the supply took over."""

    def at(self, seconds: float) -> Strain:
        """What holds at a time."""
        return self.strains[bisect_right(self.starts, seconds) - 1]

    def lasting(self, seconds: float) -> tuple[float, Strain]:
        """The same, and since when."""
        place = bisect_right(self.starts, seconds) - 1
        return self.starts[place], self.strains[place]

    def until(self, seconds: float) -> float:
        """When it changes next; where it never does, a year later."""
        place = bisect_right(self.starts, seconds)
        return self.starts[place] if place < len(self.starts) else seconds + _YEAR_SECONDS

    def between(self, first: float, last: float) -> list[Strain]:
        """All that holds at some time of an interval."""
        place = max(0, bisect_right(self.starts, first) - 1)
        return list(self.strains[place : bisect_right(self.starts, last)])

    def is_plain(self, first: float, last: float, least_seconds: float) -> bool:
        """Whether in a time no packets are lost but all of them, and then for a while."""
        place = max(0, bisect_right(self.starts, first) - 1)
        while place < len(self.starts) and self.starts[place] <= last:
            strain = self.strains[place]
            if strain.lossy or (
                not strain.whole and self.until(self.starts[place]) - self.starts[place] < least_seconds
            ):
                return False
            place += 1
        return True

    def router_boot(self, seconds: float) -> float:
        """When the router that runs at a time was started."""
        return self.router_boots[bisect_right(self.router_boots, seconds) - 1]

    def host_boot(self, seconds: float) -> float:
        """When the agent's computer was started."""
        return self.host_boots[bisect_right(self.host_boots, seconds) - 1]

    def program_start(self, seconds: float) -> float:
        """When the agent's program was started."""
        return self.program_starts[bisect_right(self.program_starts, seconds) - 1]


class Timeline:
    """Histories by site, with that of the province's own side under :data:`CENTRE`."""

    def __init__(self, land: Land, faults: Iterable[Fault]) -> None:
        spells: dict[str, list[Spell]] = {site: [] for site in (CENTRE, *(place.id for place in land.places))}
        for fault in faults:
            for spell in spells_of(fault, land):
                spells[spell.site].append(spell)
        self._histories = {site: _history(found) for site, found in spells.items()}
        self.changes: tuple[float, ...] = tuple(
            sorted({start for history in self._histories.values() for start in history.starts[1:]})
        )
        """Every moment at which something changes somewhere."""
        own = self._histories[CENTRE]
        self.restarts: tuple[float, ...] = tuple(
            start for start, strain in zip(own.starts, own.strains, strict=True) if strain.collector_away
        )
        """When the collector ends, to be started again."""
        self.planned = any(strain.maintained for history in self._histories.values() for strain in history.strains)
        """Whether anybody works anywhere at any time."""

    def of(self, site: str) -> History:
        """The history of one site."""
        return self._histories[site]


def spells_of(fault: Fault, land: Land) -> list[Spell]:
    """What a fault does to each site."""
    kind = KINDS[fault.kind]
    places = struck(fault, land) if kind.scope is not None else (replace(land.places[0], site=_CENTRE),)
    return [spell for place in places for spell in kind.effect(fault, place)]


def struck(fault: Fault, land: Land) -> Sequence[Place]:
    """The places that a fault is about."""
    scope = KINDS[fault.kind].scope
    if scope is None:
        return ()
    if scope == "site":
        return [place for place in land.places if place.id == fault.where.partition("/")[0]]
    ids = frozenset(land.members(scope.value)[fault.where])
    return [place for place in land.places if place.id in ids]


def _history(spells: Sequence[Spell]) -> History:
    edges = sorted({edge for spell in spells for edge in (spell.begins, spell.ends)})
    starts, strains = [LONG_AGO], [WELL]
    for edge in edges:
        strain = WELL
        for spell in spells:
            if spell.begins <= edge < spell.ends:
                strain = joined(strain, spell.strain)
        if strain != strains[-1]:
            starts.append(edge)
            strains.append(strain)
    turns = list(zip(strains, strains[1:], starts[1:], strict=False))
    return History(
        starts=tuple(starts),
        strains=tuple(strains),
        router_boots=(LONG_AGO, *(at for was, now, at in turns if now.answers and not was.answers)),
        host_boots=(LONG_AGO, *(at for was, now, at in turns if now.host_runs and not was.host_runs)),
        program_starts=(LONG_AGO, *(at for was, now, at in turns if now.measures and not was.measures)),
        fades=tuple(at for was, now, at in turns if now.fade_db > was.fade_db),
        battery_turns=tuple(at for was, now, at in turns if now.on_battery and not was.on_battery),
    )
