"""The key is renewed after 90 days of work, whatever the calendar says and however often the machine was off."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.identity.card import CardError
from agent.identity.enrol import EnrolError
from agent.identity.files import write_private
from agent.identity.renewal import HOURS, renew_regularly
from agent.uplink.connection import AwayError
from shared.logs import Limited
from tests.peers.village import HandClock, Heard


class Rotation:
    def __init__(self, failing: Exception | None = None) -> None:
        self.tried = 0
        self.failing = failing

    async def __call__(self) -> None:
        self.tried += 1
        if self.failing is not None:
            raise self.failing


@asynccontextmanager
async def at_work(state: Path, rotation: Rotation) -> AsyncIterator[HandClock]:
    clock = HandClock()
    task = asyncio.create_task(renew_regularly(state, rotation, clock, Limited(Heard(), clock)))
    await clock.move(0)
    try:
        yield clock
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_hours_are_counted_over_restarts_and_the_key_is_renewed_once(tmp_path: Path) -> None:
    write_private(tmp_path / "identity" / "hours", str(HOURS - 2).encode())
    rotation = Rotation()
    for tried in (0, 1, 1):
        async with at_work(tmp_path, rotation) as clock:
            await clock.move(3600)

            assert rotation.tried == tried
    assert (tmp_path / "identity" / "hours").read_bytes() == b"1"


@pytest.mark.parametrize("failing", [EnrolError("no"), AwayError("no"), CardError("damaged"), OSError(30, "read-only")])
async def test_a_renewal_that_fails_is_tried_again_each_hour(tmp_path: Path, failing: Exception) -> None:
    write_private(tmp_path / "identity" / "hours", str(HOURS).encode())
    rotation = Rotation(failing)
    async with at_work(tmp_path, rotation) as clock:
        for _ in range(3):
            await clock.move(3600)

    assert rotation.tried == 3
