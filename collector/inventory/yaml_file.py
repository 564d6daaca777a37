"""The inventory from YAML; an inventory with a mistake is refused whole."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from collector.inventory.order import arranged, repeated
from collector.inventory.rules import faults, tidied, tidied_hub, tidy, unsafe
from collector.inventory.site import Hub, Inventory, Site
from collector.inventory.topology import mistakes
from shared.settings import load


class InventoryFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the file."""

    sites: list[Site]
    hubs: list[Hub] = []
    """Only needed where hubs hang on other hubs."""


def read_yaml(path: Path) -> Inventory:
    """All sites of a file; raises :class:`shared.settings.SettingsError` with a line for each thing to mend."""
    file = load(path, InventoryFile, _rules)
    sites, hubs = map(tidied, file.sites), map(tidied_hub, file.hubs)
    return Inventory(arranged(sites).sites, tuple(hubs))


def _rules(file: InventoryFile) -> Iterator[tuple[str, str]]:
    for number, site in enumerate(file.sites):
        yield from ((f"$.sites[{number}].{place}", what) for place, what in faults(tidied(site)))
    for number, identifier, first in repeated([tidy(site.id) for site in file.sites]):
        yield f"$.sites[{number}].id", f"site '{identifier}' stands twice, first as sites[{first}]"
    hubs = list(map(tidied_hub, file.hubs))
    for number, hub in enumerate(hubs):
        yield from ((f"$.hubs[{number}]", why) for text in (hub.name, hub.parent) if (why := unsafe(text)))
    yield from mistakes(hubs, {tidy(site.hub) for site in file.sites})
