"""Faults of many sites that meet other faults: who is told of what, in stories on virtual time."""

import pytest
from msgspec.structs import replace

from collector.incident import Cause, Confidence, Incident, Scope, Trouble
from collector.inventory.site import Inventory, Link, Site
from tests.peers.story import SECOND_NS, Story, communes


def said(story: Story) -> list[tuple[str, str, str]]:
    """Of those that nobody was told of otherwise."""
    found = [one for one in story.incidents() if one.folded_into is None]
    return [(one.scope.value, one.subject, one.cause.value) for one in found]


def at(story: Story, scope: Scope, subject: str) -> Incident:
    return next(one for one in story.incidents() if (one.scope, one.subject) == (scope, subject))


def mixed(count: int, hubs: int, areas: int) -> Inventory:
    """Hubs and power areas lie across each other, three providers on each."""
    return Inventory(
        tuple(
            Site(
                id=f"s{number}",
                name=f"Commune {number}",
                hub=f"h{number * hubs // count}",
                power_area=f"p{number * areas // count}",
                links=(Link(name="main", provider=("VNPT", "Viettel", "FPT")[number % 3], kind="fibre"),),
            )
            for number in range(count)
        )
    )


def hub(number: int, size: int = 6) -> list[str]:
    return [f"s{place}" for place in range(number * size, (number + 1) * size)]


def test_neighbouring_hubs_that_fail_within_seconds_are_told_one_by_one_and_never_as_power() -> None:
    story = Story(mixed(36, hubs=6, areas=4))
    story.live(120)
    story.down.update(hub(0))
    story.live(5)
    story.down.update(hub(1))
    story.live(40)
    story.down.update(hub(3))
    story.live(120)

    assert said(story) == [("hub", "h0", "hub"), ("hub", "h1", "hub"), ("hub", "h3", "hub")]
    assert [len(one.still) for one in story.picture.incidents] == [6, 6, 6]


def test_a_place_that_was_guessed_is_told_as_the_hub_that_it_turns_out_to_be() -> None:
    """Sites at two hubs go within seconds, the rest of one hub some time after them."""
    story = Story(mixed(24, hubs=6, areas=2))
    story.live(120)
    story.down.update(["s0", "s1", "s2", "s4"])
    story.live(40)
    assert [one.scope for one in story.picture.incidents] == [Scope.POWER_AREA]
    story.down.update(["s3"])
    story.live(100)

    assert said(story) == [("hub", "h0", "hub"), ("site", "s4", "unknown")]
    assert len(story.incidents()) == 2, "it goes on under its number"


def test_a_small_hub_that_returned_leaves_what_stays_lost_to_a_fault_of_its_own() -> None:
    story = Story(communes(9, hubs=3))
    story.live(120)
    story.down.update(["s0", "s1", "s2"])
    story.live(300)
    began = at(story, Scope.HUB, "h0").began_ns
    story.down = {"s1"}
    story.live(400)

    assert [(one.scope, one.subject) for one in story.picture.incidents] == [(Scope.SITE, "s1")]
    assert abs(story.picture.incidents[0].began_ns - began) <= 10 * SECOND_NS
    assert at(story, Scope.HUB, "h0").ended_ns is not None
    story.live(600)
    assert len(story.incidents()) == 2, "it is told once"


def test_what_stays_lost_has_the_cause_that_shows_after_the_others_returned() -> None:
    """A router hangs and a fibre is cut while the hub is away, which hides both."""
    story = Story(communes(20, hubs=4), inside=True)
    story.live(300)
    story.down.update(f"s{number}" for number in range(5))
    story.live(700)
    story.levels["s1", "access_router"] = False
    story.live(60)
    story.down = {"s1", "s3"}
    story.live(500)
    assert sorted(one.subject for one in story.picture.incidents) == ["s1", "s3"]
    story.router_boot["s1"] = story.now
    story.levels.clear()
    story.down.clear()
    story.live(400)

    assert (at(story, Scope.SITE, "s1").cause, at(story, Scope.SITE, "s3").cause) == (
        Cause.SITE_LAN,
        Cause.ACCESS_LINK,
    )
    assert at(story, Scope.HUB, "h0").cause is Cause.HUB


def test_a_hub_whose_sites_return_one_by_one_stays_one_fault() -> None:
    story = Story(communes(20, hubs=4))
    story.live(120)
    story.down.update(f"s{number}" for number in range(5))
    story.live(120)
    for number in range(5):
        story.down.discard(f"s{number}")
        story.live(200)

    assert said(story) == [("hub", "h0", "hub")]


