"""The inventory from YAML; an inventory with a mistake is refused whole."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from collector.inventory.order import arranged, repeated
from collector.inventory.site import Inventory, Site
from shared.settings import load


class InventoryFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the file."""

    sites: list[Site]


def read_yaml(path: Path) -> Inventory:
    """All sites of a file; raises :class:`shared.settings.SettingsError` with a line for each thing to mend."""
    return arranged(load(path, InventoryFile, _rules).sites)


def _rules(file: InventoryFile) -> Iterator[tuple[str, str]]:
    for number, site in enumerate(file.sites):
        if not site.id:
            yield f"$.sites[{number}].id", "must not be empty"
    for number, identifier, first in repeated([site.id for site in file.sites]):
        yield f"$.sites[{number}].id", f"site '{identifier}' stands twice, first as sites[{first}]"
