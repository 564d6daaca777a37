"""A large batch is taken in step by step: others have a turn between two steps, and their time is not its own."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from collector.arrival import Arrival
from collector.identity.room import open_identity_room
from collector.ingest.admission import Register
from collector.ingest.endpoint import BatchEndpoint, IngestSettings
from collector.ingest.entrance import Entrance
from collector.ingest.memory import MemoryInbox
from shared.logs import Limited
from shared.secret import Secret
from shared.wire.codec import encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Record
from tests.peers.village import HandClock

STEPS = 50
MILLISECOND_NS = 1_000_000


class StoppedClock(HandClock):
    """Moves when it is told to."""

    now_ns = 0

    def monotonic_ns(self) -> int:
        return self.now_ns


BODY = encode_batch(Batch("a", "e", "b", 1, 1, Lane.LIVE, (Record(1, Cycle("b", ClockQuality.UNKNOWN, ())),)))


@asynccontextmanager
async def opened(
    folder: Path, clock: StoppedClock, accept: Callable[[Arrival], Generator[None, None, bool]]
) -> AsyncIterator[BatchEndpoint]:
    async with open_identity_room(folder / "identity.sqlite") as keys:
        nothing: Any = lambda *_: None  # noqa: E731
        yield BatchEndpoint(
            Entrance(Register({"a": Secret("t" * 32)}, {"a": "s"}), keys, lambda *_: True, clock),
            MemoryInbox(),
            accept,
            settings=IngestSettings(),
            clock=clock,
            refused=nothing,
            foreign=nothing,
            complain=Limited(logging.getLogger("turns"), clock),
        )


async def post(endpoint: BatchEndpoint) -> list[dict[str, Any]]:
    """What is answered to a batch."""
    answers: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    headers = [(b"authorization", b"Bearer " + b"t" * 32), (b"content-length", str(len(BODY)).encode())]
    await endpoint({"method": "POST", "path": "/api/v1/batches", "headers": headers}, receive, send)
    return answers


async def test_others_have_a_turn_between_two_steps_and_their_time_is_not_what_the_batch_cost(tmp_path: Path) -> None:
    clock, turns = StoppedClock(), 0

    def accept(_: Arrival) -> Generator[None, None, bool]:
        for _step in range(STEPS):
            clock.now_ns += MILLISECOND_NS
            yield
        return True

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            clock.now_ns += 1000 * MILLISECOND_NS
            await asyncio.sleep(0)

    async with opened(tmp_path, clock, accept) as endpoint:
        learnt: list[int] = []
        endpoint._reception.learn = lambda _size, spent_ns: learnt.append(spent_ns)  # type: ignore[method-assign]
        beside = asyncio.create_task(others())
        answers = await post(endpoint)
        beside.cancel()

    assert [message.get("status") for message in answers] == [200, None]
    assert b'"metrics_wanted":true' in answers[1]["body"]
    assert turns >= STEPS
    assert learnt[-1] == STEPS * MILLISECOND_NS


@pytest.mark.parametrize(("turn_ms", "status"), [(100, 503), (1, 200)])
async def test_who_comes_while_turns_are_long_and_another_is_at_work_is_sent_away(
    tmp_path: Path, turn_ms: int, status: int
) -> None:
    clock = StoppedClock()
    at_work, go_on = asyncio.Event(), False

    def accept(_: Arrival) -> Generator[None, None, bool]:
        at_work.set()
        while not go_on:
            yield
        return False

    async def others() -> None:
        while True:
            clock.now_ns += turn_ms * MILLISECOND_NS
            await asyncio.sleep(0)

    async with opened(tmp_path, clock, accept) as endpoint:
        first = asyncio.create_task(post(endpoint))
        await at_work.wait()
        beside = asyncio.create_task(others())
        later = []
        for _ in range(4):  # what turns are like is known from the third on
            later.append(asyncio.create_task(post(endpoint)))
            await asyncio.sleep(0)
        go_on = True
        answers = [(await task)[0] for task in (first, *later)]
        beside.cancel()

    assert [answers[0]["status"], answers[-1]["status"]] == [200, status]
    assert status == 200 or (b"retry-after", b"5") in answers[-1]["headers"]
