"""A site and where it belongs, as the rest of the collector sees it; it holds no measurements."""

import msgspec


class Site(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A commune centre. ``id`` is ours and never changes; ``code`` is the state's and does."""

    id: str
    name: str
    code: str = ""
    """Official code of the administrative unit at present."""
    kind: str = ""
    """For example Xã, Phường, Thị trấn."""
    district_code: str = ""
    district: str = ""
    hub: str = ""
    """Where the site's cables meet others; empty where that is not known."""
    latitude: float | None = None
    longitude: float | None = None


class Inventory(msgspec.Struct, frozen=True):
    """All sites, ordered by district and code: the order of tiles on the wall."""

    sites: tuple[Site, ...] = ()

    def by_id(self) -> dict[str, Site]:
        """Sites by their id."""
        return {site.id: site for site in self.sites}
