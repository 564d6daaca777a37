"""Bodies are unpacked a few at a time: what many bring at once is not in memory at once."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from collector.ingest.unpacking import Unpacking
from shared.clock import SystemClock
from shared.wire.codec import BatchError, Limits, encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample

LIMITS = Limits(decoded_bytes=1024 * 1024, ratio=10_000)


def body(samples: int) -> bytes:
    reading = Reading("c", "k", "s", "t", "r", Outcome.OK, 1, 2, 3, (Sample("some_name", 1.0),) * samples)
    record = Record(1, Cycle("b", ClockQuality.UNKNOWN, (reading,)))
    return encode_batch(Batch("a", "e", "b", 1, 2, Lane.LIVE, (record,)))


def nothing() -> None:
    """A body of nobody who signs."""


async def test_no_more_is_unpacked_at_once_than_one_batch_may_have_and_each_has_its_turn() -> None:
    unpacking, held, most = Unpacking(LIMITS, SystemClock()), 0, 0
    large = body(20_000)  # 400 kB of a megabyte

    async def work() -> None:
        nonlocal held, most
        async with unpacking.unpacked(large, nothing) as found:
            held += 1
            most = max(most, held)
            for _ in range(3):
                await asyncio.sleep(0)
            held -= 1
            assert len(found.batch.records) == len(found.digests) == 1

    async with asyncio.timeout(20):
        await asyncio.gather(*(work() for _ in range(10)))

    assert most == 2


async def test_a_body_that_is_none_gives_its_room_back() -> None:
    unpacking = Unpacking(LIMITS, SystemClock())
    for _ in range(10):
        with pytest.raises(BatchError):
            async with unpacking.unpacked(body(20_001), nothing):
                raise AssertionError
    async with AsyncExitStack() as stack, asyncio.timeout(10):
        for _ in range(2):
            await stack.enter_async_context(unpacking.unpacked(body(20_000), nothing))


async def test_whoever_goes_away_while_he_waits_holds_up_nobody() -> None:
    unpacking = Unpacking(LIMITS, SystemClock())
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(unpacking.unpacked(body(20_000), nothing))
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05), unpacking.unpacked(body(20_000), nothing):
                    raise AssertionError
    async with asyncio.timeout(10), unpacking.unpacked(body(20_000), nothing) as found:
        assert found.batch.agent == "a"
