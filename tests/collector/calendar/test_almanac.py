"""The nightly work: once a night, made up for once where nobody was there, whatever is done to the clock."""

import asyncio
import logging
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from collector.calendar.almanac import open_almanac
from collector.calendar.due import DAY_NS, Nights
from collector.calendar.nightly import newest_night_ns

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
AT = time(2, 30)
SECOND_NS = 1_000_000_000
HOUR_NS = 3600 * SECOND_NS
NIGHT_NS = int(datetime(2026, 11, 20, 2, 30, tzinfo=ZONE).timestamp()) * SECOND_NS


def nights(last_ns: int | None) -> Nights:
    return Nights(AT, ZONE, last_ns)


def test_a_night_is_done_once_and_the_next_a_day_later() -> None:
    one = nights(NIGHT_NS - DAY_NS)

    assert [one.begin(NIGHT_NS + minutes * 60 * SECOND_NS) for minutes in (-1, 0, 1, 600)] == [
        False,
        True,
        False,
        False,
    ]
    assert [one.begin(NIGHT_NS + DAY_NS + seconds * SECOND_NS) for seconds in (-1, 5, 65)] == [False, True, False]


def test_a_night_without_collector_is_made_up_for_once_at_any_hour() -> None:
    """Off from one in the morning until eight, or for a week."""
    for last_ns in (NIGHT_NS - DAY_NS, NIGHT_NS - 7 * DAY_NS):
        late = nights(last_ns)
        assert [late.begin(NIGHT_NS + hours * HOUR_NS) for hours in (6, 7, 23)] == [True, False, False]
    assert not nights(NIGHT_NS + 5 * SECOND_NS).begin(NIGHT_NS + 6 * HOUR_NS), "this night was done before the restart"


def test_a_collector_that_never_had_a_night_waits_for_its_first() -> None:
    new = nights(None)

    assert [new.begin(NIGHT_NS + hours * HOUR_NS) for hours in (6, 12, 23, 24)] == [False, False, False, True]


def test_a_night_that_was_done_while_the_clock_was_wrong_by_years_puts_off_none() -> None:
    ahead = nights(int(datetime(2098, 1, 1, tzinfo=UTC).timestamp()) * SECOND_NS)

    assert [ahead.begin(NIGHT_NS + hours * HOUR_NS) for hours in (1, 2)] == [True, False]


@given(
    st.integers(0, 48),
    st.lists(st.tuples(st.integers(1, 30), st.floats(-80, 80), st.booleans()), max_size=6),
)
def test_whatever_is_done_to_the_clock_no_two_days_pass_without_a_night(
    begin: int, steps: list[tuple[int, float, bool]]
) -> None:
    """Hours until each step, by how many hours, and whether the collector is started anew then."""
    wall_ns = NIGHT_NS + begin * HOUR_NS
    one, last_ns = nights(wall_ns), wall_ns
    for hours, step, again in [*steps, (60, 0.0, False)]:
        done = 0
        for _ in range(hours * 6):
            wall_ns += HOUR_NS // 6
            if one.begin(wall_ns):
                last_ns = wall_ns
                done += 1
        assert done <= hours // 24 + 2, "once after the step, and once a night"
        wall_ns += int(step * HOUR_NS)
        one = nights(last_ns) if again else one
    assert done >= 1


def test_a_clock_that_is_set_is_noticed_either_way_and_one_that_drifts_is_not() -> None:
    one = nights(None)
    moves = (0, 2, -3, 3600, 0, -86_400 * 3650, 0)
    wall_ns, told = NIGHT_NS, []
    for place, seconds in enumerate(moves):
        wall_ns += (30 + seconds) * SECOND_NS
        told.append(one.stepped(wall_ns, place * 30 * SECOND_NS))

    assert told == [False, False, False, True, False, True, False]


def test_the_newest_night_stands_in_the_names_of_its_copies() -> None:
    names = ["inbox-20261119T023000.sqlite", "inbox-20261120T023000.sqlite", "journal-20261121T023000.sqlite.part"]

    assert newest_night_ns(names, ZONE) == NIGHT_NS
    assert newest_night_ns(["inbox-before-the-move.sqlite"], ZONE) is None


class Hand:
    """A clock that goes only by what is slept, and is set by hand."""

    def __init__(self, wall_ns: int) -> None:
        self.set_ns = wall_ns
        self.slept_ns = 0

    def wall_ns(self) -> int:
        return self.set_ns + self.slept_ns

    def monotonic_ns(self) -> int:
        return self.slept_ns

    def boot_id(self) -> str:
        return "boot"

    async def sleep(self, seconds: float) -> None:
        self.slept_ns += int(seconds * SECOND_NS)
        await asyncio.sleep(0)


def test_the_almanac_catches_up_counts_anew_after_a_step_and_outlives_a_bad_night() -> None:
    done: list[int] = []

    async def live() -> None:
        clock = Hand(NIGHT_NS + 6 * HOUR_NS)

        async def night() -> None:
            done.append(clock.wall_ns() - NIGHT_NS)
            if len(done) == 1:
                raise OSError("no room")

        async def looked(hours: float) -> None:
            until_ns = clock.slept_ns + int(hours * HOUR_NS)
            while clock.slept_ns < until_ns:  # noqa: ASYNC110 - the clock goes by being slept
                await asyncio.sleep(0)

        log = logging.getLogger("almanac")
        with open_almanac(night, nights(NIGHT_NS - DAY_NS), log, clock):
            await looked(1)
            assert len(done) == 1, "made up for"
            clock.set_ns -= 10 * 365 * DAY_NS
            await looked(1)
            assert len(done) == 2, "its clock had been ten years ahead"
            clock.set_ns += 10 * 365 * DAY_NS
            await looked(25)
            assert len(done) == 4, "once for the step, once for the night"
        await looked(0)

    asyncio.run(live())


def test_while_nobody_knows_the_time_no_night_is_begun_and_then_it_is_made_up_for() -> None:
    done: list[int] = []

    async def live() -> None:
        clock = Hand(NIGHT_NS - HOUR_NS)

        async def night() -> None:
            done.append(clock.wall_ns() - NIGHT_NS)

        def may() -> bool:
            return clock.slept_ns > 3 * HOUR_NS

        with open_almanac(night, nights(NIGHT_NS - DAY_NS), logging.getLogger("almanac"), clock, may):
            while clock.slept_ns < 5 * HOUR_NS:  # noqa: ASYNC110 - the clock goes by being slept
                await asyncio.sleep(0)

    asyncio.run(live())
    assert len(done) == 1
    assert 2 * HOUR_NS < done[0] < 2 * HOUR_NS + 60 * SECOND_NS
