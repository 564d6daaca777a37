"""The files of one night's backup: under other names until all of them are good; it copies nothing itself."""

import os
from pathlib import Path

from collector.calendar.nightly import KINDS, PART, backup_name, leftovers, superfluous
from collector.copying import discard_copy


class Night:
    """Copies with one stamp in one folder."""

    def __init__(self, folder: Path, stamp: str) -> None:
        self._folder = folder
        self._stamp = stamp
        self._kinds: list[str] = []

    def part(self, kind: str) -> Path:
        """Where a copy is made."""
        self._kinds.append(kind)
        return self._folder / f"{backup_name(kind, self._stamp)}{PART}"

    def publish(self) -> None:
        """Give all their names, that by which a night is known the last; raises OSError."""
        for kind in sorted(self._kinds, key=KINDS.index, reverse=True):
            name = backup_name(kind, self._stamp)
            (self._folder / f"{name}{PART}").rename(self._folder / name)
            _sync(self._folder)

    def discard(self) -> None:
        """Leave nothing of it."""
        for kind in self._kinds:
            discard_copy(self._folder / f"{backup_name(kind, self._stamp)}{PART}")


def tidy(folder: Path, keep: int) -> None:
    """Delete what earlier nights left that came to no end, and nights beyond ``keep``, but for the newest one."""
    for name in leftovers(_names(folder)):
        (folder / name).unlink()
    for name in superfluous(_names(folder), keep):
        (folder / name).unlink()


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_file()]


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
