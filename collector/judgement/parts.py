"""The parts of the network whose sites share a fate, from the inventory; it looks at no measurement."""

from collections import defaultdict
from collections.abc import Iterator

from collector.incident import Scope
from collector.inventory.site import Inventory, Site
from collector.inventory.topology import Topology
from collector.judgement.folding import Part

EVERYWHERE = "province"
"""Subject of the incident that everything shares."""


def parts_of(inventory: Inventory) -> list[Part]:
    """Hubs, providers, power areas of two sites and more, and the whole."""
    sites = inventory.sites
    hubs = {site.id: site.hub for site in sites if site.hub}
    everything = Part(Scope.PROVINCE, EVERYWHERE, frozenset(site.id for site in sites))
    return [
        *_hubs(Topology.of(inventory)),
        *(
            Part(part.scope, part.subject, part.members, {site: hubs.get(site, site) for site in part.members})
            for part in (
                *_by(Scope.PROVIDER, ((site.provider, site) for site in sites)),
                *_by(Scope.POWER_AREA, ((site.power_area, site) for site in sites)),
            )
        ),
        everything,
    ]


def _hubs(topology: Topology) -> Iterator[Part]:
    """Each hub with all that hangs on it; of two with the same sites the nearer one, which explains as much."""
    nearest: dict[frozenset[str], str] = {}
    for hub in sorted(topology.hubs, key=lambda name: (-len(topology.path(name)), name)):
        sites = topology.sites_under(hub)
        if len(sites) > 1:
            nearest.setdefault(sites, hub)
    for sites, hub in sorted(nearest.items(), key=lambda item: item[1]):
        yield Part(Scope.HUB, hub, sites)


def _by(scope: Scope, named: Iterator[tuple[str, Site]]) -> Iterator[Part]:
    members: dict[str, list[str]] = defaultdict(list)
    for name, site in named:
        if name:
            members[name].append(site.id)
    for name, ids in sorted(members.items()):
        if len(ids) > 1:
            yield Part(scope, name, frozenset(ids))
