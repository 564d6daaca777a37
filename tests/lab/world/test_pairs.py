"""Two faults at once that were told wrongly once: what evidence there is decides, and no guess stands against it."""

from lab.world.fault import Fault
from lab.world.land import make_land
from lab.world.scoring import Score
from tests.peers.universe import Universe

LAND = make_land(15, 1)
"""Its one site of FPT shares a hub with one of VNPT."""
HUBS = LAND.members("hub")
PROVIDERS = LAND.members("provider")


def told(*faults: Fault) -> Score:
    made = Universe(LAND, faults, int(max(fault.ends for fault in faults)) + 1500, 3)
    return made.score(made.live().versions)


def test_two_sites_of_a_hub_lost_in_the_same_second_are_no_dead_hub_where_its_first_hop_answered() -> None:
    (ours,) = PROVIDERS["FPT"]
    (other,) = (site for ids in HUBS.values() if ours in ids for site in ids if site != ours)
    found = told(Fault("provider_outage", "FPT", 1800.0, 2100.0), Fault("router_hang", other, 1800.0, 2700.0))

    assert (found.causes.wrong, found.causes.right_where_evident) == ((), 1.0)
    assert (found.recall_of_outages, found.false_pages, found.pages) == (1.0, 0, 2)


def test_a_router_that_its_agent_could_not_ask_is_not_held_for_the_cause_until_it_could() -> None:
    hub, (site,) = next((hub, ids) for hub, ids in HUBS.items() if len(ids) == 1)
    found = told(Fault("lan_unplugged", site, 1780.0, 4000.0), Fault("hub_down", hub, 1800.0, 2400.0))

    assert found.causes.wrong == (), "it ran on, which came to light when the cable was back"
    assert (found.recall_of_outages, found.false_pages, found.pages) == (1.0, 0, 1)
