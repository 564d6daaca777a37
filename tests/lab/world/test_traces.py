"""Traces of the lab's agents: how far each fault lets them come, when they are made, and that no skip loses one."""

from collections.abc import Iterable
from itertools import pairwise

import pytest

from agent.following import RUNS
from collector.judgement.paths import HOPS
from lab.world.chance import Chance
from lab.world.fault import LINK, Fault
from lab.world.land import make_land
from lab.world.outpost import COMMIT_SECONDS, Outpost
from lab.world.timeline import Timeline
from lab.world.traces import PERIOD_SECONDS, Traces
from lab.world.when import seconds_of
from shared.wire.reading import Outcome, Reading

LAND = make_land(6, 2)
PLACE = next(place for place in LAND.places if not place.battery_seconds)
FIRST, CORE = "isp_first_hop", "province_core"
AT = 2000.0


def seen(kind: str, role: str, where: str | None = None) -> tuple[Outcome, int]:
    fault = Fault(kind, PLACE.id if where is None else where, 1000.0, 3000.0)
    outcome, _, samples = Traces(PLACE, Timeline(LAND, [fault])).seen(role, AT)
    return outcome, next(int(sample.value) for sample in samples if sample.name == HOPS)


def traced(faults: list[Fault], seconds: Iterable[int]) -> list[tuple[int, Reading]]:
    outpost = Outpost(PLACE, Timeline(LAND, faults), Chance(1, 0.0))
    return [
        (second, reading)
        for second in seconds
        if (batch := outpost.step(second, open_way=True)) is not None
        for record in batch.records
        for reading in record.cycle.readings
        if reading.kind == "path"
    ]


def test_each_fault_ends_a_trace_where_it_is() -> None:
    (_, first), (_, core) = seen("dns_failure", FIRST), seen("dns_failure", CORE)

    assert 1 < first < core
    assert seen("provider_outage", FIRST, PLACE.site.provider) == (Outcome.OK, first)
    assert seen("provider_outage", CORE, PLACE.site.provider) == (Outcome.UNREACHABLE, first)
    assert seen("hub_down", CORE, PLACE.site.hub) == (Outcome.UNREACHABLE, first - 1)
    assert seen("province_uplink", CORE, "") == (Outcome.UNREACHABLE, core - 1)
    for kind, hops in (("fibre_cut", 1), ("router_hang", 0), ("lan_unplugged", 0)):
        assert {seen(kind, role) for role in (FIRST, CORE)} == {(Outcome.UNREACHABLE, hops)}, kind
    assert seen(LINK, CORE, f"{PLACE.id}/backup") == (Outcome.OK, core)


@pytest.mark.parametrize("back", [False, True])
def test_a_line_that_changed_for_good_is_traced_at_once_as_the_agent_does_it(back: bool) -> None:
    found = traced([Fault("fibre_cut", PLACE.id, 1000.0, 2000.0)], range(900, 2300))
    lost = [reading for _, reading in found if (reading.outcome is Outcome.OK) is back and reading.role == FIRST]
    at = [seconds_of(reading.started_wall_ns) for reading in lost]

    assert len([each for each in at if each > 1000]) == 1, "once a change"
    assert (RUNS - 1) * 30 <= at[-1] - (2000 if back else 1000) <= RUNS * 30 + 4


def test_a_line_that_flaps_is_traced_seldom() -> None:
    found = traced([Fault("flapping", PLACE.id, 1000.0, 2800.0)], range(900, 3000))
    at = sorted(seconds_of(reading.started_wall_ns) for _, reading in found if reading.role == FIRST)

    assert all(later - sooner >= 300 for sooner, later in pairwise(at) if sooner > 1000)


def test_who_lives_every_cycle_and_who_skips_most_hear_of_the_same_traces() -> None:
    day = range(1, 86_400)
    whole = [reading.started_wall_ns for _, reading in traced([], day)]
    phase = Outpost(PLACE, Timeline(LAND, []), Chance(1, 0.0)).phase
    jumps = [second for second in day if second % COMMIT_SECONDS == phase and second % 20_000 < 100]
    skipped = [reading.started_wall_ns for _, reading in traced([], jumps)]

    assert len(whole) == 2 * (1 + 86_400 // PERIOD_SECONDS)
    assert set(skipped) == {at for at in whole if seconds_of(at) < jumps[-1] - 8}
