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
    battery_turns: tuple[float, ...]
    """When mains failed and the supply took over."""

    def at(self, seconds: float) -> Strain:
        """What holds at a time."""
        return self.strains[bisect_right(self.starts, seconds) - 1]

    def until(self, seconds: float) -> float:
        """When it changes next; where it never does, a year later."""
        place = bisect_right(self.starts, seconds)
        return self.starts[place] if place < len(self.starts) else seconds + _YEAR_SECONDS

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
        return [place for place in land.places if place.id == fault.where]
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
    router, host, program = [LONG_AGO], [LONG_AGO], [LONG_AGO]
    battery: list[float] = []
    for before, after, start in zip(strains, strains[1:], starts[1:], strict=False):
        if after.on_battery and not before.on_battery:
            battery.append(start)
        if after.measures and not before.measures:
            program.append(start)
        if (before.dark or before.router_hung) and after.answers:
            router.append(start)
        if (before.dark or before.host_off) and not (after.dark or after.host_off):
            host.append(start)
    return History(tuple(starts), tuple(strains), tuple(router), tuple(host), tuple(program), tuple(battery))
