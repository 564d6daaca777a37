"""The last day of the sites: kept from turn to turn, read back from the inbox behind what is live; it judges nothing.

The newest first, so that what is there is whole up to a time which the pages can tell; and with pauses, so that a day
of batches never holds up what arrives.
"""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from collector.ingest.inbox import Inbox, InboxFailedError, StoredParcel
from collector.pipeline import Pipeline
from collector.series.placing import Trust, place
from collector.series.quality import SLOT_S, SLOTS, Quality, Train
from shared.clock import Clock
from shared.logs import Limited
from shared.wire.codec import BatchError, Limits, decode_batch

_SECOND_NS = 1_000_000_000
_DAY_NS = SLOTS * SLOT_S * _SECOND_NS
_PORTION = 16
"""Batches in memory at once."""
_PAUSES = 4.0
"""Pause after each piece of work, in times of what it took: a fifth of a core at most."""

_AGAIN_SECONDS = 30.0

Seen = tuple[str, int, Train]
"""Site, time in nanoseconds since 1970, and what was found."""


@dataclass
class LastDay:
    """What is known, and what of the inbox is not in it yet."""

    quality: Quality = field(default_factory=lambda: Quality(math.inf))
    unread: int | None = None
    """Number of the newest parcel that is not; None where nobody has looked into the inbox."""
    taken_since_ns: int = 0
    """What of those was received then or later was read back at the start."""

    async def begin(self, inbox: Inbox, pipeline: Pipeline, taken_since_ns: int, now_ns: int) -> None:
        """At a start, when all received since then has been read back and nothing else arrived: now it is kept.

        What the inbox never had is not known of either: it is kept since the oldest that it has, or else since now.
        """
        pipeline.keep(self.quality)
        if self.unread is None:
            (oldest, self.unread), self.taken_since_ns = await inbox.extent(), taken_since_ns
            first_ns = taken_since_ns
            with suppress(InboxFailedError):  # a disk that is away now: what was read back is known all the same
                first_ns = next((one.received_wall_ns for one in await inbox.from_row(oldest - 1, 1)), now_ns)
            self.quality.reach_back(max(first_ns, taken_since_ns) / _SECOND_NS)


@dataclass(frozen=True, slots=True)
class Reader:
    """Fills a day from the inbox."""

    day: LastDay
    inbox: Inbox
    pipeline: Pipeline
    limits: Limits
    inside: Collection[str]
    """Agents that may only tell of the site at which they stand: their batches say nothing here."""
    clock: Clock
    log: logging.Logger

    async def read(self) -> None:
        """Until all of the day is there that the inbox still has; a disk that fails is waited for."""
        begun_ns, unread, more = self.clock.monotonic_ns(), self.day.unread, True
        complain = Limited(self.log, self.clock)
        while more:
            try:
                more = await self._portion()
            except InboxFailedError as error:
                complain.warning("the last day of the sites cannot be read back now", str(error))
                await self.clock.sleep(_AGAIN_SECONDS)
        if unread:
            self.log.info("the last day was read back in %.0f s", (self.clock.monotonic_ns() - begun_ns) / _SECOND_NS)

    async def _portion(self) -> bool:
        """The newest that are unread; False where none are left, or only such as are older than a day."""
        newest, begun_ns = self.day.unread or 0, self.clock.monotonic_ns()
        oldest, _ = await self.inbox.extent()
        if newest < oldest:
            return False
        below = max(0, newest - _PORTION)
        parcels = [one for one in await self.inbox.from_row(below, _PORTION) if one.number <= newest]
        await self._pause(begun_ns)
        for parcel in reversed(parcels):
            if parcel.received_wall_ns < self.day.taken_since_ns and parcel.agent not in self.inside:
                begun_ns = self.clock.monotonic_ns()
                self._take(parcel, await asyncio.to_thread(list, _seen(parcel, self.pipeline, self.limits)))
                await self._pause(begun_ns)
        self.day.unread = below
        self.day.quality.reach_back(min((one.received_wall_ns for one in parcels), default=math.inf) / _SECOND_NS)
        until_ns = max((one.received_wall_ns for one in parcels), default=math.inf)
        return until_ns > self.clock.wall_ns() - _DAY_NS

    def _take(self, parcel: StoredParcel, found: list[Seen]) -> None:
        """All of a batch or nothing: who ends this between two batches goes on with the next one."""
        for site, at_ns, train in found:
            if self.pipeline.is_outside(parcel.agent, site):
                self.day.quality.take(site, at_ns, train)
        self.day.unread = parcel.number - 1
        self.day.quality.reach_back(parcel.received_wall_ns / _SECOND_NS)

    async def _pause(self, begun_ns: int) -> None:
        await self.clock.sleep(_PAUSES * (self.clock.monotonic_ns() - begun_ns) / _SECOND_NS)


@asynccontextmanager
async def read_back(reader: Reader) -> AsyncIterator[None]:
    """Read while other things go on."""
    reading = asyncio.ensure_future(reader.read())
    try:
        yield
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading


def _seen(parcel: StoredParcel, pipeline: Pipeline, limits: Limits) -> Iterator[Seen]:
    """As they were taken when they came: a time that rests on nothing was none then either."""
    try:
        batch = decode_batch(parcel.body, limits)
    except BatchError:
        return
    fresh = frozenset(parcel.fresh)
    for record in batch.records:
        for reading in record.cycle.readings if record.sequence in fresh else ():
            train = pipeline.train_of(reading)
            if train is None:
                continue
            placed = place(reading, record.cycle, batch, parcel.received_wall_ns)
            if placed is not None and placed.trust is not Trust.UNSYNCHRONISED:
                yield reading.site, parcel.received_wall_ns - placed.age_ns, train
