"""Two faults at once that were told wrongly once: what evidence there is decides, and no guess stands against it."""

from collector.incident import Cause
from lab.world.fault import Fault
from lab.world.land import make_land
from lab.world.place import Land
from lab.world.scoring import Score
from tests.peers.universe import Universe

LAND = make_land(15, 1)
"""Its one site of FPT shares a hub with one of VNPT."""
HUBS = LAND.members("hub")
PROVIDERS = LAND.members("provider")


def told(*faults: Fault, land: Land = LAND) -> Score:
    made = Universe(land, faults, int(max(fault.ends for fault in faults)) + 1500, 3)
    return made.score(made.live().versions)


def test_two_sites_of_a_hub_lost_in_the_same_second_are_no_dead_hub_where_its_first_hop_answered() -> None:
    (ours,) = PROVIDERS["FPT"]
    (other,) = (site for ids in HUBS.values() if ours in ids for site in ids if site != ours)
    found = told(Fault("provider_outage", "FPT", 1800.0, 2100.0), Fault("router_hang", other, 1800.0, 2700.0))

    assert (found.causes.wrong, found.causes.right_where_evident) == ((), 1.0)
    assert (found.recall_of_outages, found.false_pages, found.pages) == (1.0, 0, 2)


def test_a_provider_whose_only_two_sites_are_all_of_a_hub_is_told_from_it_by_the_first_hop() -> None:
    land = make_land(12, 45)
    ours = land.members("provider")["FPT"]
    assert ours in land.members("hub").values()
    found = told(Fault("provider_outage", "FPT", 1800.0, 2400.0), land=land)

    assert (found.causes.confusion, found.pages) == ({"isp": {"isp": 1}}, 1)


def test_a_router_that_its_agent_could_not_ask_is_not_held_for_the_cause_until_it_could() -> None:
    hub, (site,) = next((hub, ids) for hub, ids in HUBS.items() if len(ids) == 1)
    found = told(Fault("lan_unplugged", site, 1780.0, 4000.0), Fault("hub_down", hub, 1800.0, 2400.0))

    assert found.causes.wrong == (), "it ran on, which came to light when the cable was back"
    assert (found.recall_of_outages, found.false_pages, found.pages) == (1.0, 0, 1)


def test_what_held_most_of_an_outage_is_its_cause_and_not_how_it_began() -> None:
    place = next(place for place in LAND.places if 900 < place.battery_seconds < 1700)
    empty = 1800.0 + place.battery_seconds
    found = told(
        Fault("power_cut", place.id, 1800.0, empty + 600.0), Fault("fibre_cut", place.id, empty - 60, empty + 50)
    )

    assert found.causes.confusion["power"] == {"power": 1}, "its line was cut a minute before its battery was empty"
    assert found.causes.wrong == ()


def test_a_line_that_was_cut_in_the_dark_and_stayed_so_is_the_cause() -> None:
    place = next(place for place in LAND.places if not place.battery_seconds)
    found = told(Fault("power_cut", place.id, 1800.0, 2100.0), Fault("fibre_cut", place.id, 2000.0, 5000.0))

    assert (found.causes.wrong, found.pages) == ((), 1)
    assert found.causes.confusion["access_link"] == {"access_link": 2}, "which had two thirds of it and more"


def test_of_two_sites_of_a_hub_lost_within_seconds_one_to_its_router_neither_is_said_to_be_the_hubs() -> None:
    one, other = next(ids for ids in HUBS.values() if len(ids) == 2)
    for ends in (2600.0, 4200.0):
        found = told(Fault("fibre_cut", one, 1800.0, 2400.0), Fault("router_hang", other, 1802.0, ends))
        assert found.causes.wrong == ()
        assert (found.recall_of_outages, found.false_pages) == (1.0, 0)


def test_of_two_sites_of_a_small_provider_lost_within_seconds_neither_has_the_cause_of_the_other() -> None:
    land = make_land(5, 44)
    sites = {place.id: place.site for place in land.places}
    one, other = next(ids for ids in land.members("provider").values() if len(ids) == 2)
    hang = Fault("router_hang", one, 1800.0, 2100.0)
    found = told(hang, Fault("hub_down", sites[other].hub, 1800.0, 4000.0), land=land)

    assert (found.causes.wrong, found.recall_of_outages) == ((), 1.0)


def test_a_hub_is_said_to_be_one_though_a_router_hung_within_it_and_outlasts_it() -> None:
    hub, (one, _) = next((hub, ids) for hub, ids in HUBS.items() if len(ids) == 2)
    found = told(Fault("hub_down", hub, 1800.0, 3000.0), Fault("router_hang", one, 2500.0, 4200.0))

    assert (found.causes.wrong, found.causes.right_where_evident) == ((), 1.0)


def test_sites_that_were_lost_and_back_while_our_own_side_was_cut_are_found_in_what_their_agents_kept() -> None:
    cut, hung, dark, *_ = (place.id for place in LAND.places if not place.battery_seconds)
    found = told(
        Fault("province_uplink", "", 1800.0, 4200.0),
        *(Fault(kind, site, 2400.0, 3300.0) for kind, site in (("fibre_cut", cut), ("router_hang", hung))),
        Fault("power_cut", dark, 2400.0, 3300.0),
    )

    assert (found.hidden_outages, found.hidden_found) == (3, 3)
    assert (found.pages, found.false_pages, found.recall_of_outages) == (1, 0, None), "nobody is called for the past"