def test_a_site_that_was_back_for_a_moment_while_its_hub_is_away_is_not_told_alone() -> None:
    story = Story(communes(20, hubs=4))
    story.live(120)
    story.down.update(f"s{number}" for number in range(5))
    story.live(300)
    story.down.discard("s2")
    story.live(60)
    story.down.add("s2")
    story.live(120)

    assert said(story) == [("hub", "h0", "hub")]
    assert len(story.picture.incidents[0].still) == 5


def test_a_hub_inside_an_outage_of_a_provider_is_told_when_the_provider_returned() -> None:
    story = Story(communes(36, hubs=6))
    story.live(120)
    story.down.update(f"s{number}" for number in range(0, 36, 2))
    story.live(200)
    story.down.update(hub(0))
    story.live(200)
    assert said(story) == [("provider", "VNPT", "isp"), ("hub", "h0", "hub")]
    story.down = set(hub(0))
    story.live(400)

    assert [(one.scope, len(one.still)) for one in story.picture.incidents] == [(Scope.HUB, 6)]
    assert len(story.incidents()) == 2


def test_three_providers_at_once_are_not_our_own_side_which_is_well() -> None:
    story = Story(mixed(36, hubs=6, areas=2))
    story.live(120)
    story.down.update(f"s{number}" for number in range(36))
    story.live(200)

    assert sorted(said(story)) == [("provider", name, "isp") for name in ("FPT", "VNPT", "Viettel")]


def test_a_battery_beside_a_hub_fault_is_part_of_it_and_stands_for_itself_when_it_is_empty() -> None:
    story = Story(mixed(36, hubs=6, areas=4))
    story.battery = {"s1": False, "s8": False}
    story.live(300)
    story.battery["s1"] = True
    story.live(300)
    story.down.update(hub(0))
    story.live(600)
    assert said(story) == [("hub", "h0", "hub")]
    assert len(story.picture.incidents[0].still) == 6
    story.down = {"s1"}
    story.live(400)

    assert said(story) == [("hub", "h0", "hub"), ("site", "s1", "power")]


def test_a_power_failure_over_two_hubs_is_one_fault_while_batteries_end_one_after_the_other() -> None:
    story = Story(mixed(24, hubs=4, areas=2))
    story.battery = dict.fromkeys(("s3", "s5", "s7", "s9"), False)
    story.live(300)
    story.battery = dict.fromkeys(story.battery, True)
    story.down.update(["s2", "s4", "s6", "s8"])
    story.live(300)
    for site in ("s3", "s7", "s5"):
        story.down.add(site)
        story.live(240)

    assert said(story) == [("power_area", "p0", "power")]
    assert len(story.picture.incidents[0].still) == 7
    # A generator brings some back: as long as supplies tell that mains are away, that proves nothing.
    story.down -= {"s2", "s4", "s6", "s8"}
    story.live(500)
    assert said(story) == [("power_area", "p0", "power")]


def test_a_restart_of_the_collector_goes_on_with_a_hub_of_which_some_had_returned() -> None:
    story = Story(communes(20, hubs=4))
    story.live(120)
    story.down.update(f"s{number}" for number in range(5))
    story.live(200)
    story.down = {"s1"}
    story.live(100)
    story.start_collector()
    story.live(400)
    assert [(one.scope, one.subject) for one in story.picture.incidents] == [(Scope.SITE, "s1")]
    story.start_collector()
    story.live(100)
    story.down.clear()
    story.live(800)

    assert story.picture.incidents == ()
    assert len(story.incidents()) == 2


def test_time_in_which_nobody_could_see_proves_nothing_of_what_stayed_lost() -> None:
    story = Story(communes(20, hubs=4))
    story.live(120)
    story.down.update(f"s{number}" for number in range(5))
    story.live(200)
    story.down = {"s1", "s2"}
    story.live(60)
    story.blind = True
    story.live(400)
    story.blind, story.down = False, {"s1"}
    story.live(120)
    assert [one.scope for one in story.incidents()] == [Scope.HUB, Scope.PROVINCE]
    story.live(300)

    assert [(one.scope, one.subject) for one in story.picture.incidents] == [(Scope.SITE, "s1")]


def test_a_fold_that_was_over_before_a_restart_becomes_final_after_it() -> None:
    story = Story(communes(20, hubs=4))
    story.live(120)
    story.down.update(f"s{number}" for number in range(5))
    story.live(200)
    story.down.clear()
    story.live(60)
    assert at(story, Scope.HUB, "h0").confidence is Confidence.PROVISIONAL
    story.start_collector()
    story.live(600)

    assert (at(story, Scope.HUB, "h0").confidence, at(story, Scope.HUB, "h0").cause) == (Confidence.FINAL, Cause.HUB)


