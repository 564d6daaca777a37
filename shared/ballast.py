"""A file that only takes up room: on a full disk SQLite can neither store nor delete until somebody gives way."""

import contextlib
import os
from pathlib import Path


class Ballast:
    """Taken on while the disk has room, dropped when it has none; it counts nothing and never fails."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self._path = path
        self._bytes = size_bytes
        self.overboard = False
        """Whether it had to go and the disk has had no room for it since: nothing may grow."""

    def take(self) -> None:
        """Take it on, where it is not there and would leave twice its size free."""
        if self._path.exists() or self._free_bytes() < 3 * self._bytes:
            return
        with contextlib.suppress(OSError), self._path.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, self._bytes)
            self.overboard = False

    def is_there(self) -> bool:
        """Whether it lies on the disk: it came after the first database of this folder."""
        return self._path.exists()

    def drop(self) -> bool:
        """Give its room to the database if the disk is full; whether that changed anything."""
        if self._free_bytes() >= self._bytes:
            return False
        try:
            self._path.unlink()
        except OSError:
            return False
        self.overboard = True
        return True

    def _free_bytes(self) -> int:
        try:
            stand = os.statvfs(self._path.parent)
        except OSError:
            return 0
        return stand.f_bavail * stand.f_frsize
