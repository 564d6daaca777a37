"""Unpacks bodies: what is large in a thread, and only so much at a time; it judges no batch and answers nobody."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from shared.clock import Clock
from shared.wire.codec import Limits, read_batch, unframe
from shared.wire.reading import Batch

_T = TypeVar("_T")
_SMALL_BYTES = 32 * 1024
"""What is larger is taken out of its frame in a thread: that may be eight megabytes, and nobody else should wait."""
_LITTLE_BYTES = 256 * 1024
"""What is larger when it is out of its frame is decoded in a thread, whatever its frame was."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A batch with the digests of its records, and how long it took."""

    batch: Batch
    digests: tuple[int, ...]
    spent_ns: int


class Unpacking:
    """Lets batches in whose bytes, out of their frames, are together no more than one batch may have.

    In memory a decoded batch is up to thirty times as large as its bytes.
    """

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._free_bytes = limits.decoded_bytes
        self._turn = asyncio.Lock()
        self._freed = asyncio.Event()

    @asynccontextmanager
    async def unpacked(self, body: bytes, verify: Callable[[], None]) -> AsyncIterator[Unpacked]:
        """The batch in a body, while it is worked on; raises a BatchError, or what ``verify`` raises before that."""

        def unfold() -> tuple[bytes, int]:
            begun_ns = self._clock.monotonic_ns()
            verify()
            plain = unframe(body, self._limits)
            return plain, self._clock.monotonic_ns() - begun_ns

        def read(plain: bytes) -> tuple[Batch, tuple[int, ...], int]:
            begun_ns = self._clock.monotonic_ns()
            return *read_batch(plain), self._clock.monotonic_ns() - begun_ns

        plain, unfolding_ns = await _run(unfold, aside=len(body) > _SMALL_BYTES)
        size_bytes = len(plain)
        await self._take(size_bytes)
        try:
            batch, digests, reading_ns = await _run(partial(read, plain), aside=size_bytes > _LITTLE_BYTES)
            del plain
            yield Unpacked(batch, digests, unfolding_ns + reading_ns)
        finally:
            self._free_bytes += size_bytes
            self._freed.set()

    async def _take(self, size_bytes: int) -> None:
        """Wait for room, one after another."""
        async with self._turn:
            while self._free_bytes < size_bytes:
                self._freed.clear()
                await self._freed.wait()
            self._free_bytes -= size_bytes


async def _run(work: Callable[[], _T], *, aside: bool) -> _T:
    return await asyncio.to_thread(work) if aside else work()
