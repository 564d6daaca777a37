"""Stories of the way out, second by second: where a fault is told, when, and that no silence is told as good."""

import random
from dataclasses import replace

import pytest

from agent.onsite.board import Board, Rung, watch_of
from agent.onsite.ladder import Ladder
from agent.onsite.steps import Doubt, Moment
from agent.onsite.verdict import State, Verdict
from agent.probe import Check, Target
from tests.peers.village import SECOND_NS
from tests.peers.way_out import BEHIND_THE_PROVIDER, ROLES, SITE, WayOut, names, reading, watch

ALL = names(ROLES)
BEYOND = names(BEHIND_THE_PROVIDER)
PERIODS = (10, 300, 300, 300, 1800)
METERED = tuple(watch(rung, every_seconds=seconds) for rung, seconds in zip(ROLES, PERIODS, strict=True))


def away(way: WayOut, *targets: str, collector: str = "away") -> WayOut:
    way.away, way.collector = set(targets), collector
    return way


def states(ladder: Ladder) -> list[str]:
    return [step.state.value for step in ladder.steps]


def test_a_site_that_is_well_is_told_so_with_the_time_since_when() -> None:
    ladder = WayOut().live(120)

    assert ladder.verdict is Verdict.ALL_WELL
    assert states(ladder) == ["good"] * 6
    assert (ladder.since_ns, ladder.at_least) == (SECOND_NS, True)


def test_before_everything_was_measured_it_is_being_measured() -> None:
    way = WayOut(phases={"portals": 200.0})

    assert (way.ladder().verdict, way.ladder().doubt) == (Verdict.NOT_KNOWN, Doubt.MEASURING)
    assert (way.live(199).verdict, way.ladder().doubt) == (Verdict.NOT_KNOWN, Doubt.MEASURING)
    assert way.live(1).verdict is Verdict.ALL_WELL


def test_a_dead_router_is_inside_within_its_period_and_since_then() -> None:
    way = WayOut()
    way.live(100)
    ladder = away(way, *ALL).live(10)

    assert (ladder.verdict, ladder.since_ns, ladder.at_least) == (Verdict.INSIDE, 101 * SECOND_NS, False)
    for _ in range(600):
        assert way.live(1).verdict is Verdict.INSIDE


def test_a_router_that_returns_is_never_told_as_a_fault_of_the_provider() -> None:
    """What lies behind it was silent when it was last looked at: that was the router's fault, and is over."""
    way = WayOut()
    way.live(100)
    away(way, *ALL).live(300)
    away(way, collector="takes")
    found = [way.live(1).verdict for _ in range(330)]

    assert set(found) <= {Verdict.INSIDE, Verdict.NOT_KNOWN, Verdict.ALL_WELL}
    assert Verdict.INSIDE not in found[10:]
    assert found[-1] is Verdict.ALL_WELL


def test_a_dead_provider_is_told_within_half_a_minute_and_the_router_is_not_blamed() -> None:
    way = WayOut()
    way.live(100)
    away(way, "first_hop", *BEYOND)
    found = [way.live(1).verdict for _ in range(600)]

    assert found.index(Verdict.PROVIDER) <= 30
    assert Verdict.INSIDE not in found
    assert set(found[30:]) == {Verdict.PROVIDER}


def test_a_provider_that_returns_is_told_as_well_after_all_was_looked_at() -> None:
    way = WayOut()
    way.live(100)
    away(way, "first_hop", *BEYOND).live(600)
    away(way, collector="takes")
    found = [way.live(1).verdict for _ in range(330)]

    assert set(found[40:]) <= {Verdict.NOT_KNOWN, Verdict.ALL_WELL}
    assert found[-1] is Verdict.ALL_WELL


