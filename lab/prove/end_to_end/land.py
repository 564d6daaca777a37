"""The province of the end-to-end proof: rooms, cables, addresses and routes as lines for ``ip``; it opens nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

CENTRE, CORE = "centre", "core"
CENTRE_ADDRESS, CORE_ADDRESS = "10.97.0.1", "10.98.0.1"
_VIA_TABLE, _LOCAL_PREFERENCE = 100, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A commune centre: a router, a power supply, and where ``inside`` a computer with an agent on its LAN."""

    number: int
    hub: str
    provider: str
    power_area: str = ""
    inside: bool = False

    @property
    def id(self) -> str:
        """As the inventory and the rooms have it."""
        return f"s{self.number:02d}"

    @property
    def router(self) -> str:
        """Address of the router."""
        return f"10.20.{self.number}.1"

    @property
    def supply(self) -> str:
        """Address of the power supply's network card."""
        return f"10.20.{self.number}.2"

    @property
    def office(self) -> str:
        """Address of the computer with the agent."""
        return f"10.20.{self.number}.10"

    @property
    def net(self) -> str:
        """Everything at the site."""
        return f"10.20.{self.number}.0/24"


PROVIDERS = {"VNPT": "10.99.1.1", "Viettel": "10.99.2.1"}
"""Each with its first hop."""
HUBS = {"A": CORE, "B": CORE, "C": CORE, "D": "C"}
"""Each with its parent: D is reached through C."""
_V, _W = PROVIDERS
SITES = (
    Site(number=1, hub="A", provider=_V, inside=True),
    Site(number=2, hub="A", provider=_W, power_area="north", inside=True),
    Site(number=3, hub="A", provider=_V),
    Site(number=4, hub="A", provider=_W),
    Site(number=5, hub="B", provider=_V, power_area="north", inside=True),
    Site(number=6, hub="B", provider=_W, inside=True),
    Site(number=7, hub="B", provider=_V),
    Site(number=8, hub="B", provider=_W, inside=True),
    Site(number=9, hub="C", provider=_V, inside=True),
    Site(number=10, hub="C", provider=_W, power_area="north"),
    Site(number=11, hub="C", provider=_V),
    Site(number=12, hub="D", provider=_V),
    Site(number=13, hub="D", provider=_W),
    Site(number=14, hub="D", provider=_V),
)
BY_ID = {site.id: site for site in SITES}


@dataclass(frozen=True, slots=True)
class Cable:
    """Two rooms with a cable of its own network between them; the device is called after the other room."""

    number: int
    near: str
    """The end towards the province."""
    far: str

    @property
    def near_address(self) -> str:
        """Of the near end."""
        return f"10.100.{self.number}.1"

    @property
    def far_address(self) -> str:
        """Of the far end."""
        return f"10.100.{self.number}.2"


def office(site: Site) -> str:
    """The room of a site's computer."""
    return f"{site.id}-pc"


def device(other: str) -> str:
    """Name of the device that leads to another room."""
    return f"to-{other}"


def rooms() -> tuple[str, ...]:
    """All network namespaces; the first is the one where the collector is."""
    offices = (office(site) for site in SITES if site.inside)
    return (CENTRE, CORE, *PROVIDERS, *HUBS, *(site.id for site in SITES), *offices)


def cables() -> tuple[Cable, ...]:
    """All cables but those of the LANs."""
    pairs = [(CENTRE, CORE)]
    pairs += [(CORE, provider) for provider in PROVIDERS]
    pairs += [(provider, hub) for hub, parent in HUBS.items() if parent == CORE for provider in PROVIDERS]
    pairs += [(parent, hub) for hub, parent in HUBS.items() if parent != CORE]
    pairs += [(site.hub, site.id) for site in SITES]
    return tuple(Cable(number, near, far) for number, (near, far) in enumerate(pairs, 1))


def way(site: Site) -> tuple[str, ...]:
    """The rooms from the centre to a site."""
    hubs = [site.hub]
    while HUBS[hubs[0]] != CORE:
        hubs.insert(0, HUBS[hubs[0]])
    return (CENTRE, CORE, site.provider, *hubs, site.id)


def lines(room: str) -> Iterator[str]:
    """What ``ip -batch`` has to hear in a room once its cables are there."""
    yield "link set lo up"
    # What a room must swallow is asked before what is its own, so that a hung router answers nothing itself.
    yield f"rule add pref {_LOCAL_PREFERENCE} lookup local"
    yield "rule del pref 0"
    own = {CENTRE: CENTRE_ADDRESS, CORE: CORE_ADDRESS, **PROVIDERS}.get(room)
    if own:
        yield f"address add {own}/32 dev lo"
    for cable in cables():
        if room in (cable.near, cable.far):
            other = cable.far if room == cable.near else cable.near
            address = cable.near_address if room == cable.near else cable.far_address
            yield f"address add {address}/30 dev {device(other)}"
            yield f"link set {device(other)} up"
    yield from _lan(room)
    yield from routes(room)


def routes(room: str) -> Iterator[str]:
    """The routes alone: they go where a device is switched off, and are wanted again when it comes back."""
    by_ends = {(cable.near, cable.far): cable for cable in cables()}
    for site in SITES:
        passed = way(site)
        if room in passed[:-1]:
            cable = by_ends[room, passed[passed.index(room) + 1]]
            yield f"route replace {site.net} via {cable.far_address}"
        if room in HUBS and room in passed:
            # Each site's answers leave by its own provider.
            back = by_ends[passed[passed.index(room) - 1], room]
            yield f"route replace default via {back.near_address} table {_VIA_TABLE + site.number}"
            yield f"rule add pref {1000 + site.number} from {site.net} lookup {_VIA_TABLE + site.number}"
        elif room == site.id:
            yield f"route replace default via {by_ends[site.hub, room].near_address} src {site.router}"
    if room in PROVIDERS:
        yield f"route replace default via {by_ends[CORE, room].near_address} src {PROVIDERS[room]}"
    if room == CORE:
        yield f"route replace {CENTRE_ADDRESS} via {by_ends[CENTRE, CORE].near_address} src {CORE_ADDRESS}"
        for provider, address in PROVIDERS.items():
            yield f"route replace {address} via {by_ends[CORE, provider].far_address}"
    if room == CENTRE:
        yield f"route replace default via {by_ends[CENTRE, CORE].far_address} src {CENTRE_ADDRESS}"


def _lan(room: str) -> Iterator[str]:
    for site in SITES:
        if room == site.id:
            where = device(office(site)) if site.inside else "lo"
            yield f"address add {site.router}/{24 if site.inside else 32} dev {where}"
            yield f"address add {site.supply}/32 dev lo"
            if site.inside:
                yield f"link set {where} up"
        if site.inside and room == office(site):
            yield f"address add {site.office}/24 dev lan"
            yield "link set lan up"
            yield f"route replace default via {site.router}"
