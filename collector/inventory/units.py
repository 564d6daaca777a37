"""Administrative units as dated facts with their succession: a reform is a change of data; it reads no file."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import msgspec

from collector.inventory.order import arranged
from collector.inventory.site import Inventory, Site

FIRST, LAST = date(1, 1, 1), date(9999, 12, 31)
"""Validity that is open."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as it was or is for a time, both days included."""

    code: str
    name: str
    kind: str
    parent: str
    valid_from: date = FIRST
    valid_to: date = LAST

    def holds(self, day: date) -> bool:
        """Whether there is such a unit on a day."""
        return self.valid_from <= day <= self.valid_to


@dataclass(frozen=True, slots=True)
class Successor:
    """One unit went over into another, wholly or in part."""

    day: date
    old_code: str
    new_code: str
    whole: bool


class Units:
    """Answers for any day."""

    def __init__(self, units: Sequence[Unit], succession: Sequence[Successor]) -> None:
        self._units = units
        self._succession = succession

    @property
    def reforms(self) -> tuple[date, ...]:
        """The days on which units went over into others, in order."""
        return tuple(sorted({one.day for one in self._succession}))

    def on(self, day: date) -> tuple[Unit, ...]:
        """All units of a day."""
        return tuple(unit for unit in self._units if unit.holds(day))

    def find(self, code: str, day: date) -> Unit | None:
        """The unit that has a code on a day."""
        return next((unit for unit in self._units if unit.code == code and unit.holds(day)), None)

    def successors(self, code: str, since: date, until: date) -> tuple[Unit, ...]:
        """What a unit of one day is on a later day: itself, one other, or several where it was divided."""
        codes = [code]
        for day in sorted({one.day for one in self._succession if since < one.day <= until}):
            steps = {one: [s.new_code for s in self._succession if s.day == day and s.old_code == one] for one in codes}
            codes = list(dict.fromkeys(new for one in codes for new in (steps[one] or [one])))
        found = (self.find(one, until) for one in codes)
        return tuple(unit for unit in found if unit is not None)

    def predecessors(self, code: str, day: date) -> tuple[Successor, ...]:
        """What a unit was made of on the day of its making."""
        return tuple(one for one in self._succession if one.new_code == code and one.day == day)


def moved(  # noqa: PLR0913 - a reform
    inventory: Inventory,
    units: Units,
    since: date,
    until: date,
    chosen: Mapping[str, str] = MappingProxyType({}),
    *,
    only: Collection[str] | None = None,
) -> tuple[Inventory, dict[str, str]]:
    """The inventory with the units of a later day; why a site stays as it is, where somebody must place it by hand.

    Ids, links, hubs and history stay: only code, kind, district and, where it was the unit's, the name change.
    ``chosen`` gives the new code of sites that were placed by hand. Of ``only`` some sites where the others were moved
    before: a code that is both an old one and a new one does not say which.
    """
    unclear: dict[str, str] = {}
    sites: list[Site] = []
    for site in inventory.sites:
        if only is not None and site.id not in only:
            sites.append(site)
            continue
        after = _place(site, units, since, until, chosen.get(site.id, ""))
        if isinstance(after, str):
            unclear[site.id] = after
        sites.append(site if isinstance(after, str) else after)
    return Inventory(arranged(sites).sites, inventory.hubs), unclear


def _place(site: Site, units: Units, since: date, until: date, chosen: str) -> Site | str:
    before, there = units.find(site.code, since), units.find(site.code, until)
    if there is not None and there.name == site.name and (before is None or before.name != site.name):
        return site  # It was moved already.
    after = () if before is None else units.successors(site.code, since, until)
    if chosen:
        place = units.find(chosen, until)
        after = () if place is None or (after and place not in after) else (place,)
    if len(after) == 1:
        return _moved(site, before, after[0], units.find(after[0].parent, until))
    if chosen:
        return f"it cannot be in '{chosen}'"
    if before is None:
        return f"there was no unit '{site.code}' on {since}"
    became = ", ".join(f"{unit.code} {unit.name}" for unit in after)
    return f"'{site.code}' was divided into {became}" if became else f"nobody says what became of '{site.code}'"


def _moved(site: Site, before: Unit | None, after: Unit, district: Unit | None) -> Site:
    is_province = district is None or not district.parent
    return msgspec.structs.replace(
        site,
        code=after.code,
        kind=after.kind,
        name=after.name if before is not None and site.name == before.name else site.name,
        district_code="" if is_province else after.parent,
        district="" if district is None or is_province else district.name,
    )
