"""How a site and a telephone number are written; it looks nothing up (core)."""

from collector.inventory.site import Site

_DIALLED = frozenset("+0123456789*#")


def whole_name(site: Site) -> str:
    """With its kind, where the name does not have it already."""
    return site.name if site.name.casefold().startswith(site.kind.casefold()) else f"{site.kind} {site.name}"


def dialled(telephone: str) -> str:
    """A telephone number as a telephone wants it."""
    return "".join(sign for sign in telephone if sign in _DIALLED)
