"""The lag of the event loop while requests come: how long a turn of it takes; it decides nothing."""

import asyncio

from shared.clock import Clock

_STALE_NS = 500_000_000
"""A turn so long ago says nothing of now."""


class LoopLag:
    """Measures while it is asked: a loop with nothing to do is not woken for it.

    A request that is let in waits for several turns until it is answered, and newcomers wait for theirs in the kernel,
    where nobody counts them.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun_ns: int | None = None
        self._ended_ns = 0
        self._last_ns = 0
        self._before_ns = 0

    def lag_ns(self) -> int:
        """The shorter of the last two turns, the one that is on its way among them: one long one alone is nothing."""
        now_ns = self._clock.monotonic_ns()
        if self._begun_ns is None:
            if now_ns - self._ended_ns > _STALE_NS:
                self._last_ns = self._before_ns = 0
            self._begun_ns = now_ns
            asyncio.get_running_loop().call_soon(self._turned, now_ns)
        return min(self._last_ns, max(self._before_ns, now_ns - self._begun_ns))

    def _turned(self, begun_ns: int) -> None:
        self._begun_ns, self._ended_ns = None, self._clock.monotonic_ns()
        self._before_ns, self._last_ns = self._last_ns, self._ended_ns - begun_ns