@pytest.mark.parametrize("starts", [(), (700,), (100, 700), (700, 1300)], ids=str)
def test_what_parted_from_a_hub_speaks_against_it_after_a_restart_too(starts: tuple[int, ...]) -> None:
    """Of two sites lost within seconds one had no power for longer, which it can only tell in the end."""
    story = Story(communes(6, hubs=3), inside=True)
    story.live(300)
    story.down = {"s0", "s1"}
    story.hosts["s1"].running = False
    for second in range(1400):
        story.live(1)
        if second == 200:
            story.down = {"s1"}
        if second in starts:
            story.start_collector()
    hub = at(story, Scope.HUB, "h0")
    assert (hub.cause, hub.confidence, hub.is_open) == (Cause.HUB, Confidence.PROVISIONAL, False)
    story.router_boot["s1"] = story.hosts["s1"].boot_s = story.now
    story.hosts["s1"].running = True
    story.down.clear()
    story.live(600)

    hub, own = at(story, Scope.HUB, "h0"), at(story, Scope.SITE, "s1")
    assert (own.cause, own.confidence) == (Cause.POWER, Confidence.FINAL)
    assert (hub.cause, hub.confidence) == (Cause.UNKNOWN, Confidence.FINAL)


def test_a_site_whose_own_incident_became_that_of_its_hub_gets_a_number_of_its_own_later() -> None:
    story = Story(communes(20, hubs=4))
    story.live(120)
    story.down.add("s1")
    story.live(14)
    story.down.update(f"s{number}" for number in range(5))
    story.live(200)
    assert said(story) == [("hub", "h0", "hub")]
    assert story.journal.versions(1)[0].scope is Scope.SITE
    story.down = {"s1"}
    story.live(400)

    assert [(one.number, one.scope, one.is_open) for one in story.incidents()] == [
        (1, Scope.HUB, False),
        (2, Scope.SITE, True),
    ]


def test_a_site_that_was_known_to_be_lost_before_its_hub_failed_is_a_fault_of_its_own() -> None:
    story = Story(communes(20, hubs=4), inside=True)
    story.live(300)
    story.down.add("s1")
    story.live(60)
    story.down.update(f"s{number}" for number in range(5))
    story.live(200)
    assert said(story) == [("site", "s1", "unknown"), ("hub", "h0", "hub")]
    story.down.clear()
    story.live(400)

    assert said(story) == [("site", "s1", "access_link"), ("hub", "h0", "hub")]


def test_two_sites_of_a_small_hub_that_are_lost_one_after_the_other_are_two_faults() -> None:
    story = Story(communes(8, hubs=4))
    story.live(120)
    story.down.add("s0")
    story.live(60)
    story.down.add("s1")
    story.live(200)

    assert said(story) == [("site", "s0", "unknown"), ("site", "s1", "unknown")]


def test_a_small_hub_is_a_power_failure_when_supplies_around_it_tell_of_one_later() -> None:
    story = Story(mixed(24, hubs=12, areas=3))
    story.battery = dict.fromkeys(("s2", "s3", "s5"), False)
    story.live(300)
    story.down.update(["s0", "s1"])
    story.live(22)
    assert [one.scope for one in story.picture.incidents] == [Scope.HUB]
    story.battery = dict.fromkeys(story.battery, True)
    story.live(120)

    assert said(story) == [("power_area", "p0", "power")]
    assert len(story.incidents()) == 1


def test_a_place_whose_sites_return_one_after_the_other_does_not_become_the_hub_of_the_last() -> None:
    story = Story(mixed(24, hubs=12, areas=3))
    story.live(120)
    story.down.update(["s0", "s1", "s2", "s4", "s6"])
    story.live(60)
    story.down = {"s0", "s1"}
    story.live(60)

    assert [(one.scope, len(one.still)) for one in story.incidents()] == [(Scope.POWER_AREA, 2)]


def test_a_place_without_power_is_told_when_its_hub_that_hid_it_returns() -> None:
    story = Story(mixed(24, hubs=4, areas=2))
    story.battery = dict.fromkeys(("s7", "s8", "s9"), False)
    story.live(300)
    story.down.update(hub(0))
    story.live(200)
    story.battery = dict.fromkeys(story.battery, True)
    story.live(300)
    story.down = {"s1", "s2", "s4"}
    story.live(400)

    assert said(story) == [("hub", "h0", "hub"), ("power_area", "p0", "power")]


