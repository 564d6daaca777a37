"""A site and where it belongs, as the rest of the collector sees it; it holds no measurements."""

import msgspec


class Link(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A broadband link of a site, as its contract has it."""

    name: str
    """Unique within its site, for example ``main``."""
    provider: str = ""
    """For example VNPT, Viettel, FPT."""
    kind: str = ""
    """For example fibre, 4g, microwave, leased."""
    contract: str = ""
    committed_down_megabits: float | None = None
    """Megabits per second."""
    committed_up_megabits: float | None = None
    agreed_availability_ratio: float | None = None
    """For example 0.995, over a calendar month."""
    targets: tuple[str, ...] = ()
    """Names of the targets, of whatever agent, that are reached over this link alone; by them it is judged apart."""


class Contact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who can be called about a site."""

    name: str
    telephone: str = ""
    role: str = ""
    """What they are to the site, for example office, electrician."""


class Device(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A machine at a site, as somebody wrote it down; what it measures comes from agents."""

    name: str
    """Unique within its site."""
    address: str = ""
    """IP address or name in the network."""
    role: str = ""
    """One of :data:`collector.inventory.rules.ROLES`."""
    profile: str = ""
    """Of ``config/profiles``, where it speaks SNMP."""
    maker: str = ""
    model: str = ""


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
    power_area: str = ""
    """Sites of one area lose mains power together; empty where that is not known."""
    links: tuple[Link, ...] = ()
    """The first is the one over which the site is looked at."""
    contacts: tuple[Contact, ...] = ()
    """Whom to call, the first before the others."""
    devices: tuple[Device, ...] = ()
    agent_expected: bool = False
    """Whether a machine of ours stands there, so that its silence is told even if it never joined."""
    latitude: float | None = None
    longitude: float | None = None

    @property
    def provider(self) -> str:
        """Of the main link; empty where that is not known."""
        return self.links[0].provider if self.links else ""


class Hub(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where cables meet. Hubs form trees; the roots hang on the province itself."""

    name: str
    parent: str = ""
    """The hub through which it is reached; empty for one that hangs on the province."""


class Inventory(msgspec.Struct, frozen=True, omit_defaults=True):
    """All sites, ordered by district and code: the order of tiles on the wall."""

    sites: tuple[Site, ...] = ()
    hubs: tuple[Hub, ...] = ()
    """Those of which more is known than the name that a site gives."""
    missing: int = 0
    """Sites that ought to be there besides: lost at a start, and nobody has vouched for that."""

    def by_id(self) -> dict[str, Site]:
        """Sites by their id."""
        return {site.id: site for site in self.sites}
