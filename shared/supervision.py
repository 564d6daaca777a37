"""Tells systemd how the program is (sd_notify(3)): up, alive, about to end; where nobody asks, it says nothing."""

import contextlib
import socket
from collections.abc import Mapping

from shared.clock import Clock

_MICROSECONDS = 1_000_000
_EVERY_SECONDS = 10.0
"""Between two signs of life while a program starts, where no watchdog says how often."""
_OFTEN = 4
"""Signs of life within the time in which one must come: a busy machine may swallow two."""


class Supervisor:
    """Whoever started the program, as far as the environment names one."""

    def __init__(self, environment: Mapping[str, str], pid: int) -> None:
        """``pid``: a watchdog that the environment names for another process is not ours."""
        self._address = environment.get("NOTIFY_SOCKET", "")
        watched = environment.get("WATCHDOG_USEC", "") if environment.get("WATCHDOG_PID") in {None, str(pid)} else ""
        self._within_seconds = int(watched) / _MICROSECONDS if watched.isdigit() and int(watched) else 0.0
        self._is_up = False

    def up(self) -> None:
        """The start is over; from here on the watchdog counts."""
        self._is_up = True
        self._tell("READY=1")

    def ending(self) -> None:
        """What comes is the end, and it is wanted."""
        self._tell("STOPPING=1")

    async def stand_by(self, clock: Clock) -> None:
        """A sign of life every now and then, from the loop in which this runs: where the loop hangs, none comes.

        Until the start is over a sign asks for more time instead, for as long again as the loop may be busy at once.
        """
        if not self._address:
            return
        every_seconds = self._within_seconds / _OFTEN or _EVERY_SECONDS
        more = f"EXTEND_TIMEOUT_USEC={int(every_seconds * _OFTEN * _MICROSECONDS)}"
        while True:
            self._tell("WATCHDOG=1" if self._is_up else more)
            await clock.sleep(every_seconds)

    def _tell(self, word: str) -> None:
        if not self._address:
            return
        abstract = self._address.startswith("@")
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as said:
            said.setblocking(False)  # noqa: FBT003 - the argument has no name
            said.sendto(word.encode(), f"\0{self._address[1:]}" if abstract else self._address)
