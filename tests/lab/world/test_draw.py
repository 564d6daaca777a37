"""What a seed draws: what is hard to tell apart is in it, as much in all as its rates say, and always the same."""

import itertools
from collections import Counter

from lab.world.draw import RATES, draw_faults
from lab.world.fault import Fault
from lab.world.land import make_land
from lab.world.together import draw_together
from lab.world.when import DAY_SECONDS

LAND = make_land(193, 7)
HUBS = LAND.members("hub")
DISTRICT = {place.site.hub: place.site.district for place in LAND.places}
MONTHS = 10
DRAWN = draw_together(LAND, 7, MONTHS * 30 * DAY_SECONDS)


def pairs(kind: str, other: str) -> list[tuple[Fault, Fault]]:
    """Faults that were drawn one after the other."""
    return [(a, b) for a, b in itertools.pairwise(DRAWN) if (a.kind, b.kind) == (kind, other)]


def test_small_hubs_fail_too_those_of_one_site_among_them() -> None:
    small = Counter(len(HUBS[fault.where]) for fault in DRAWN if fault.kind == "hub_down")

    assert sum(small[sites] for sites in (1, 2, 3)) > 20
    assert small[1] > 0


def test_two_hubs_of_one_district_fail_within_seconds() -> None:
    siblings = [
        (one, other)
        for one, other in pairs("hub_down", "hub_down")
        if one.where != other.where and DISTRICT[one.where] == DISTRICT[other.where]
    ]

    assert len([1 for one, other in siblings if abs(one.begins - other.begins) <= 30]) >= 8


def test_a_site_fails_by_itself_before_its_hub_within_it_and_beyond_it() -> None:
    own = [
        (hub, site)
        for kind in ("fibre_cut", "power_cut", "router_hang")
        for hub, site in pairs("hub_down", kind)
        if site.where in HUBS[hub.where]
    ]

    assert len(own) >= 8
    assert any(site.begins < hub.begins for hub, site in own)
    assert any(hub.begins < site.begins < hub.ends < site.ends for hub, site in own)


def test_two_faults_of_a_site_follow_each_other_with_a_gap_and_without() -> None:
    singles = [fault for fault in DRAWN if fault.where in DISTRICT or fault.where.startswith("hg-")]
    gaps = [
        other.begins - one.ends
        for one, other in itertools.pairwise(singles)
        if one.where == other.where and one.kind != other.kind
    ]

    assert len(gaps) >= 15
    assert min(gaps) < 0 < max(gaps)
    assert -300 <= min(gaps) <= max(gaps) <= 600


def test_a_small_province_draws_what_it_has() -> None:
    for sites in (1, 2, 10):
        land = make_land(sites, 7)
        known = {place.id for place in land.places} | {
            name for scope in ("hub", "provider", "power_area") for name in land.members(scope)
        }
        assert {fault.where for fault in draw_together(land, 7, MONTHS * 30 * DAY_SECONDS)} <= known


def test_a_month_has_about_as_many_faults_as_it_always_had() -> None:
    drawn = draw_faults(LAND, 7, MONTHS * 30 * DAY_SECONDS)
    days = [fault for fault in drawn if fault.kind != "host_off"]

    assert 160 <= len(days) / MONTHS <= 200
    assert {rate.kind for rate in RATES} <= {fault.kind for fault in days}
