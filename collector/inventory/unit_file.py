"""Administrative units from the CSV files of a folder; each mistake is a line, and nothing comes from wrong files."""

import csv
import itertools
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from collector.inventory.rules import unsafe
from collector.inventory.units import FIRST, LAST, Successor, Unit, Units
from shared.settings import SettingsError

_UNITS = ("code", "name", "kind", "parent", "valid_from", "valid_to")
_SUCCESSION = ("date", "old_code", "new_code", "coverage")
_COVERAGES = ("full", "partial")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOST_ROWS = 100_000


def read_units(folder: Path) -> Units:
    """``units.csv`` and ``succession.csv``; raises :class:`SettingsError` with a line for each mistake."""
    wrong: list[str] = []
    path, beside = folder / "units.csv", folder / "succession.csv"
    units = [
        (line, Unit(row[0], row[1], row[2], row[3], _day(row[4], FIRST), _day(row[5], LAST)))
        for line, row in _rows(path, _UNITS, (4, 5), wrong)
    ]
    succession = [
        (line, Successor(_day(row[0], FIRST), row[1], row[2], row[3] == "full"), row[3])
        for line, row in _rows(beside, _SUCCESSION, (0,), wrong)
    ]
    if not wrong:
        wrong += [f"{path}: line {line}: {what}" for line, what in sorted(_unit_faults(units))]
        found = Units([unit for _, unit in units], [one for _, one, _ in succession])
        for line, one, coverage in succession:
            wrong += [f"{beside}: line {line}: {what}" for what in _succession_faults(found, one, coverage)]
        wrong += [f"{beside}: line {line}: {what}" for line, what in _together(succession)]
    if wrong:
        raise SettingsError(wrong)
    return found


def _unit_faults(units: Sequence[tuple[int, Unit]]) -> Iterator[tuple[int, str]]:
    by_code: dict[str, list[tuple[int, Unit]]] = {}
    for line, unit in units:
        by_code.setdefault(unit.code, []).append((line, unit))
        if not unit.code or not unit.name:
            yield line, "code and name must not be empty"
        yield from ((line, why) for text in (unit.code, unit.name, unit.kind) if (why := unsafe(text)))
        if unit.valid_to < unit.valid_from:
            yield line, f"'{unit.code}' would end on {unit.valid_to}, before it begins on {unit.valid_from}"
    for code, same in by_code.items():
        for (first, one), (line, other) in itertools.combinations(same, 2):
            if one.valid_from <= other.valid_to and other.valid_from <= one.valid_to:
                yield line, f"'{code}' is valid at the same time as in line {first}"
    for line, unit in units:
        if unit.parent and (why := _parent_fault(unit, [parent for _, parent in by_code.get(unit.parent, [])])):
            yield line, why


def _parent_fault(unit: Unit, parents: Sequence[Unit]) -> str:
    if not parents:
        return f"there is no unit '{unit.parent}', the parent of '{unit.code}'"
    day = unit.valid_from
    for parent in sorted(parents, key=lambda one: one.valid_from):
        if parent.valid_from <= day <= parent.valid_to:
            if parent.valid_to >= unit.valid_to:
                return ""
            day = parent.valid_to + timedelta(days=1)
    return f"'{unit.parent}', the parent of '{unit.code}', is not there on {day}"


def _succession_faults(units: Units, one: Successor, coverage: str) -> Iterator[str]:
    if coverage not in _COVERAGES:
        yield f"coverage '{coverage}' is neither {' nor '.join(_COVERAGES)}"
    if one.day == FIRST:
        yield "the date is missing"
        return
    if units.find(one.old_code, one.day - timedelta(days=1)) is None:
        yield f"there is no unit '{one.old_code}' on the day before {one.day}"
    if units.find(one.new_code, one.day) is None:
        yield f"there is no unit '{one.new_code}' on {one.day}"


def _together(succession: Sequence[tuple[int, Successor, str]]) -> Iterator[tuple[int, str]]:
    """What rows say of one unit and day that cannot be true together."""
    whole = {(one.day, one.old_code) for _, one, _ in succession if one.whole}
    steps: dict[tuple[date, str], dict[str, int]] = {}
    for line, one, _ in succession:
        before = steps.setdefault((one.day, one.old_code), {})
        if one.new_code in before:
            yield line, f"'{one.old_code}' to '{one.new_code}' stands twice, first in line {before[one.new_code]}"
        elif before and (one.whole or (one.day, one.old_code) in whole):
            yield line, f"'{one.old_code}' becomes several units, so that no row of it can be 'full'"
        before[one.new_code] = line


def _rows(path: Path, head: Sequence[str], dates: Sequence[int], wrong: list[str]) -> Iterator[tuple[int, list[str]]]:
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        wrong.append(f"{path}: {error}")
        return
    if not rows or rows[0] != list(head):
        wrong.append(f"{path}: line 1: wanted the columns {','.join(head)}")
        return
    if len(rows) > _MOST_ROWS:
        wrong.append(f"{path}: {len(rows)} rows are over the limit of {_MOST_ROWS}")
        return
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(head):
            wrong.append(f"{path}: line {line}: wanted {len(head)} columns, found {len(row)}")
        elif bad := next((row[place] for place in dates if row[place] and not _is_day(row[place])), ""):
            wrong.append(f"{path}: line {line}: '{bad}' is no date like 2025-07-01")
        else:
            yield line, row


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return _DATE.fullmatch(text) is not None


def _day(text: str, otherwise: date) -> date:
    return date.fromisoformat(text) if text else otherwise
