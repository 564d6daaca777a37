"""From the tray to the spool, one record a cycle; it neither measures nor sends."""

import asyncio
from collections.abc import Callable

from agent.spool.desk import Desk
from shared.clock import Clock
from shared.wire.codec import encode_cycle
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
            blob = encode_cycle(Cycle(self._clock.boot_id(), self._quality(), readings))
            await self._desk.do(self._desk.spool.put, blob, self._clock.wall_ns())
            self.news.set()
