"""Administrative units as dated facts with their succession: a reform is a change of data; it opens no other file."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from collector.inventory.site import Inventory, Site
from shared.settings import SettingsError

_UNITS = ("code", "name", "kind", "parent", "valid_from", "valid_to")
_SUCCESSION = ("date", "old_code", "new_code", "coverage")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FIRST, _LAST = date(1, 1, 1), date(9999, 12, 31)
_MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as it was or is for a time, both days included."""

    code: str
    name: str
    kind: str
    parent: str
    valid_from: date = _FIRST
    valid_to: date = _LAST

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


def moved(inventory: Inventory, units: Units, since: date, until: date) -> tuple[Inventory, list[str]]:
    """The inventory with the units of a later day, and ids of the sites that somebody must place by hand.

    Ids, links, hubs and history stay: only code, kind, district and, where it was the unit's, the name change.
    """
    unclear: list[str] = []
    sites: list[Site] = []
    for site in inventory.sites:
        before, after = units.find(site.code, since), units.successors(site.code, since, until)
        if before is None or len(after) != 1:
            unclear.append(site.id)
            sites.append(site)
            continue
        (unit,) = after
        district = units.find(unit.parent, until)
        is_province = district is None or not district.parent
        sites.append(
            msgspec.structs.replace(
                site,
                code=unit.code,
                kind=unit.kind,
                name=unit.name if site.name == before.name else site.name,
                district_code="" if is_province else unit.parent,
                district="" if district is None or is_province else district.name,
            )
        )
    return Inventory(tuple(sites), inventory.hubs), unclear


def read_units(folder: Path) -> Units:
    """``units.csv`` and ``succession.csv``; raises :class:`SettingsError` with a line for each mistake."""
    wrong: list[str] = []
    units = [
        Unit(row[0], row[1], row[2], row[3], _day(row[4], _FIRST), _day(row[5], _LAST))
        for row in _rows(folder / "units.csv", _UNITS, (4, 5), wrong)
    ]
    succession = [
        Successor(_day(row[0], _FIRST), row[1], row[2], row[3] == "full")
        for row in _rows(folder / "succession.csv", _SUCCESSION, (0,), wrong)
    ]
    codes = {unit.code for unit in units}
    wrong += [
        f"{folder / 'succession.csv'}: there is no unit '{code}'"
        for one in succession
        for code in (one.old_code, one.new_code)
        if code not in codes
    ]
    if wrong:
        raise SettingsError(wrong)
    return Units(units, succession)


def _rows(path: Path, head: Sequence[str], dates: Sequence[int], wrong: list[str]) -> Iterator[list[str]]:
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))[:_MOST_ROWS]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        wrong.append(f"{path}: {error}")
        return
    if not rows or rows[0] != list(head):
        wrong.append(f"{path}: line 1: wanted the columns {','.join(head)}")
        return
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(head):
            wrong.append(f"{path}: line {line}: wanted {len(head)} columns, found {len(row)}")
        elif bad := next((row[place] for place in dates if row[place] and not _is_day(row[place])), ""):
            wrong.append(f"{path}: line {line}: '{bad}' is no date like 2025-07-01")
        else:
            yield row


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return _DATE.fullmatch(text) is not None


def _day(text: str, otherwise: date) -> date:
    return date.fromisoformat(text) if text else otherwise
