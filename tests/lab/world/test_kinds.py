"""The truth of each kind of fault: who is lost to it, for how long, and what must be said."""

from pathlib import Path

import pytest

from collector.incident import Cause
from lab.world.fault import Fault
from lab.world.kinds import KINDS
from lab.world.land import make_land
from lab.world.place import CENTRE, Place
from lab.world.scoring import Causes, Score
from lab.world.strain import Strain
from lab.world.timeline import Timeline
from lab.world.truth import Happening, dark_times, happenings

LAND = make_land(193, 1)
BEGINS, ENDS, SECONDS = 3600.0, 10_800.0, 20_000.0


def with_battery() -> Place:
    return next(place for place in LAND.places if 0 < place.battery_seconds < ENDS - BEGINS)


def without_battery() -> Place:
    return next(place for place in LAND.places if not place.battery_seconds)


def where_of(kind: str) -> str:
    scope = KINDS[kind].scope
    if scope is None:
        return ""
    if scope == "site":
        return with_battery().id
    return max(LAND.members(scope.value).items(), key=lambda each: len(each[1]))[0]


def truth_of(kind: str, where: str | None = None, ends: float = ENDS) -> tuple[Happening, Timeline]:
    faults = [Fault(kind, where_of(kind) if where is None else where, BEGINS, ends)]
    timeline = Timeline(LAND, faults)
    return happenings(faults, LAND, timeline, SECONDS)[0], timeline


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("fibre_cut", Cause.ACCESS_LINK),
        ("power_cut", Cause.POWER),
        ("power_area", Cause.POWER),
        ("router_hang", Cause.SITE_LAN),
        ("provider_outage", Cause.ISP),
        ("hub_down", Cause.HUB),
    ],
)
def test_what_takes_sites_away_must_be_told_with_its_cause(kind: str, cause: Cause) -> None:
    truth, _ = truth_of(kind)

    assert truth.cause is cause
    assert truth.must_tell
    assert truth.may_tell
    assert truth.evident
    assert all(BEGINS <= outage.begins < outage.ends for outage in truth.outages)
    assert {outage.site for outage in truth.outages} <= set(truth.sites)


@pytest.mark.parametrize(
    "kind", ["lan_unplugged", "collector_restart", "backlog", "agent_crash", "host_off", "clock_jump", "dns_failure"]
)
def test_what_takes_no_site_away_must_not_call_anybody(kind: str) -> None:
    truth, _ = truth_of(kind)

    assert truth.outages == ()
    assert not truth.must_tell
    assert not truth.may_tell


@pytest.mark.parametrize("kind", ["brown_out", "bursty_loss"])
def test_a_bad_line_may_be_told_and_need_not(kind: str) -> None:
    truth, timeline = truth_of(kind)

    assert (truth.must_tell, truth.may_tell, truth.outages) == (False, True, ())
    assert timeline.of(truth.where).at(ENDS - 1).lossy


def test_a_brown_out_grows() -> None:
    truth, timeline = truth_of("brown_out")
    strains = [timeline.of(truth.where).at(BEGINS + step * (ENDS - BEGINS) / 6 + 1) for step in range(6)]

    assert [strain.loss for strain in strains] == sorted({strain.loss for strain in strains})
    assert [strain.delay_seconds for strain in strains] == sorted({strain.delay_seconds for strain in strains})


def test_flapping_is_many_outages_that_are_too_short_each() -> None:
    truth, _ = truth_of("flapping")

    assert len(truth.outages) > 10
    assert max(outage.lasts for outage in truth.outages) < 180
    assert (truth.must_tell, truth.may_tell) == (False, True)


def test_planned_work_takes_sites_away_and_calls_nobody() -> None:
    truth, _ = truth_of("maintenance")

    assert truth.outages
    assert (truth.must_tell, truth.may_tell) == (False, False)


def test_a_supply_carries_a_site_as_long_as_it_can() -> None:
    place = with_battery()
    truth, timeline = truth_of("power_cut", place.id)
    (outage,) = truth.outages

    assert outage.begins == BEGINS + place.battery_seconds
    assert timeline.of(place.id).at(BEGINS + 1) == Strain(on_battery=True)
    assert timeline.of(place.id).battery_turns == (BEGINS,)


def test_a_power_cut_shorter_than_the_battery_takes_nothing_away() -> None:
    place = with_battery()
    truth, _ = truth_of("power_cut", place.id, BEGINS + place.battery_seconds - 1)

    assert truth.outages == ()
    assert (truth.must_tell, truth.may_tell) == (False, False)


def test_after_a_power_cut_router_and_computer_are_others_than_before() -> None:
    place = without_battery()
    truth, timeline = truth_of("power_cut", place.id)
    history = timeline.of(place.id)

    assert truth.outages[0].begins == BEGINS
    assert history.router_boot(BEGINS - 1) < BEGINS
    assert history.router_boot(SECONDS) == truth.outages[0].ends
    assert history.host_boot(SECONDS) > history.router_boot(SECONDS)


def test_our_own_side_lost_takes_no_site_away_and_must_be_told() -> None:
    truth, timeline = truth_of("province_uplink")

    assert (truth.outages, truth.must_tell, truth.cause) == ((), True, Cause.PROVINCE)
    assert dark_times(timeline, SECONDS) == ((BEGINS, ENDS),)
    assert timeline.of(CENTRE).at(BEGINS).line_cut


def test_a_cut_line_is_seen_from_inside_as_one() -> None:
    site = without_battery().id
    strain = truth_of("fibre_cut", site)[1].of(site).at(BEGINS)

    assert (strain.meets_gateway, strain.meets_hop, strain.reached) == (True, False, False)


