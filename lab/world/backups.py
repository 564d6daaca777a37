"""Second links for the sites of a script that has faults of single links; sites of no such fault stay as they are."""

import random
from collections.abc import Iterable
from dataclasses import replace

import msgspec

from collector.inventory.site import Link
from lab.world.fault import LINK, Fault
from lab.world.place import BACKUP, Land, Place

_PROVIDERS = ("VNPT", "Viettel", "MobiFone")
_RTT_LEAST_SECONDS, _RTT_MOST_SECONDS = 0.03, 0.08


def with_backups(land: Land, faults: Iterable[Fault], seed: int) -> Land:
    """The land with a second link at each site of such a fault, drawn from numbers of their own."""
    sites = {fault.where.partition("/")[0] for fault in faults if fault.kind == LINK}
    return (
        Land(tuple(_doubled(place, seed) if place.id in sites else place for place in land.places)) if sites else land
    )


def _doubled(place: Place, seed: int) -> Place:
    dice = random.Random(f"{seed}/links/{place.id}")
    provider = dice.choice([one for one in _PROVIDERS if one != place.site.provider])
    rtt_seconds = round(_RTT_LEAST_SECONDS + (_RTT_MOST_SECONDS - _RTT_LEAST_SECONDS) * dice.random(), 4)
    link = Link(name=BACKUP, provider=provider, kind="4g", targets=(f"{place.id}-{BACKUP}",))
    site = msgspec.structs.replace(place.site, links=(*place.site.links, link))
    return replace(place, site=site, backup_rtt_seconds=rtt_seconds)
