"""The newest frame for everybody who watches; a slow screen misses frames, and never holds up another."""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator

from collector.picture import Picture
from collector.steps import finished
from collector.wall.frame import Frame, alert_path, encode, framing

_HEARTBEAT_SECONDS = 5.0


class Feed:
    """One publisher, many watchers; each gets the newest frame when it is ready for one."""

    def __init__(self, proven: Callable[[], int | None] | None = None) -> None:
        """``proven`` says when the path of alerts was last proven; None where nobody tries it."""
        self._proven = proven
        self._frame: Frame | None = None
        self._body = b""
        self._closed = False
        self._changed = asyncio.Event()

    @property
    def latest(self) -> Frame | None:
        """The newest frame; None before the first evaluation."""
        return self._frame

    @property
    def body(self) -> bytes:
        """The newest frame as JSON; empty before the first evaluation."""
        return self._body

    def publish(self, picture: Picture) -> None:
        """Show a picture to everybody."""
        self.show(finished(self.drawing(picture)))

    def drawing(self, picture: Picture) -> Generator[None, None, tuple[Frame, bytes]]:
        """The frame of a picture and its JSON, in steps; :meth:`show` shows it."""
        path = None if self._proven is None else alert_path(self._proven(), picture.evaluated_at_ns)
        drawn = yield from framing(picture, path)
        yield
        return drawn, encode(drawn)

    def show(self, drawn: tuple[Frame, bytes]) -> None:
        """Let everybody have a frame."""
        self._frame, self._body = drawn
        self._wake()

    def close(self) -> None:
        """End all streams."""
        self._closed = True
        self._wake()

    async def watch(self) -> AsyncIterator[bytes]:
        """Server-sent events: the whole frame at once and with each evaluation, a heartbeat where none comes."""
        yield b"retry: 2000\n\n"
        shown = 0
        while not self._closed:
            changed = self._changed
            current = self._frame
            if current is not None and current.sequence != shown:
                shown = current.sequence
                yield b"id: %d\nevent: frame\ndata: %s\n\n" % (shown, self._body)
                continue
            try:
                await asyncio.wait_for(changed.wait(), _HEARTBEAT_SECONDS)
            except TimeoutError:
                yield b"event: heartbeat\ndata: {}\n\n"

    def _wake(self) -> None:
        woken, self._changed = self._changed, asyncio.Event()
        woken.set()
