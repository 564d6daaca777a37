"""The province is made from the real list of communes, without two sites on one address."""

import random
from collections import Counter
from pathlib import Path

from lab.province import LabSite, choose, make_province, read_communes

COMMUNES = read_communes((Path(__file__).parents[2] / "lab/data/communes.csv").read_text(encoding="utf-8"))


def province(seed: int = 1) -> tuple[LabSite, ...]:
    return make_province(COMMUNES, random.Random(seed))


def test_all_communes_of_the_list_are_there_by_their_codes() -> None:
    sites = province()

    assert (len(sites), len({site.id for site in sites})) == (193, 193)
    assert {site.commune.code for site in sites} == {commune.code for commune in COMMUNES}


def test_no_two_routers_share_an_address() -> None:
    addresses = [address for site in province() for address in (site.address, site.lan_address)]

    assert len(set(addresses)) == 2 * 193


def test_a_seed_is_a_province() -> None:
    assert province(3) == province(3) != province(4)


def test_hubs_are_small_groups_within_a_district() -> None:
    """Attribution by hub has nothing to group where a hub has one site, and no sense where it is the province."""
    hubs = Counter(site.hub for site in province())
    districts = {hub: {site.commune.district for site in province() if site.hub == hub} for hub in hubs}

    assert max(hubs.values()) <= 7
    assert all(len(found) == 1 for found in districts.values())


def test_a_small_choice_is_spread_over_the_districts() -> None:
    chosen = choose(COMMUNES, 12)

    assert len(chosen) == 12
    assert len({commune.district for commune in chosen}) >= 8
    assert set(choose(COMMUNES, 500)) == set(COMMUNES)
