"""Spools by name, for the one contract suite that all of them must pass."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.spool.memory import MemorySpool
from agent.spool.opening import open_sqlite_spool
from agent.spool.queue import Spool
from agent.spool.sqlite import SpoolSettings

KINDS = ("memory", "sqlite")


@contextmanager
def open_spool(kind: str, folder: Path) -> Iterator[Spool]:
    """A spool that holds about a megabyte."""
    if kind == "memory":
        yield MemorySpool(limit_bytes=1024 * 1024)
        return
    with open_sqlite_spool(folder, SpoolSettings(quota_megabytes=1)) as spool:
        yield spool
