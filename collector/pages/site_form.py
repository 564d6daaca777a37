"""A site as the fields of a form and back: fields are the headings of the spreadsheet; it stores nothing (core)."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from collector.inventory.columns import NUMBERS, PARTS, PLAIN, Column, column_of
from collector.inventory.rules import ROLES
from collector.inventory.sheet_rows import SheetReader, cells
from collector.inventory.site import Inventory, Site

_SPARE = 1
"""Empty places for one more link, contact and device."""
_CHOICES: Mapping[str, tuple[str, ...]] = {"devices.role": ROLES, "agent_expected": ("yes", "no")}
"""Fields of which nothing else is true."""
_OFTEN: Mapping[str, tuple[str, ...]] = {
    "kind": ("Xã", "Phường", "Thị trấn", "Đặc khu"),
    "district_code": (),
    "district": (),
    "hub": (),
    "power_area": (),
    "links.name": ("main",),
    "links.provider": (),
    "links.kind": ("fibre", "4g", "microwave", "leased"),
    "contacts.role": (),
    "devices.profile": (),
    "devices.maker": (),
    "devices.model": (),
}
"""Fields that repeat what stands elsewhere, and what is often said in them."""
_MOST = 200


class Field(msgspec.Struct, frozen=True):
    """One input."""

    name: str
    """Heading of its column, which is also the name of the input."""
    word: str
    """By which the pages know it: ``links.provider``, ``name``."""
    value: str
    choices: tuple[str, ...] = ()
    """All that it may be besides nothing; none where it may be anything."""
    suggested: bool = False
    """Whether there is a list of what is said in it elsewhere."""
    numeric: bool = False


class Part(msgspec.Struct, frozen=True):
    """The inputs of one link, contact or device."""

    group: str
    number: int
    fields: tuple[Field, ...]
    spare: bool
    """Whether there is none yet."""


def plain_fields(site: Site) -> tuple[Field, ...]:
    """All but the id, which never changes."""
    columns = [Column(field) for field in PLAIN if field != "id"]
    return tuple(_fields(site, columns))


def parts(site: Site) -> tuple[Part, ...]:
    """What a site has several of, with room for one more of each."""
    found = []
    for group, fields in PARTS.items():
        known = len(getattr(site, group))
        for number in range(1, known + _SPARE + 1):
            columns = [Column(field, group, number) for field in fields]
            found.append(Part(group, number, tuple(_fields(site, columns)), spare=number > known))
    return tuple(found)


def suggestions(inventory: Inventory) -> dict[str, tuple[str, ...]]:
    """What is said elsewhere, by field: whoever takes it from a list makes no second name of one thing."""
    found = {word: set(often) for word, often in _OFTEN.items()}
    found["hub"] |= {hub.name for hub in inventory.hubs}
    for site in inventory.sites:
        for word, said in found.items():
            group, _, field = word.rpartition(".")
            said.update(getattr(one, field) for one in (getattr(site, group) if group else (site,)))
    return {word: tuple(sorted(said - {""})[:_MOST]) for word, said in found.items()}


def site_of(identifier: str, said: Mapping[str, str], before: Inventory) -> Site | list[str]:
    """The site that a form describes, or what is wrong with it; what the form does not speak of stays."""
    given = {name: value for name, value in said.items() if column_of(name) is not None and name != "id"}
    if before.by_id().get(identifier) is None and not identifier:
        return ["id must not be empty"]
    headings = ["id", *given]
    columns = [column_of(heading) for heading in headings]
    return SheetReader(headings, columns, before).site([identifier, *given.values()])


def _fields(site: Site, columns: Iterable[Column]) -> Iterator[Field]:
    columns = tuple(columns)
    for column, value in zip(columns, cells(site, columns, "."), strict=True):
        word = f"{column.group}.{column.field}" if column.group else column.field
        yield Field(
            name=column.heading,
            word=word,
            value=value,
            choices=_CHOICES.get(word, ()),
            suggested=word in _OFTEN,
            numeric=column.field in NUMBERS,
        )