def test_the_first_lost_looks_of_our_own_loss_are_no_fault_of_a_provider() -> None:
    """A site is down; then everything else goes with our own side, and what was looked at first is not down yet."""
    story = Story(communes(24, hubs=4))
    story.live(120)
    story.down.add("s7")
    story.live(16)
    story.blind = True
    story.live(200)

    assert [(one.scope, one.trouble) for one in story.incidents()] == [
        (Scope.SITE, Trouble.DOWN),
        (Scope.PROVINCE, Trouble.SILENT),
    ]


def test_routers_of_a_hub_that_all_started_anew_had_no_power() -> None:
    story = Story(communes(20, hubs=4))
    story.live(120)
    story.down.update(f"s{number}" for number in range(5))
    story.live(300)
    story.router_boot |= dict.fromkeys(story.down, story.now)
    story.down.clear()
    story.live(500)

    assert said(story) == [("hub", "h0", "power")]


def test_a_hub_that_flaps_is_one_incident_of_the_hub() -> None:
    story = Story(communes(20, hubs=4))
    story.live(100)
    for _ in range(5):
        story.down.update(f"s{number}" for number in range(5))
        story.live(60)
        story.down.clear()
        story.live(60)

    assert [(one.scope, one.trouble) for one in story.incidents()] == [(Scope.HUB, Trouble.FLAPPING)]


def few(*providers: str) -> Inventory:
    """Sites at a hub of their own."""
    return Inventory(
        tuple(
            Site(id=f"s{place}", name=name, hub=f"h{place}", links=(Link(name="main", provider=name, kind="fibre"),))
            for place, name in enumerate(providers)
        )
    )


def test_a_provider_of_few_sites_is_told_once_when_all_of_them_go_at_once() -> None:
    story = Story(few("VNPT", "FPT", "VNPT", "FPT", "VNPT", "FPT", "VNPT", "VNPT", "VNPT"))
    story.live(120)
    story.down.update({"s1", "s3", "s5"})
    story.live(120)

    assert said(story) == [("provider", "FPT", "isp")]


def test_some_of_a_providers_few_sites_or_all_one_after_the_other_are_faults_of_their_own() -> None:
    story = Story(few("VNPT", "FPT", "VNPT", "FPT", "VNPT", "FPT", "VNPT", "VNPT", "VNPT"))
    story.live(120)
    story.down.update({"s1", "s3"})
    story.live(90)
    story.down.add("s5")
    story.live(120)

    assert [scope for scope, _, _ in said(story)] == ["site"] * 3


def test_two_sites_at_once_of_two_providers_are_two_faults() -> None:
    story = Story(few("VNPT", "FPT", "VNPT", "FPT", "VNPT", "VNPT", "VNPT", "VNPT", "VNPT"))
    story.live(120)
    story.down.update({"s0", "s1"})
    story.live(120)

    assert [scope for scope, _, _ in said(story)] == ["site"] * 2


def test_what_is_back_when_the_collector_starts_again_is_not_told_anew() -> None:
    """Seen in the lab: a provider returned in an hour without collector, and two sites were told by themselves."""
    story = Story(communes(20))
    story.live(120)
    story.down.update(f"s{number}" for number in range(0, 20, 2))
    story.live(120)
    story.down -= {f"s{number}" for number in range(0, 12, 2)}
    story.live(60)
    assert len(at(story, Scope.PROVIDER, "VNPT").still) == 4
    story.down.clear()
    story.now += 3600
    story.start_collector()
    story.look_at_all()
    story.live(60)

    assert said(story) == [("provider", "VNPT", "isp")]
    assert story.picture.incidents == ()


def test_a_hub_of_two_of_which_the_one_that_tells_had_no_power_had_none() -> None:
    story = Story(few("VNPT", "FPT"), inside=True)
    story.inventory = Inventory(tuple(replace(site, hub="h", power_area="p") for site in story.inventory.sites))
    story.hosts["s1"].running = False
    story.start_collector()
    story.live(300)
    story.down.update({"s0", "s1"})
    story.hosts["s0"].running = False
    story.live(240)
    story.router_boot["s0"] = story.now
    story.hosts["s0"].boot_s = story.now
    story.hosts["s0"].running = True
    story.down.clear()
    story.live(600)

    assert said(story) == [("hub", "h", "power")]


