"""What the disk under the state folder has free, what must stay so, and a ballast that gives way; it stores nothing."""

import asyncio
import errno
import os
from collections.abc import Callable
from pathlib import Path

from shared.ballast import Ballast
from shared.clock import Clock

_MEGABYTE = 1024 * 1024
_BALLAST_BYTES = 16 * _MEGABYTE
"""On a full disk the inbox's log goes into its file before anything can be forgotten; the small files need some too."""
_LOOK_SECONDS = 1.0


class NoRoomError(OSError):
    """Something was not begun, or was given up, because too little would be left for what matters more; one line."""


class Disk:
    """The disk of the state folder; asked by the thread that stores, and looked at all the time."""

    def __init__(self, folder: Path, reserve_bytes: int, ballast_bytes: int = _BALLAST_BYTES) -> None:
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._ballast_bytes = ballast_bytes
        self._ballast = Ballast(folder / "ballast", ballast_bytes)

    def free_bytes(self) -> int:
        """What is free; 0 where the disk does not say."""
        try:
            return free_bytes(self._folder)
        except OSError:
            return 0

    def is_tight(self) -> bool:
        """Whether the reserve is begun: what is not small may grow no more."""
        return self._ballast.overboard or self.free_bytes() < self._reserve_bytes

    def is_full(self) -> bool:
        """Whether there is nothing to speak of: no file may grow."""
        return self._ballast.overboard or self.free_bytes() < self._ballast_bytes

    def give_way(self) -> bool:
        """Drop the ballast where the disk is full; whether that changed anything."""
        return self._ballast.drop()

    def look(self) -> int:
        """Drop the ballast where it is full, take it on where there is room again; gives what is free."""
        if not self._ballast.drop():
            self._ballast.take()
        return self.free_bytes()


async def watch(disk: Disk, clock: Clock, tell: Callable[[float], None]) -> None:
    """Look at the disk until cancelled, and tell what is free."""
    while True:
        tell(await asyncio.to_thread(disk.look))
        await clock.sleep(_LOOK_SECONDS)


def free_bytes(folder: Path) -> int:
    """What a program without privileges may still write; raises OSError."""
    stand = os.statvfs(folder)
    return stand.f_bavail * stand.f_frsize


def demand_room(folder: Path, wanted_bytes: int, reserve_bytes: int, what: str) -> None:
    """Raise :class:`NoRoomError` where ``what`` would leave less than the reserve; raises OSError."""
    free = free_bytes(folder)
    if free - wanted_bytes < reserve_bytes:
        figures = (
            f"{_megabytes(wanted_bytes)} wanted, {_megabytes(free)} free, of which {_megabytes(reserve_bytes)} stay"
        )
        raise NoRoomError(errno.ENOSPC, f"no room for {what}: {figures}", str(folder))


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / _MEGABYTE:.1f} MB"
