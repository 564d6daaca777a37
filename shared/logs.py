"""The only room that makes loggers: one line an event, control characters escaped, repeats limited and counted."""

import logging
import sys
from typing import TextIO

from shared.clock import Clock
from shared.printable import printable

_SECOND_NS = 1_000_000_000


class _OneLine(logging.Formatter):
    """What devices and files say must not forge a line of ours or drive a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))

    def formatException(self, ei: object) -> str:  # noqa: N802 - the base class names it
        """A traceback is for us; operators get its last line, the level DEBUG gets all of it."""
        text = super().formatException(ei)  # type: ignore[arg-type]
        return text if logging.getLogger().isEnabledFor(logging.DEBUG) else text.splitlines()[-1]


def configure(level: str = "INFO", stream: TextIO | None = None, libraries: tuple[str, ...] = ()) -> None:
    """Send the log to ``stream`` (standard error), of ``libraries`` only warnings; called once, by a command."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in libraries:
        logging.getLogger(name).setLevel("WARNING")


def logger(room: str) -> logging.Logger:
    """The logger of one room, named like the module."""
    return logging.getLogger(room)


class Limited:
    """Says a thing once in a while and counts the rest: a collector that is away must not fill the disk with log."""

    def __init__(self, target: logging.Logger, clock: Clock, every_seconds: float = 60.0) -> None:
        self._target = target
        self._clock = clock
        self._every_ns = int(every_seconds * _SECOND_NS)
        self._said_ns: dict[str, int] = {}
        self._held: dict[str, int] = {}

    def warning(self, event: str, detail: str = "") -> None:
        """Log ``event: detail``; the same event is held back and counted until its time has passed."""
        now = self._clock.monotonic_ns()
        last = self._said_ns.get(event)
        if last is not None and now - last < self._every_ns:
            self._held[event] = self._held.get(event, 0) + 1
            return
        self._said_ns[event] = now
        held = self._held.pop(event, 0)
        more = f" ({held} more since the last such line)" if held else ""
        self._target.warning("%s: %s%s", event, detail, more)
