"""The nightly work: a backup that was read back, and forgetting what has been kept long enough; it judges nothing."""

import contextlib
import sqlite3
from pathlib import Path
from types import MappingProxyType

from collector.copying import check_copy

_HOUR_NS = 3_600_000_000_000


KINDS = ("inbox", "identity", "people", "journal", "forward", "notify", "inventory", "maintenance")
"""What is copied, where it is there: who forwards nothing has no ``forward``, who tells nobody no ``notify``."""


_SUFFIXES = MappingProxyType({"maintenance": "yaml"})


def backup_name(kind: str, stamp: str) -> str:
    """Name of the copy of one night; names of a kind sort by age."""
    return f"{kind}-{stamp}.{_SUFFIXES.get(kind, 'sqlite')}"


def superfluous(names: list[str], keep: int) -> list[str]:
    """The backups to delete, oldest first."""
    return sorted(names)[: max(0, len(names) - keep)]


def oldest_kept_ns(now_wall_ns: int, hours: float) -> int:
    """Wall time before which bodies are forgotten."""
    return now_wall_ns - int(hours * _HOUR_NS)


def verify_backup(path: Path) -> int:
    """Open a backup, check it and give its number of parcels; raises sqlite3.DatabaseError where it is not good."""
    check_copy(path)
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
        copy.execute("SELECT count(*) FROM seen").fetchone()
        return int(copy.execute("SELECT count(*) FROM parcel").fetchone()[0])