@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_phases_an_outage_and_its_end_are_told_at_the_right_place_only(seed: int) -> None:
    """Checks run at different times: none of their orders may put a fault of one place at another."""
    draw = random.Random(seed)
    watches = METERED if seed % 2 else tuple(watch(rung) for rung in ROLES)
    phases = {one.target: float(draw.randrange(1, one.period_ns // SECOND_NS + 1)) for one in watches}
    truth, gone = draw.choice([(Verdict.INSIDE, ALL), (Verdict.PROVIDER, {"first_hop", *BEYOND})])
    way = WayOut(watches, phases=phases)
    way.live(1900)
    assert way.ladder().verdict is Verdict.ALL_WELL

    away(way, *gone)
    during = [way.live(1).verdict for _ in range(draw.randrange(700, 1900))]
    away(way, collector="takes")
    afterwards = [way.live(1).verdict for _ in range(1900)]

    assert set(during) <= {Verdict.ALL_WELL, Verdict.NOT_KNOWN, truth}
    assert during[-1] is truth
    assert Verdict.ALL_WELL not in during[100:], "the collector was silent for more than a minute"
    assert set(afterwards) <= {truth, Verdict.NOT_KNOWN, Verdict.ALL_WELL}
    assert truth not in afterwards[310:]
    assert afterwards[-1] is Verdict.ALL_WELL


def test_on_a_metered_line_old_good_figures_give_way_when_the_collector_falls_silent() -> None:
    """They are taken every five minutes: for that long the line could be dead and the page green."""
    way = WayOut(METERED)
    way.live(2000)
    assert way.ladder().verdict is Verdict.ALL_WELL

    away(way, "first_hop", *BEYOND)
    found = [way.live(1).verdict for _ in range(400)]

    assert Verdict.ALL_WELL not in found[80:]
    assert Verdict.BEYOND not in found
    assert found[-1] is Verdict.PROVIDER


def test_the_collector_alone_is_told_after_a_minute_and_nothing_else_is_doubted() -> None:
    way = WayOut()
    way.live(600)
    way.collector = "away"
    found = [way.live(1) for _ in range(400)]

    assert {ladder.verdict for ladder in found[:60]} == {Verdict.ALL_WELL}
    assert {ladder.verdict for ladder in found[75:]} == {Verdict.BEYOND}
    assert states(found[-1]) == ["good"] * 5 + ["bad"]


def test_the_province_is_beyond_and_names_alone_are_names() -> None:
    way = WayOut()
    way.live(400)
    assert away(way, "core", collector="takes").live(60).verdict is Verdict.BEYOND
    assert away(way, "names", collector="takes").live(400).verdict is Verdict.NAMES
    assert away(way, "names", "portals", collector="takes").live(400).verdict is Verdict.NAMES
    assert away(way, "portals", collector="takes").live(400).verdict is Verdict.BEYOND


def test_a_line_that_loses_many_packets_is_weak_and_well_again_afterwards() -> None:
    way = WayOut(lossy={"first_hop": 2, "core": 2})
    ladder = way.live(400)
    assert (ladder.verdict, ladder.step(Rung.FIRST_HOP).lost_share) == (Verdict.WEAK, 0.4)

    way.lossy = {}
    assert way.live(400).verdict is Verdict.ALL_WELL


def test_a_router_that_answers_no_ping_is_no_fault_while_what_lies_behind_it_answers() -> None:
    ladder = away(WayOut(), "router", "first_hop", collector="takes").live(400)

    assert ladder.verdict is Verdict.ALL_WELL
    assert [step.passed for step in ladder.steps] == [True, True, False, False, False, False]


@pytest.mark.parametrize("silent", [ALL, BEYOND, {"router"}, {"core"}, {"portals"}, {"names"}])
def test_what_is_no_longer_measured_is_not_known_after_three_periods_and_never_good(silent: set[str]) -> None:
    way = WayOut()
    way.live(400)
    way.asleep, way.collector = set(silent), "idle"
    found = [way.live(1) for _ in range(1000)]

    for rung in ROLES:
        if rung.value in silent:
            limit = 3 * ROLES[rung][2]
            state = [ladder.step(rung).state for ladder in found]
            assert set(state[limit:]) == {State.UNKNOWN}
            assert set(state[: limit - ROLES[rung][2]]) == {State.GOOD}
    if silent != {"router"}:
        assert (found[-1].verdict, found[-1].doubt) == (Verdict.NOT_KNOWN, Doubt.OLD)


def test_an_agent_that_sleeps_wakes_without_claiming_anything() -> None:
    """A computer that was suspended: its monotonic clock went on."""
    way = WayOut()
    way.live(400)
    way.now_s += 8 * 3600

    assert (way.ladder().verdict, way.ladder().doubt) == (Verdict.NOT_KNOWN, Doubt.OLD)


def test_an_acknowledgement_grows_old_as_a_reading_does() -> None:
    """Where little is watched it is the only proof of the way out; an agent whose budget is spent sends seldom."""
    way = WayOut((watch(Rung.ROUTER),))
    assert way.live(100).verdict is Verdict.ALL_WELL
    way.collector = "idle"

    assert way.live(90).verdict is Verdict.ALL_WELL
    ladder = way.live(1)
    assert (ladder.verdict, ladder.doubt, ladder.step(Rung.UPLINK).state) == (
        Verdict.NOT_KNOWN,
        Doubt.OLD,
        State.UNKNOWN,
    )


def test_a_computer_without_a_link_knows_nothing_and_says_so() -> None:
    way = WayOut(own_link=True)
    way.live(400)
    way.own_link = False
    ladder = away(way, *ALL).live(200)
    assert (ladder.verdict, ladder.doubt) == (Verdict.NOT_KNOWN, Doubt.OWN_LINK)

    way.own_link = None
    assert way.ladder().verdict is Verdict.INSIDE
    way.own_link = False
    assert away(way, collector="takes").live(400).verdict is Verdict.ALL_WELL, "what answers proves a link"


def test_a_page_without_roles_says_that_nothing_is_watched() -> None:
    ladder = WayOut((), collector="idle").live(100)

    assert (ladder.verdict, ladder.doubt) == (Verdict.NOT_KNOWN, Doubt.UNWATCHED)


def test_a_router_alone_cannot_tell_provider_from_province() -> None:
    way = WayOut((watch(Rung.ROUTER),))
    assert way.live(100).verdict is Verdict.ALL_WELL, "the collector takes what it is sent"

    ladder = away(way, collector="away").live(200)
    assert (ladder.verdict, ladder.doubt) == (Verdict.NOT_KNOWN, Doubt.UNCLEAR)
    assert away(way, "router").live(60).verdict is Verdict.INSIDE


def test_a_collector_on_this_computer_proves_no_way_out() -> None:
    """The agent beside the collector: what it delivers never leaves the machine."""
    way = WayOut((watch(Rung.ROUTER), watch(Rung.CORE)), watched=False)
    assert way.live(100).verdict is Verdict.ALL_WELL

    assert away(way, "router", "core", collector="takes").live(60).verdict is Verdict.INSIDE


def test_of_two_resolvers_one_is_enough_though_not_well_and_of_two_portals_both_are_needed() -> None:
    two = (*(watch(Rung.NAMES, name) for name in ("n1", "n2")), *(watch(Rung.PORTALS, name) for name in ("p1", "p2")))
    way = WayOut((watch(Rung.ROUTER), watch(Rung.CORE), *two))
    way.live(400)
    assert way.ladder().verdict is Verdict.ALL_WELL

    ladder = away(way, "n2", collector="takes").live(400)
    assert (ladder.verdict, ladder.step(Rung.NAMES).silent) == (Verdict.WEAK, ("n2.address",))
    assert away(way, "n1", "n2", collector="takes").live(400).verdict is Verdict.NAMES
    ladder = away(way, "p1", collector="takes").live(400)
    assert (ladder.verdict, ladder.step(Rung.PORTALS).silent) == (Verdict.BEYOND, ("p1.address",))


def test_one_of_two_that_is_silent_is_not_the_end_while_the_other_is_not_known() -> None:
    way = WayOut((watch(Rung.ROUTER), watch(Rung.FIRST_HOP, "a"), watch(Rung.FIRST_HOP, "b")), asleep={"b"})
    ladder = away(way, "a", collector="idle").live(60)

    assert ladder.step(Rung.FIRST_HOP).state is State.UNKNOWN


def test_a_target_that_one_of_two_checks_reaches_answers() -> None:
    """An operator adds a check by TCP where pings are dropped."""
    ping = watch(Rung.CORE)
    board = Board((ping, replace(ping, check="tcp")))
    board.take(reading("core", 1, kind="tcp"))
    way = WayOut(now_s=2)
    way.board = board

    assert way.ladder().step(Rung.CORE).state is State.GOOD


def test_the_board_watches_its_own_site_by_the_roles_and_kinds_that_tell_of_the_way_out() -> None:
    def made(kind: str, role: str, site: str = SITE) -> Rung | None:
        found = watch_of(kind, Check(every_seconds=10), Target(site=site, name="t", address="a", role=role), SITE)
        return found and found.rung

    assert [made("icmp", role) for role in ("gateway", "access_router", "router")] == [Rung.ROUTER] * 3
    assert made("tcp", "province_core") is Rung.CORE
    assert made("dns", "resolver") is Rung.NAMES
    assert made("http", "portals") is Rung.PORTALS
    others = [("snmp", "gateway"), ("icmp", "resolver"), ("icmp", "world"), ("path", "isp_first_hop")]
    assert [made(kind, role) for kind, role in others] == [None] * 4
    assert made("icmp", "gateway", "another-site") is None, "an agent of the province looks at everybody's routers"


def test_the_board_holds_one_place_a_check_and_target_whatever_it_is_told() -> None:
    board = Board((watch(Rung.ROUTER),))
    for number in range(1000):
        board.take(reading(f"stranger-{number}", number))
        board.take(reading("router", number))

    assert len(board.seen()) == 1
    assert Moment(0, 0).young(1)
