"""The lag of the loop is known while somebody asks, from its last two turns."""

import asyncio

from collector.ingest.loop_lag import LoopLag
from tests.peers.village import HandClock

MILLISECOND_NS = 1_000_000


class TurningClock(HandClock):
    """Moves when it is told to."""

    now_ns = 0

    def monotonic_ns(self) -> int:
        return self.now_ns


async def turns(lag: LoopLag, clock: TurningClock, *lengths_ms: int) -> list[int]:
    """What is said at the beginning of each of such turns, in milliseconds."""
    said = []
    for length_ms in lengths_ms:
        said.append(lag.lag_ns() // MILLISECOND_NS)
        clock.now_ns += length_ms * MILLISECOND_NS
        await asyncio.sleep(0)
    return said


async def test_two_long_turns_are_a_slow_loop_and_one_alone_is_not() -> None:
    clock = TurningClock()

    assert await turns(LoopLag(clock), clock, 40, 2, 40, 50, 60, 1, 1) == [0, 0, 2, 2, 40, 50, 1]


async def test_the_turn_on_its_way_counts_before_it_is_at_its_end() -> None:
    clock = TurningClock()
    lag = LoopLag(clock)
    await turns(lag, clock, 1, 40)

    assert lag.lag_ns() == 1 * MILLISECOND_NS
    clock.now_ns += 70 * MILLISECOND_NS
    assert lag.lag_ns() == 40 * MILLISECOND_NS


async def test_what_was_slow_long_ago_says_nothing() -> None:
    clock = TurningClock()
    for quiet_ms, said_ns in ((499, 40 * MILLISECOND_NS), (501, 0)):
        lag = LoopLag(clock)
        await turns(lag, clock, 40, 40)
        clock.now_ns += quiet_ms * MILLISECOND_NS

        assert lag.lag_ns() == said_ns
