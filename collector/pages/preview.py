"""What a sheet would do to the inventory, site by site and field by field; it does nothing of it (core)."""

from collections.abc import Iterator

import msgspec

from collector.inventory.change import Change, compare
from collector.inventory.columns import Column
from collector.inventory.sheet_rows import cells, columns_for
from collector.inventory.site import Inventory, Site

SHOWN = 50
"""Sites of each kind that are shown one by one."""


class Difference(msgspec.Struct, frozen=True):
    """One cell that would be another."""

    column: Column
    before: str
    after: str


class Preview(msgspec.Struct, frozen=True):
    """The change, and the first sites of it."""

    change: Change
    added: tuple[Site, ...]
    removed: tuple[Site, ...]
    altered: tuple[tuple[Site, tuple[Difference, ...]], ...]


def preview(before: Inventory, after: Inventory) -> Preview:
    """What would be added, removed and altered."""
    change, old, new = compare(before, after), before.by_id(), after.by_id()
    return Preview(
        change=change,
        added=tuple(new[name] for name in change.added[:SHOWN]),
        removed=tuple(old[name] for name in change.removed[:SHOWN]),
        altered=tuple((new[name], tuple(_differences(old[name], new[name]))) for name in change.altered[:SHOWN]),
    )


def _differences(before: Site, after: Site) -> Iterator[Difference]:
    columns = columns_for((before, after))
    for column, old, new in zip(columns, cells(before, columns, "."), cells(after, columns, "."), strict=True):
        if old != new:
            yield Difference(column, old, new)
