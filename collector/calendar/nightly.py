"""The nightly work: a backup that was read back, and forgetting what has been kept long enough; it judges nothing."""

import contextlib
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from types import MappingProxyType

from collector.copying import check_copy

_HOUR_NS = 3_600_000_000_000


KINDS = ("inbox", "identity", "people", "journal", "forward", "notify", "inventory", "maintenance")
"""What is copied, where it is there: who forwards nothing has no ``forward``, who tells nobody no ``notify``."""
PART = ".part"
"""Behind the name of a copy that is not whole yet, or was not read yet."""


_SUFFIXES = MappingProxyType({"maintenance": "yaml"})
_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}")
"""What an operator named otherwise is the operator's."""
_BESIDES = ("-journal", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class NightReport:
    """What is to be told of a night; nothing where all of it was done."""

    not_done: str = ""
    """Why nothing was copied or forgotten."""
    read_back_only: str = ""
    """Why the backup was read back, and not restored beside."""


def backup_name(kind: str, stamp: str) -> str:
    """Name of the copy of one night; names of a kind sort by age."""
    return f"{kind}-{stamp}.{_SUFFIXES.get(kind, 'sqlite')}"


def superfluous(names: Iterable[str], keep: int) -> list[str]:
    """The copies of the oldest nights, where there are more than ``keep``: one night stays in any case."""
    known = [name for name in names if _night(name)]
    nights = sorted(_nights(known))
    old = set(nights[: max(0, len(nights) - max(1, keep))])
    return sorted(name for name in known if _night(name) in old)


def leftovers(names: Iterable[str]) -> list[str]:
    """What a night left that came to no end: copies that are not whole, or of no whole night."""
    known = [name for name in names if _night(name)]
    good = _nights(known)
    return sorted(name for name in known if _is_part(name) or _night(name) not in good)


def newest_night_ns(names: Iterable[str], zone: tzinfo) -> int | None:
    """When the newest night was that came to its end, by the names of its copies; None where there is none."""
    newest = max(_nights([name for name in names if _night(name)]), default=None)
    if newest is None:
        return None
    return int(datetime.strptime(newest, "%Y%m%dT%H%M%S").replace(tzinfo=zone).timestamp()) * 1_000_000_000


def oldest_kept_ns(now_wall_ns: int, hours: float) -> int:
    """Wall time before which bodies are forgotten."""
    return now_wall_ns - int(hours * _HOUR_NS)


def verify_backup(path: Path) -> int:
    """Open a backup, check it and give its number of parcels; raises sqlite3.DatabaseError where it is not good."""
    check_copy(path)
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
        copy.execute("SELECT count(*) FROM run").fetchone()
        return int(copy.execute("SELECT count(*) FROM parcel").fetchone()[0])


def _nights(names: list[str]) -> set[str]:
    """Nights that came to their end: then their inbox is there, which is given its name last."""
    torn = {
        _night(name) for name in names if name.endswith(_BESIDES) and not name.removesuffix("-journal").endswith(PART)
    }
    return {_night(name) for name in names if name == backup_name("inbox", _night(name))} - torn


def _night(name: str) -> str:
    """The stamp in the name of a copy, whole or not; empty where it is none of ours."""
    kind, _, rest = name.partition("-")
    stamp = rest.partition(".")[0]
    return stamp if kind in KINDS and _STAMP.fullmatch(stamp) else ""


def _is_part(name: str) -> bool:
    return PART in name or name.endswith(_BESIDES)
