"""What the disk under the state folder has free, and what must stay so; it writes nothing."""

import errno
import os
from pathlib import Path

_MEGABYTE = 1024 * 1024


class NoRoomError(OSError):
    """Something was not begun, or was given up, because too little would be left for what matters more; one line."""


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