def test_power_that_failed_while_our_own_side_was_cut_is_told_by_what_started_anew() -> None:
    dark = next(place.id for place in LAND.places if not place.battery_seconds)
    found = told(Fault("province_uplink", "", 1800.0, 3300.0), Fault("power_cut", dark, 2500.0, 6000.0))

    assert (found.causes.wrong, found.causes.right_where_evident) == ((), 1.0)


def test_what_outlasts_planned_work_has_the_cause_of_what_is_seen_after_it() -> None:
    place = min((place for place in LAND.places if place.battery_seconds), key=lambda place: place.battery_seconds)
    work = Fault("maintenance", place.site.hub, 1800.0, 4800.0)
    found = told(work, Fault("power_cut", place.id, 4400.0 - place.battery_seconds, 5600.0))

    assert (found.causes.wrong, found.causes.right_where_evident, found.pages) == ((), 1.0, 1)


def test_an_area_whose_mains_are_back_is_one_incident_until_its_routers_have_started() -> None:
    areas = [[place for place in LAND.places if place.id in ids] for ids in LAND.members("power_area").values()]
    bare, lit = next(
        sorted(places, key=lambda place: place.battery_seconds)
        for places in areas
        if len(places) == 2 and sorted(bool(place.battery_seconds) for place in places) == [False, True]
    )
    cut = Fault("power_area", bare.site.power_area, 1800.0, 1780.0 + lit.battery_seconds)
    found = told(cut, Fault("fibre_cut", lit.id, 1870.0, 2400.0))

    assert found.pages == 1


def test_a_line_that_is_cut_while_its_site_runs_on_battery_is_told_from_the_power_of_its_area() -> None:
    areas = [[place for place in LAND.places if place.id in ids] for ids in LAND.members("power_area").values()]
    bare, lit = next(
        sorted(places, key=lambda place: place.battery_seconds)
        for places in areas
        if len(places) == 2 and not min(place.battery_seconds for place in places)
    )
    assert lit.battery_seconds > 1300
    area = Fault("power_area", bare.site.power_area, 1800.0, 3000.0)
    found = told(area, Fault("fibre_cut", lit.id, 2100.0, 2900.0))

    assert (found.causes.wrong, found.causes.right_where_evident) == ((), 1.0)
    assert (found.pages, found.false_pages, found.recall_of_outages) == (1, 0, 1.0)


def test_a_line_that_was_cut_right_before_its_power_failed_and_stayed_so_is_the_cause_where_its_hub_worked() -> None:
    for sites in (ids for ids in HUBS.values() if len(ids) < 3):
        place = next((place for place in LAND.places if place.id in sites and not place.battery_seconds), None)
        if place is None:
            continue
        cut = Fault("fibre_cut", place.id, 1800.0, 4200.0)
        found = told(cut, Fault("power_cut", place.id, 1811.0, 2290.0))
        assert found.causes.wrong == ()
        assert found.causes.confusion["access_link"] == {"access_link": 2}, f"of {len(sites)}; it had four fifths of it"


def test_a_hub_that_failed_while_a_site_of_it_had_no_power_is_not_its_line() -> None:
    place = next(place for place in LAND.places if place.id in HUBS["Xín Mần 1"] and not place.battery_seconds)
    faults = (Fault("power_cut", place.id, 1800.0, 3600.0), Fault("hub_down", place.site.hub, 2500.0, 7000.0))
    versions = Universe(LAND, faults, 8500, 3).live().versions

    assert [one.cause for one in versions if one.subject == place.id][-1] is Cause.POWER


def test_a_hub_that_fails_while_all_of_its_sites_run_on_batteries_is_not_the_power_of_their_area() -> None:
    hub = "Hoàng Su Phì 1"
    lit = [place for place in LAND.places if place.id in HUBS[hub]]
    assert len({place.site.power_area for place in lit}) == 1
    assert min(place.battery_seconds for place in lit) > 1400
    area = Fault("power_area", lit[0].site.power_area, 1800.0, 2400.0)
    found = told(area, Fault("hub_down", hub, 2250.0, 3200.0))

    assert (found.causes.confusion["hub"], found.causes.wrong, found.pages) == ({"hub": 1}, (), 1)


def test_a_computer_that_was_off_for_a_while_takes_no_power_from_a_router_that_hung_before_and_after() -> None:
    site = HUBS["Quản Bạ 1"][0]
    found = told(Fault("router_hang", site, 1800.0, 4800.0), Fault("host_off", site, 2800.0, 4200.0))

    assert found.causes.confusion == {"site_lan": {"site_lan": 1}}


def test_a_hub_of_two_of_which_one_had_no_power_for_a_part_of_it_is_the_hub() -> None:
    """The site that lost its power tells of it first, and before the other tells at all."""
    hub = "Xín Mần 1"
    bare = next(place for place in LAND.places if place.id in HUBS[hub] and not place.battery_seconds)
    found = told(Fault("hub_down", hub, 1800.0, 6000.0), Fault("power_cut", bare.id, 1825.0, 2900.0))

    assert (found.causes.confusion["hub"], found.causes.wrong) == ({"hub": 2}, ())


def test_power_that_fails_when_reports_had_not_arrived_for_long_is_told_by_what_the_agent_kept() -> None:
    bare = next(place for place in LAND.places if not place.battery_seconds and not place.office)
    found = told(Fault("backlog", "", 1300.0, 2500.0), Fault("power_cut", bare.id, 2500.0, 4000.0))

    assert (found.causes.confusion, found.pages) == ({"power": {"power": 1}}, 1)
