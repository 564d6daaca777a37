"""The order of sites, in which screens show them for ever: by district, then by code."""

from collections.abc import Iterable, Iterator, Sequence

from collector.inventory.site import Inventory, Site


def arranged(sites: Iterable[Site]) -> Inventory:
    """An inventory in its fixed order."""
    return Inventory(tuple(sorted(sites, key=lambda site: (site.district_code, site.district, site.code, site.id))))


def repeated(identifiers: Sequence[str]) -> Iterator[tuple[int, str, int]]:
    """Each place whose id stood before: (place, id, place where it stood first)."""
    first: dict[str, int] = {}
    for place, identifier in enumerate(identifiers):
        if identifier in first:
            yield place, identifier, first[identifier]
        first.setdefault(identifier, place)
