"""From the tray to the spool, one record a cycle that fits into a batch; it neither measures nor sends."""

import asyncio
from collections.abc import Callable

from agent.spool.desk import Desk
from shared.clock import Clock
from shared.wire.codec import encode_cycles
from shared.wire.reading import ClockQuality, Cycle, Reading


class Committer:
    """Stores cycles; where they are kept, and what happens on a disk that takes none, is the spool's affair."""

    def __init__(self, desk: Desk, clock: Clock, quality: Callable[[], ClockQuality]) -> None:
        self._desk = desk
        self._clock = clock
        self._quality = quality
        self.news = asyncio.Event()

    async def commit(self, readings: tuple[Reading, ...]) -> None:
        """Store one cycle; of no readings none."""
        if readings:
            cycle = Cycle(self._clock.boot_id(), self._quality(), readings)
            for blob in encode_cycles(cycle):
                await self._desk.do(self._desk.spool.put, blob, self._clock.wall_ns())
            self.news.set()
