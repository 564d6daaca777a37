"""The virtual province from the lab's communes and a seed; it knows no fault and no time."""

import random

from collector.inventory.site import Link, Site
from lab.province import LabSite, choose, make_province
from lab.stage import all_communes
from lab.world.place import Land, Place

_AREA_SITES = 9
_SHORT_BATTERY_SECONDS, _LONG_BATTERY_SECONDS = 900.0, 3600.0
_OFFICE_SHARE = 0.3
_RTT_FLOOR_SECONDS = 0.002


def make_land(sites: int, seed: int) -> Land:
    """So many sites, spread over the communes that the lab carries."""
    dice = random.Random(f"{seed}/land")
    province = make_province(choose(all_communes(), sites), dice)
    met: dict[str, int] = {}
    places = []
    for lab in province:
        number = met[lab.commune.district_code] = met.get(lab.commune.district_code, 0) + 1
        places.append(_place(lab, f"{lab.commune.short_district} {(number - 1) // _AREA_SITES + 1}", dice))
    return Land(tuple(places))


def _place(lab: LabSite, area: str, dice: random.Random) -> Place:
    commune = lab.commune
    battery = _SHORT_BATTERY_SECONDS + (_LONG_BATTERY_SECONDS - _SHORT_BATTERY_SECONDS) * dice.random()
    site = Site(
        id=lab.id,
        name=commune.name,
        code=commune.code,
        kind=commune.kind,
        district_code=commune.district_code,
        district=commune.district,
        hub=lab.hub,
        power_area=f"EVN {area}",
        links=(Link(name="main", provider=lab.provider, kind=lab.link),),
        latitude=commune.latitude,
        longitude=commune.longitude,
    )
    return Place(
        site=site,
        rtt_seconds=round(_RTT_FLOOR_SECONDS + 2 * lab.quality.delay_seconds, 4),
        dbm=-95.0 if lab.link == "4g" else -18.0 - 4.0 * round(dice.random(), 2),
        wireless=lab.link == "4g",
        battery_seconds=round(battery) if lab.has_ups else 0.0,
        office=dice.random() < _OFFICE_SHARE,
    )
