"""What an agent knows of the true time: kept over restarts, never believed against reason, and bounded."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.timekeeping.anchors import COLLECTOR, KERNEL, Known, answered, learn, of_boots
from agent.timekeeping.floor import floor_ns, is_plausible
from agent.timekeeping.keeper import read_known
from shared.release import BUILT_NS
from shared.wire.reading import Anchor, ClockQuality
from tests.peers.village import HandClock, timekeeper

SECOND_NS = 1_000_000_000
HOUR_NS = 3600 * SECOND_NS
YEAR_NS = 366 * 24 * HOUR_NS
TRUE_NS = BUILT_NS + 100 * HOUR_NS


def anchor(boot: str, at_hours: float, source: str = COLLECTOR) -> Anchor:
    return Anchor(boot, int(at_hours * HOUR_NS), TRUE_NS + int(at_hours * HOUR_NS), 0, source)


@given(
    st.lists(
        st.builds(
            anchor,
            st.sampled_from([f"b{n}" for n in range(70)]),
            st.floats(0, 1000),
            st.sampled_from([COLLECTOR, KERNEL]),
        ),
        max_size=200,
    )
)
def test_what_is_kept_is_bounded_and_the_newest_boot_is_in_it(told: list[Anchor]) -> None:
    known = Known()
    for one in told:
        known = learn(known, one)

        assert len(known.boots) <= 64
        assert all(1 <= len(anchors) <= 2 for anchors in known.boots.values())
        assert len({a.source for a in known.boots[one.boot_id]}) == 1


def test_the_first_and_the_latest_moment_of_a_boot_are_kept() -> None:
    known = Known()
    for hours in (1.0, 1.5, 3.0, 3.2, 9.0):
        known = learn(known, anchor("b", hours))

    assert of_boots(known, ["b"]) == (anchor("b", 1.0), anchor("b", 9.0))


def test_a_collector_replaces_the_kernel_and_not_the_other_way_round() -> None:
    known = learn(learn(Known(), anchor("b", 1, KERNEL)), anchor("b", 1.1))

    assert learn(known, anchor("b", 9, KERNEL)) is known
    assert of_boots(known, ["b"]) == (anchor("b", 1.1),)


def test_an_answer_tells_the_time_within_half_of_its_way() -> None:
    told = answered("b", TRUE_NS, 10 * SECOND_NS, 11 * SECOND_NS)

    assert told == Anchor("b", 10 * SECOND_NS + SECOND_NS // 2, TRUE_NS, SECOND_NS // 2, COLLECTOR)
    assert answered("b", TRUE_NS, 10 * SECOND_NS, 15 * SECOND_NS) is None


def test_a_witness_raises_the_floor_unless_it_was_left_by_a_wrong_clock(tmp_path: Path) -> None:
    witness = tmp_path / "clock"
    witness.touch()
    later = BUILT_NS + 30 * 24 * HOUR_NS
    for stamp, expected in ((0, BUILT_NS), (later, later), (BUILT_NS + 70 * YEAR_NS, BUILT_NS)):
        os.utime(witness, ns=(stamp, stamp))

        assert floor_ns(0, [witness, tmp_path / "missing"]) == expected
    assert floor_ns(later, []) == later


@pytest.mark.parametrize(
    ("wall_ns", "may_be"),
    [(0, False), (30 * YEAR_NS, False), (BUILT_NS + HOUR_NS, True), (BUILT_NS + 72 * YEAR_NS, False)],
)
def test_the_years_1970_2000_and_2098_cannot_be(wall_ns: int, may_be: bool) -> None:
    assert is_plausible(wall_ns, BUILT_NS) is may_be


async def test_what_a_collector_told_is_known_after_a_restart(tmp_path: Path) -> None:
    clock = HandClock()
    times = timekeeper(tmp_path, clock)
    times.heard(TRUE_NS, clock.monotonic_ns(), clock.monotonic_ns())
    await times.keep()

    again = timekeeper(tmp_path, clock)

    assert again.anchors([clock.boot_id()]) == (Anchor(clock.boot_id(), 0, TRUE_NS, 0, COLLECTOR),)
    assert again.offset_ns() == clock.wall_ns() - TRUE_NS


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b'{"boots": 7}', b'{"boots": {"b": [["b", 1]]}}', b"[" * 5000])
def test_a_damaged_file_is_nothing_known(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "known-times.json").write_bytes(content)

    assert read_known(tmp_path) == Known()


async def test_a_collector_whose_clock_cannot_be_right_is_not_believed(tmp_path: Path) -> None:
    times = timekeeper(tmp_path, HandClock())
    for told in (1, BUILT_NS - 400 * 24 * HOUR_NS, BUILT_NS + 72 * YEAR_NS):
        times.heard(told, 0, 0)

    assert times.offset_ns() is None


def test_a_kernel_that_follows_a_reference_in_1970_does_not_follow_one(tmp_path: Path) -> None:
    """HandClock shows 2023, before this release was written."""
    times = timekeeper(tmp_path, HandClock(), ClockQuality.SYNCHRONISED)

    assert times.quality() is ClockQuality.UNSYNCHRONISED
    assert times.offset_ns() is None


async def test_a_disk_that_refuses_is_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    times = timekeeper(folder, HandClock())
    times.heard(TRUE_NS, 0, 0)
    await times.keep()
    folder.mkdir()
    await times.keep()

    assert read_known(folder) != Known()


async def test_the_time_is_what_was_learnt_or_the_latest_ever_known_and_never_1970(tmp_path: Path) -> None:
    """HandClock shows 2023, before this release was written."""
    clock = HandClock()
    times = timekeeper(tmp_path, clock)
    assert times.true_wall_ns() > BUILT_NS - 400 * 24 * HOUR_NS

    times.heard(TRUE_NS, clock.monotonic_ns(), clock.monotonic_ns())

    assert times.true_wall_ns() == TRUE_NS
