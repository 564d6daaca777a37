"""What a person sees of a demo: plain lines, and a progress line where there is a terminal; it asks nobody."""

import os
import shutil
from collections.abc import Iterable
from typing import TextIO

_BOLD, _DIM, _RED, _GREEN, _YELLOW, _PINK = "1", "2", "31", "32", "33", "35"
_COLOURS = {"up": _GREEN, "down": _RED, "degraded": _YELLOW, "unknown": _PINK}


class Terminal:
    """Writes to one stream. Colour and progress only where it is a terminal and NO_COLOR is not set."""

    def __init__(self, stream: TextIO, *, fancy: bool) -> None:
        self._stream = stream
        self._fancy = fancy
        self._unfinished = False

    def line(self, text: str = "") -> None:
        """One line."""
        self._finish()
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def heading(self, text: str) -> None:
        """The title of a part."""
        self.line()
        self.line(self._painted(text, _BOLD))

    def pairs(self, rows: Iterable[tuple[str, str]]) -> None:
        """Two columns: what, and what of it."""
        listed = list(rows)
        width = max((len(name) for name, _ in listed), default=0)
        for name, text in listed:
            self.line(f"  {name.ljust(width)}  {text}")

    def happened(self, at_seconds: float, who: str, text: str, state: str = "") -> None:
        """One thing that happened, with the time since the script began."""
        minutes, seconds = divmod(max(0, int(at_seconds)), 60)
        clock = self._painted(f"{minutes:02d}:{seconds:02d}", _DIM)
        self.line(f"  {clock}  {who.ljust(5)} {self._painted(self._clipped(text, 15), _COLOURS.get(state, ''))}")

    def progress(self, text: str) -> None:
        """A line that the next one replaces; nothing where the output is no terminal."""
        if self._fancy:
            self._stream.write(f"\r\033[K  {self._clipped(text, 2)}")
            self._stream.flush()
            self._unfinished = True

    def _finish(self) -> None:
        if self._unfinished:
            self._stream.write("\r\033[K")
            self._unfinished = False

    def _clipped(self, text: str, indent: int) -> str:
        """On a terminal a line stays one line; elsewhere nothing is cut off."""
        room = shutil.get_terminal_size().columns - indent
        return text if not self._fancy or len(text) <= room else text[: max(room - 1, 0)] + "…"

    def _painted(self, text: str, colour: str) -> str:
        return f"\033[{colour}m{text}\033[0m" if self._fancy and colour else text


def open_terminal(stream: TextIO) -> Terminal:
    """The terminal for a stream."""
    return Terminal(stream, fancy=stream.isatty() and not os.environ.get("NO_COLOR"))
