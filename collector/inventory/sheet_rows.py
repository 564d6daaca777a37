"""From a row of the spreadsheet to a site, and back to cells; it opens no file and knows no separator."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from collector.inventory.columns import ANSWERS, GROUPS, LISTS, NUMBERS, PARTS, PLAIN, REQUIRED, Column
from collector.inventory.rules import faults, tidied, tidy
from collector.inventory.site import Contact, Device, Inventory, Link, Site

_KINDS: Mapping[str, type[Link | Contact | Device]] = {"links": Link, "contacts": Contact, "devices": Device}
_NUMBER = re.compile(r"[+-]?\d{1,12}(?:[.,]\d{1,20})?(?:e[+-]?\d{1,3})?", re.IGNORECASE)
_PLACE = re.compile(r"(?P<group>\w+)\[(?P<number>\d+)\](?P<rest>.*)")


class SheetReader:
    """Rows under one line of headings; what no column speaks of stays as it was before."""

    def __init__(self, headings: Sequence[str], columns: Sequence[Column | None], before: Inventory) -> None:
        self._headings = headings
        self._columns = columns
        self._before = before.by_id()
        self._by_code: dict[str, list[str]] = {}
        for site in before.sites:
            self._by_code.setdefault(site.code, []).append(site.id)

    def site(self, row: Sequence[str]) -> Site | list[str]:
        """The site of a row, or what is wrong with the row."""
        wrong = list(self._stray(row))
        padded = [*row, *[""] * (len(self._columns) - len(row))]
        given = {column: tidy(cell) for column, cell in zip(self._columns, padded, strict=False) if column is not None}
        wrong += [f"{name} is empty" for name in _wanted(given) if not given.get(Column(name))]
        values: dict[Column, Any] = {}
        for column, cell in given.items():
            try:
                values[column] = _read(column, cell)
            except ValueError as error:
                wrong.append(f"{column.heading} '{cell[:40]}' {error}")
        identifier = self._identity(values)
        if isinstance(identifier, list):
            return [*wrong, *identifier]
        site = self._made(identifier, values)
        # What cannot be read is as it was before, and is told once: whoever mends a row wants to know all of it.
        told = {line.partition(" ")[0] for line in wrong}
        wrong += [f"{name} {what}" for place, what in faults(site) if (name := _in_sheet(place)) not in told]
        return wrong or site

    def _stray(self, row: Sequence[str]) -> Iterator[str]:
        """Cells that stand under no heading; those under a note of the author's are their own affair."""
        for number, cell in enumerate(row):
            if cell.strip() and (number >= len(self._headings) or not self._headings[number].strip()):
                yield f"cell '{cell.strip()[:40]}' stands under no heading"
                return

    def _identity(self, values: Mapping[Column, Any]) -> str | list[str]:
        """The id that the row gives; else that of the one site with its code, for codes change and ids do not."""
        code: str = values.get(Column("code"), "")
        given: str = values.get(Column("id"), "")
        if given:
            return given
        known = self._by_code.get(code, [])
        if len(known) > 1:
            return [f"code '{code}' is that of the sites {', '.join(known)}: say which in a column 'id'"]
        if not known and code in self._before and self._before[code].code:
            return [f"'{code}' is the id of a site with another code: say which site is meant in a column 'id'"]
        return known[0] if known else code

    def _made(self, identifier: str, values: Mapping[Column, Any]) -> Site:
        before = self._before.get(identifier) or Site(id=identifier, name="")
        plain = {column.field: value for column, value in values.items() if not column.group and column.field != "id"}
        groups = {
            group: _merged(group, getattr(before, group), {c: v for c, v in values.items() if c.group == group})
            for group in GROUPS
        }
        return tidied(msgspec.structs.replace(before, **plain, **groups))


def _wanted(given: Mapping[Column, str]) -> Sequence[str]:
    return ("name",) if given.get(Column("id")) else REQUIRED


def columns_for(sites: Iterable[Site]) -> list[Column]:
    """The columns that hold all of the sites; of parts as many as the site with the most has, and one at least."""
    sites = tuple(sites)
    columns = [Column(field) for field in PLAIN]
    for group, parts in PARTS.items():
        most = max((len(getattr(site, group)) for site in sites), default=0)
        columns += [Column(field, group, number + 1) for number in range(max(1, most)) for field in parts]
    return columns


def cells(site: Site, columns: Sequence[Column], decimal: str) -> list[str]:
    """A row that reads back as the same site."""
    return [_written(_value(site, column), decimal) for column in columns]


def _value(site: Site, column: Column) -> object:
    if not column.group:
        return getattr(site, column.field)
    parts = getattr(site, column.group)
    return getattr(parts[column.number - 1], column.field) if column.number <= len(parts) else ""


def _written(value: object, decimal: str) -> str:
    if isinstance(value, float):
        return repr(value).removesuffix(".0").replace(".", decimal)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(value)
    return "" if value is None else str(value)


def _merged(group: str, before: Sequence[Any], given: Mapping[Column, Any]) -> tuple[Any, ...]:
    """Parts of a group: a number whose cells are all empty is none; what no column speaks of stays."""
    kind = _KINDS[group]
    parts: list[Any] = list(before)
    spoken = sorted({column.number for column in given})
    gone = set()
    for number in spoken:
        fields = {column.field: value for column, value in given.items() if column.number == number}
        old = parts[number - 1] if number <= len(before) else None
        if all(value in {"", None, ()} for value in fields.values()) and (old is None or "name" in fields):
            gone.add(number)
            continue
        if old is None and group == "links" and not fields.get("name"):
            fields["name"] = "main" if number == 1 else f"link{number}"
        while len(parts) < number:
            parts.append(None)
        parts[number - 1] = kind(**{"name": "", **fields}) if old is None else msgspec.structs.replace(old, **fields)
    return tuple(part for place, part in enumerate(parts, 1) if part is not None and place not in gone)


def _read(column: Column, text: str) -> str | float | bool | tuple[str, ...] | None:
    if column.field in LISTS:
        return tuple(text.split())
    if column.field == "agent_expected":
        if text.casefold() not in ANSWERS:
            raise ValueError("is neither yes nor no")
        return ANSWERS[text.casefold()]
    if column.field not in NUMBERS:
        return text
    if text and not _NUMBER.fullmatch(text):
        raise ValueError("is no number")
    return float(text.replace(",", ".")) if text else None


def _in_sheet(place: str) -> str:
    """``links[0].provider`` as the heading that people see."""
    found = _PLACE.fullmatch(place)
    if found is None:
        return place
    part = f"{GROUPS[found['group']][0]}{int(found['number']) + 1}"
    return f"{part}_{found['rest'].removeprefix('.')}" if found["rest"] else part
