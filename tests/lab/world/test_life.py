"""Universes lived through: the same seed is the same universe, and what is skipped changes nothing of it."""

from collector.judgement.settings import JudgementSettings
from lab.world.draw import draw_faults
from lab.world.fault import Fault
from lab.world.land import make_land
from lab.world.place import Place
from tests.peers.universe import universe

HOUR = 3600


def places(sites: int = 12, seed: int = 1) -> tuple[Place, ...]:
    return make_land(sites, seed).places


def test_the_same_seed_is_the_same_universe() -> None:
    faults = draw_faults(make_land(12, 7), 7, 3 * HOUR)
    one, other = (universe(faults, 3 * HOUR, seed=7, loss=0.02).live() for _ in range(2))

    assert one == other
    assert draw_faults(make_land(12, 7), 7, 3 * HOUR) == faults
    assert draw_faults(make_land(12, 8), 8, 30 * 24 * HOUR) != draw_faults(make_land(12, 7), 7, 30 * 24 * HOUR)


def test_what_is_skipped_changes_no_version_of_any_incident() -> None:
    first, second, third = places(6)[2:5]
    faults = [
        Fault("fibre_cut", first.id, 1500, 2500),
        Fault("router_hang", second.id, 4100, 4500),
        Fault("host_off", third.id, 1800, 4200),
    ]
    told = universe(faults, 5000, sites=6, loss=0.02)
    skipping, living = told.live(), told.live(skip=False)

    assert skipping.versions == living.versions
    assert skipping.versions != []
    assert skipping.skipped_seconds > 500
    assert skipping.lived_seconds + skipping.skipped_seconds == living.lived_seconds == 5000


def test_a_silence_that_is_counted_from_the_collectors_start_is_not_skipped() -> None:
    faults = [Fault("host_off", places(4)[2].id, 1200, 5000), Fault("collector_restart", "", 1700, 1717)]
    told = universe(faults, HOUR, sites=4)

    assert told.live().versions == told.live(skip=False).versions


def test_a_limit_of_time_that_is_not_waited_for_is_seen() -> None:
    hasty = JudgementSettings(fold_seconds=0, remainder_seconds=0, settle_seconds=0, agent_silent_seconds=0)
    told = universe([Fault("host_off", places(4)[2].id, 1200, 3000)], HOUR, sites=4)

    assert told.live(waits=hasty).versions != told.live(skip=False).versions == told.live().versions


def test_losses_that_could_matter_are_not_skipped() -> None:
    """Of this universe most is skipped; by chance one line loses enough at once near its end."""
    told = universe([], 5400, sites=4, seed=2, loss=0.055)
    skipping, living = told.live(), told.live(skip=False)

    assert skipping.versions == living.versions
    assert living.versions != []
    assert skipping.skipped_seconds > 3000


def test_a_calm_province_with_loss_calls_nobody_and_is_skipped_nearly_whole() -> None:
    told = universe([], 6 * HOUR, loss=0.02)
    lived = told.live()

    assert told.score(lived.versions).pages == 0
    assert lived.skipped_seconds > 5 * HOUR


def test_a_dark_sites_agent_measures_on_and_tells_it_after_the_return() -> None:
    site = places()[2].id
    told = universe([Fault("fibre_cut", site, 1500, 2500)], HOUR)
    found = told.score(told.live().versions)

    assert (found.pages, found.recall_of_outages) == (1, 1.0)
    assert found.causes.confusion == {"access_link": {"access_link": 1}}


def test_an_agent_that_is_switched_off_calls_nobody() -> None:
    told = universe([Fault("host_off", places()[2].id, 1500, 5000)], 2 * HOUR)
    found = told.score(told.live().versions)

    assert (found.pages, found.false_pages) == (0, 0)
    assert found.incidents == 1


def test_our_own_side_lost_is_one_page() -> None:
    told = universe([Fault("province_uplink", "", 1500, 2500)], HOUR)
    found = told.score(told.live().versions)

    assert (found.pages, found.false_pages, found.recall_of_faults) == (1, 0, 1.0)


def test_a_collector_that_starts_again_calls_nobody() -> None:
    told = universe([Fault("collector_restart", "", 1500, 1620)], HOUR)

    assert told.score(told.live().versions).pages == 0