def test_a_hub_of_two_of_which_one_had_no_power_waits_for_what_the_other_has_to_tell() -> None:
    story = Story(few("VNPT", "FPT"), inside=True)
    story.inventory = Inventory(tuple(replace(site, hub="h", power_area="p") for site in story.inventory.sites))
    story.start_collector()
    story.live(300)
    story.down.update({"s0", "s1"})
    story.hosts["s0"].running = False
    story.live(240)
    story.router_boot["s0"] = story.hosts["s0"].boot_s = story.now
    story.hosts["s0"].running = True
    story.deaf = {"s1"}
    story.down.clear()
    story.live(200)
    assert said(story) == [("hub", "h", "unknown")], "one of two had no power, the other has not told"
    story.deaf.clear()
    story.live(600)

    assert said(story) == [("hub", "h", "unknown")], "its line was lost"


def test_a_line_that_is_cut_while_a_battery_runs_is_no_power_failure_once_the_site_tells() -> None:
    story = Story(mixed(8, hubs=8, areas=4), inside=True)
    story.battery = {"s0": False, "s1": False}
    story.live(240)
    story.battery["s0"] = story.battery["s1"] = True
    story.live(70)
    story.down.add("s0")
    story.live(300)
    assert said(story) == [("power_area", "p0", "power")]
    story.down.clear()
    story.live(700)

    assert said(story) == [("power_area", "p0", "access_link")]


def test_a_line_that_is_cut_on_battery_in_an_area_without_power_gets_an_incident_of_its_own_in_the_end() -> None:
    story = Story(mixed(8, hubs=8, areas=4), inside=True)
    story.battery = {"s0": False}
    story.live(240)
    story.battery["s0"] = True
    story.down, story.hosts["s1"].running = {"s1"}, False
    story.live(300)
    story.down.add("s0")
    story.live(300)
    assert said(story) == [("power_area", "p0", "power")], "nothing else is known of it yet"
    story.router_boot["s1"] = story.hosts["s1"].boot_s = story.now
    story.hosts["s1"].running, story.battery["s0"] = True, False
    story.down.clear()
    story.live(700)

    area, own = story.incidents()
    assert said(story) == [("power_area", "p0", "power"), ("site", "s0", "access_link")]
    assert (area.sites, own.sites, own.confidence) == (("s1",), ("s0",), Confidence.FINAL)
    assert (own.silent_because, own.began_ns > area.began_ns + 250 * SECOND_NS) == ("past", True), "nobody is called"
    assert any(one.sites == ("s1", "s0") for one in story.journal.versions(area.number)), "the old versions are kept"


def test_a_router_that_started_anew_with_its_area_stays_in_it_though_its_agent_ran_on() -> None:
    story = Story(mixed(8, hubs=8, areas=4), inside=True)
    story.battery = {"s0": False}
    story.live(240)
    story.battery["s0"] = True
    story.down, story.hosts["s1"].running = {"s1"}, False
    story.live(300)
    story.down.add("s0")
    story.levels["s0", "access_router"] = False
    story.live(300)
    story.router_boot = dict.fromkeys(story.router_boot, story.now)
    story.hosts["s1"].boot_s, story.hosts["s1"].running = story.now, True
    story.levels.clear()
    story.down.clear()
    story.live(700)

    assert said(story) == [("power_area", "p0", "power")]
    assert story.incidents()[0].sites == ("s1", "s0")


def test_a_line_that_was_cut_when_the_mains_of_its_area_came_back_has_what_was_left_of_the_outage() -> None:
    story = Story(mixed(8, hubs=8, areas=4), inside=True)
    story.battery = {"s1": False}
    story.live(240)
    story.battery["s1"] = True
    story.live(60)
    story.down = {"s0", "s1"}
    for site in ("s0", "s1"):
        story.hosts[site].running = False
    story.live(600)
    assert said(story) == [("power_area", "p0", "power")]
    for site in ("s0", "s1"):
        story.router_boot[site] = story.hosts[site].boot_s = story.now
        story.hosts[site].running = True
    story.battery["s1"], story.down = False, {"s0"}
    mains_ns = story.wall_ns
    story.live(250)
    story.down.clear()
    story.live(400)

    area, own = story.incidents()
    assert said(story) == [("power_area", "p0", "power"), ("site", "s0", "access_link")]
    assert (area.sites, own.silent_because, own.confidence) == (("s0", "s1"), "past", Confidence.FINAL)
    assert area.ended_ns == own.began_ns
    assert 0 <= own.began_ns - mains_ns <= 20 * SECOND_NS
    assert (own.ended_ns or 0) - own.began_ns > 200 * SECOND_NS
