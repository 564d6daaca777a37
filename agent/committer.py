"""From the tray to the spool, one record a cycle; what the disk does not take waits in memory, and is never sent."""

import asyncio
from collections import deque
from collections.abc import Callable

from agent.spool.desk import Desk
from agent.spool.queue import SpoolError
from shared.clock import Clock
from shared.logs import Limited
from shared.wire.codec import encode_cycle
from shared.wire.reading import ClockQuality, Cycle, Reading

_HELD_RECORDS = 1024


class Committer:
    """Stores cycles; ``lost`` counts those that neither disk nor memory could hold."""

    def __init__(self, desk: Desk, clock: Clock, quality: Callable[[], ClockQuality], complain: Limited) -> None:
        self._desk = desk
        self._clock = clock
        self._quality = quality
        self._complain = complain
        self._held: deque[tuple[bytes, int]] = deque()
        self.lost = 0
        self.news = asyncio.Event()

    async def commit(self, readings: tuple[Reading, ...]) -> None:
        """Store one cycle, and before it what an earlier commit could not store."""
        if readings:
            cycle = Cycle(self._clock.boot_id(), self._quality(), readings)
            self._held.append((encode_cycle(cycle), self._clock.wall_ns()))
        while self._held:
            blob, wall_ns = self._held[0]
            try:
                await self._desk.do(self._desk.spool.put, blob, wall_ns)
            except SpoolError as error:
                self._complain.warning("the spool takes nothing, readings wait in memory", str(error))
                break
            self._held.popleft()
            self.news.set()
        while len(self._held) > _HELD_RECORDS:
            self._held.popleft()
            self.lost += 1
