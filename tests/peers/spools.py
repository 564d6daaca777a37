"""Spools by name, for the one contract suite that all of them must pass."""

import errno
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import cast

from agent.spool.memory import MemorySpool
from agent.spool.opening import open_sqlite_spool
from agent.spool.queue import DiskSpool, DoubtfulCommitError, Spool, SpoolError
from agent.spool.quota import SpoolSettings
from agent.spool.shelter import Shelter, open_shelter
from agent.spool.sqlite import SqliteSpool

KINDS = ("memory", "sqlite", "shelter", "flaky")


class FlakySpool(SqliteSpool):
    """A spool on a real file whose disk fails when it is told to; else it is one like any other."""

    disk: "FlakyDisk"

    def put(self, blob: bytes, wall_ns: int) -> int:
        """Before the disk has it, or after."""
        fault, self.disk.fault = self.disk.fault, self.disk.fault if self.disk.lasts else None
        if isinstance(fault, DoubtfulCommitError) and self.disk.stored_all_the_same:
            super().put(blob, wall_ns)
        if fault is not None:
            self.corrupt = not isinstance(fault, SpoolError)
            raise fault
        return super().put(blob, wall_ns)


class FlakyDisk:
    """A folder on a disk that refuses to be opened, or fails at the next record, as it is told."""

    def __init__(self, quota_megabytes: int = 1) -> None:
        self._settings = SpoolSettings(quota_megabytes=quota_megabytes)
        self.refuses = self.stored_all_the_same = self.lasts = False
        self.fault: Exception | None = None
        self.openings = 0

    @contextmanager
    def opening(self, folder: Path) -> Iterator[DiskSpool]:
        """See :data:`agent.spool.elders.Opening`."""
        self.openings += 1
        if self.refuses:
            raise OSError(errno.EIO, "Input/output error")
        with open_sqlite_spool(folder, self._settings) as spool:
            spool.__class__ = FlakySpool
            cast("FlakySpool", spool).disk = self
            yield spool


def sheltered(
    folder: Path, disk: FlakyDisk, tell: Callable[[str, str], None] = lambda *_: None
) -> AbstractContextManager[Shelter]:
    """A shelter on such a disk."""
    return open_shelter(folder, disk.opening, tell)


@contextmanager
def open_spool(kind: str, folder: Path) -> Iterator[Spool]:
    """A spool that holds about a megabyte."""
    if kind == "memory":
        yield MemorySpool(limit_bytes=1024 * 1024)
    elif kind == "shelter":
        with sheltered(folder, FlakyDisk()) as shelter:
            yield shelter
    elif kind == "flaky":
        with FlakyDisk().opening(folder) as spool:
            yield spool
    else:
        with open_sqlite_spool(folder, SpoolSettings(quota_megabytes=1)) as spool:
            yield spool
