"""The agent at a site: what it keeps while nobody hears it, and in which order it tells it after."""

from collections.abc import Iterator

from lab.world.chance import Chance
from lab.world.fault import Fault
from lab.world.land import make_land
from lab.world.outpost import COMMIT_SECONDS, Outpost
from lab.world.timeline import Timeline
from shared.wire.reading import Batch, Lane

LAND = make_land(6, 2)
PLACE = next(place for place in LAND.places if not place.battery_seconds)


def batches(faults: list[Fault], until: int, begin: int = 1) -> Iterator[tuple[int, Batch]]:
    outpost = Outpost(PLACE, Timeline(LAND, faults), Chance(1, 0.0))
    for second in range(begin, until):
        batch = outpost.step(second, open_way=True)
        if batch is not None:
            yield second, batch


def numbers(sent: list[tuple[int, Batch]]) -> list[int]:
    return [record.sequence for _, batch in sent for record in batch.records]


def test_while_all_is_well_each_cycle_goes_at_once_by_the_live_lane() -> None:
    sent = list(batches([], 600))

    assert len(sent) == 599 // COMMIT_SECONDS or len(sent) == 600 // COMMIT_SECONDS
    assert {batch.lane for _, batch in sent} == {Lane.LIVE}
    assert numbers(sent) == list(range(sent[0][1].records[0].sequence, sent[-1][1].records[0].sequence + 1))


def test_after_a_cut_the_newest_goes_first_and_history_behind_it_each_record_once() -> None:
    sent = list(batches([Fault("fibre_cut", PLACE.id, 1000, 9000)], 9400, begin=900))
    after = [(second, batch) for second, batch in sent if second >= 9000]

    assert not [second for second, _ in sent if 1000 <= second < 9000]
    assert after[0][1].lane is Lane.LIVE
    assert len(after[0][1].records) == 1
    assert Lane.HISTORY in {batch.lane for _, batch in after}
    assert after[-1][1].lane is Lane.LIVE
    found = numbers(sent)
    assert len(found) == len(set(found))
    assert sorted(found) == list(range(min(found), max(found) + 1))
    history = numbers([each for each in after if each[1].lane is Lane.HISTORY])
    assert history == sorted(history)


def test_a_fleet_does_not_return_in_step() -> None:
    faults = [Fault("fibre_cut", place.id, 1000, 2000) for place in LAND.places]
    timeline = Timeline(LAND, faults)
    outposts = [Outpost(place, timeline, Chance(1, 0.0)) for place in LAND.places]
    first: dict[str, int] = {}
    for second in range(900, 2100):
        for outpost in outposts:
            if outpost.step(second, open_way=True) is not None and second >= 2000:
                first.setdefault(outpost.name, second)

    assert set(first) == {outpost.name for outpost in outposts}
    assert len(set(first.values())) > 1
    assert max(first.values()) <= 2046


def test_without_power_nothing_is_measured_and_the_boot_is_another() -> None:
    sent = list(batches([Fault("power_cut", PLACE.id, 1000, 5000)], 5400, begin=900))
    before, after = sent[0][1], sent[-1][1]

    assert before.boot_id != after.boot_id
    assert not [number for number in numbers(sent) if 1000 < number * COMMIT_SECONDS < 4990]
    assert after.sent_monotonic_ns < before.sent_monotonic_ns


def test_a_wrong_clock_is_in_every_stamp_and_owned_up_to() -> None:
    sent = list(batches([Fault("clock_jump", PLACE.id, 1000, 2000)], 1200, begin=900))
    (wrong, right) = (sent[-1][1], sent[0][1])

    assert wrong.sent_wall_ns - right.sent_wall_ns > 7 * 3600 * 10**9
    assert {record.cycle.clock.value for record in wrong.records} == {"unsynchronised"}
