"""What systemd is to a program that tells it how it is: a datagram socket, and the environment that names it."""

import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Systemd:
    """Reads what it is told."""

    ear: socket.socket
    environment: Mapping[str, str]
    heard: list[str] = field(default_factory=list)

    def listen(self) -> list[str]:
        """Everything so far."""
        while True:
            try:
                self.heard.append(self.ear.recv(4096).decode())
            except BlockingIOError:
                return self.heard

    def count(self, word: str) -> int:
        """How often it was told this."""
        return self.listen().count(word)

    def until(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait for something among it."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.heard
            time.sleep(0.02)

    def quiet_seconds(self, seconds: float) -> float:
        """The longest time without a word in the next so many seconds."""
        begun = last = time.monotonic()
        longest, heard = 0.0, len(self.listen())
        while time.monotonic() - begun < seconds:
            if len(self.listen()) > heard:
                heard, last = len(self.heard), time.monotonic()
            longest = max(longest, time.monotonic() - last)
            time.sleep(0.02)
        return longest


@contextmanager
def systemd(folder: Path, watchdog_seconds: float) -> Iterator[Systemd]:
    """It wants a sign of life in each such time."""
    path = folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(path))
        ear.setblocking(False)  # noqa: FBT003 - the argument has no name
        told = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": str(int(watchdog_seconds * 1e6))}
        yield Systemd(ear, {**os.environ, **told})
