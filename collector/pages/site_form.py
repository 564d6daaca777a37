"""A site as the fields of a form and back: fields are the headings of the spreadsheet; it stores nothing (core)."""

from collections.abc import Mapping

import msgspec

from collector.inventory.columns import PARTS, PLAIN, Column, column_of
from collector.inventory.sheet_rows import SheetReader, cells
from collector.inventory.site import Inventory, Site

_SPARE = 1
"""Empty places for one more link, contact and device."""


class Field(msgspec.Struct, frozen=True):
    """One input."""

    name: str
    """Heading of its column, which is also the name of the input."""
    word: str
    """By which the pages know it: ``links.provider``, ``name``."""
    value: str


class Part(msgspec.Struct, frozen=True):
    """The inputs of one link, contact or device."""

    group: str
    number: int
    fields: tuple[Field, ...]


def plain_fields(site: Site) -> tuple[Field, ...]:
    """All but the id, which never changes."""
    columns = [Column(field) for field in PLAIN if field != "id"]
    return tuple(_fields(site, columns))


def parts(site: Site) -> tuple[Part, ...]:
    """What a site has several of, with room for one more of each."""
    found = []
    for group, fields in PARTS.items():
        for number in range(1, len(getattr(site, group)) + _SPARE + 1):
            columns = [Column(field, group, number) for field in fields]
            found.append(Part(group, number, tuple(_fields(site, columns))))
    return tuple(found)


def site_of(identifier: str, said: Mapping[str, str], before: Inventory) -> Site | list[str]:
    """The site that a form describes, or what is wrong with it; what the form does not speak of stays."""
    given = {name: value for name, value in said.items() if column_of(name) is not None and name != "id"}
    if before.by_id().get(identifier) is None and not identifier:
        return ["id must not be empty"]
    headings = ["id", *given]
    columns = [column_of(heading) for heading in headings]
    return SheetReader(headings, columns, before).site([identifier, *given.values()])


def _fields(site: Site, columns: list[Column]) -> list[Field]:
    values = cells(site, columns, ".")
    return [
        Field(column.heading, f"{column.group}.{column.field}" if column.group else column.field, value)
        for column, value in zip(columns, values, strict=True)
    ]
