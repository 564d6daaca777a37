"""A long answer ends when whoever reads it may not any more; it decides nothing itself."""

from collections.abc import Awaitable, Callable
from typing import Any

from shared.clock import Clock

_ASKED_NS = 5_000_000_000


class _EndedError(OSError):
    """The reader may not read on; for the application it is a client that went away."""


class Watched:
    """Passes an answer on, and asks again every few seconds while it lasts."""

    def __init__(self, send: Any, clock: Clock, still: Callable[[], Awaitable[bool]]) -> None:
        self._send = send
        self._clock = clock
        self._still = still
        self._asked_ns = clock.monotonic_ns()
        self._ended = False

    async def carry(self, app: Callable[[Any, Any, Any], Awaitable[None]], scope: Any, receive: Any) -> None:
        """Let the application answer; what it raises because it was ended is swallowed."""
        try:
            await app(scope, receive, self._pass_on)
        except Exception:
            if not self._ended:
                raise

    async def _pass_on(self, message: Any) -> None:
        if self._ended:
            raise _EndedError
        now_ns = self._clock.monotonic_ns()
        if message.get("more_body") and now_ns - self._asked_ns >= _ASKED_NS:
            self._asked_ns = now_ns
            if not await self._still():
                self._ended = True
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
                raise _EndedError
        await self._send(message)