def test_a_provider_that_fails_is_met_at_its_first_hop() -> None:
    truth, timeline = truth_of("provider_outage")
    strain = timeline.of(truth.sites[0]).at(BEGINS)

    assert (strain.meets_hop, strain.meets_core, strain.reached) == (True, False, False)


def test_an_unplugged_computer_is_not_a_lost_site() -> None:
    truth, timeline = truth_of("lan_unplugged")
    strain = timeline.of(truth.where).at(BEGINS)

    assert (strain.meets_gateway, strain.measures, strain.reached) == (False, True, True)


def test_two_faults_at_once_are_both_true() -> None:
    site = without_battery()
    faults = [Fault("fibre_cut", site.id, 4000, 8000), Fault("provider_outage", site.site.provider, 5000, 9000)]
    timeline = Timeline(LAND, faults)
    first, second = happenings(faults, LAND, timeline, SECONDS)

    assert [outage.site for outage in first.outages] == [site.id]
    assert site.id in {outage.site for outage in second.outages}
    assert not timeline.of(site.id).at(8500).reached


def test_what_begins_after_the_end_is_no_part_of_the_truth() -> None:
    faults = [Fault("province_uplink", "", 5000, 9000), Fault("province_uplink", "", 9000, 12_000)]
    timeline = Timeline(LAND, faults)

    assert [one.must_tell for one in happenings(faults, LAND, timeline, 9000)] == [True]
    assert [one.must_tell for one in happenings(faults, LAND, timeline, 5100)] == [False]


def truths(*faults: Fault, seconds: float = SECONDS) -> tuple[tuple[Happening, ...], Timeline]:
    timeline = Timeline(LAND, faults)
    return happenings(faults, LAND, timeline, seconds), timeline


def test_nothing_is_seen_while_the_collector_is_away_and_what_the_province_saw_is_kept() -> None:
    site = without_battery().id
    away, cut = Fault("collector_restart", "", 3600, 5400), Fault("province_uplink", "", 3600, 5400)
    lost = Fault("fibre_cut", site, 3700, 4600)

    for hidden, kept in ((away, True), (cut, False)):
        (_, truth), timeline = truths(hidden, lost)
        assert dark_times(timeline, SECONDS) == ((3600, 5400),)
        assert truth.outages[0].due(dark_times(timeline, SECONDS)) == []
        assert truth.outages[0].kept is kept
    (_, truth), _ = truths(away, lost, seconds=5400)
    assert not truth.outages[0].kept, "the collector never came back to read it"


def test_our_own_side_need_not_be_told_of_by_a_collector_that_is_away() -> None:
    faults = (Fault("collector_restart", "", 3500, 5400), Fault("province_uplink", "", 3600, 5300))

    assert not truths(*faults)[0][1].must_tell
    assert truths(faults[1])[0][0].must_tell


def test_what_outlasts_announced_work_must_be_told_once_it_was_started_again() -> None:
    hub, (site, *_) = max(LAND.members("hub").items(), key=lambda each: len(each[1]))
    work = Fault("maintenance", hub, 3600, 7200)
    for ends, must in ((7000.0, False), (7200 + 180 + 180.0, False), (7200 + 180 + 181.0, True)):
        happened, _ = truths(work, Fault("fibre_cut", site, 5000, ends))
        truth = next(one for one in happened if one.kind == "fibre_cut")
        assert truth.must_tell is must, ends
    assert truths(work)[0][0].must_tell is False


def test_a_cause_is_evident_once_the_sites_agent_could_tell_it() -> None:
    site = without_battery().id
    lost = Fault("fibre_cut", site, 3600, 5400)

    def evident(*others: Fault, seconds: float = SECONDS) -> bool:
        return next(one for one in truths(lost, *others, seconds=seconds)[0] if one.kind == "fibre_cut").evident

    assert evident()
    assert not evident(seconds=5000), "the site is still lost when all ends"
    assert not evident(seconds=5500), "nothing of what the agent kept has arrived yet"
    assert not evident(Fault("host_off", site, 3000, 9000))
    assert not evident(Fault("lan_unplugged", site, 3000, 9000)), "it does not reach the router"
    assert not evident(Fault("lan_unplugged", site, 3620, 4600)), "nor does it when there is something to see"
    assert evident(Fault("backlog", "", 5000, 9000))
    assert not evident(Fault("backlog", "", 5000, 30_000)), "what the agent kept never arrives"


def test_many_sites_show_what_they_share_only_where_they_were_reached_before() -> None:
    hub, sites = max(LAND.members("hub").items(), key=lambda each: len(each[1]))
    off = [Fault("host_off", site, 1000, SECONDS) for site in sites]
    down = Fault("hub_down", hub, 3600, 5400)
    before = [Fault("fibre_cut", site, 2000, 8000) for site in sites[2:]]

    assert next(one for one in truths(down, *off)[0] if one.kind == "hub_down").evident
    assert not next(one for one in truths(down, *off, *before)[0] if one.kind == "hub_down").evident


def test_every_kind_has_a_truth_here() -> None:
    """A new kind without one would pass unseen."""
    told = {"province_uplink", "maintenance", "flapping", "brown_out", "bursty_loss", "fibre_cut", "power_cut"}
    told |= {"power_area", "router_hang", "provider_outage", "hub_down", "lan_unplugged", "collector_restart"}
    told |= {"backlog", "agent_crash", "host_off", "clock_jump", "dns_failure", "link"}

    assert set(KINDS) == told


def test_the_reference_names_every_kind_and_every_figure() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference.md").read_text(encoding="utf-8")
    figures = {name for record in (Score, Causes) for name in record.__dataclass_fields__} - {"causes"}

    assert {kind for kind in KINDS if f"`{kind}`" not in page} == set()
    assert {name for name in figures if f"`{name}`" not in page and f"`causes.{name}`" not in page} == set()
