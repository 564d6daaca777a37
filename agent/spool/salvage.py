"""Reads what can still be read of a damaged spool's file; it changes nothing in it, and never fails."""

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from agent.spool.packing import Shapes
from agent.spool.queue import Estate, Gap, Stored, is_epoch
from agent.spool.shelf import load_shapes, whole

_KEPT_BYTES = 16 * 1024 * 1024
"""As much as memory would hold; the newest are worth more than the oldest."""
_MOST_LEAPS, _LONGEST_LEAP = 2000, 256
_UNREADABLE = (sqlite3.Error, UnicodeDecodeError, ValueError, TypeError, OverflowError)
_ROW = "SELECT stored_wall_ns, crc32, blob, packing FROM record WHERE sequence = ?"


def salvage(path: Path) -> Estate | None:
    """The newest records that waited and are whole, and the others as losses; None where nothing can be told."""
    with contextlib.suppress(*_UNREADABLE), closing(_opened(path)) as database:
        epoch = database.execute("SELECT value FROM fact WHERE name = 'epoch'").fetchone()[0]
        last = int(database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'record'").fetchone()[0])
        if is_epoch(epoch) and 0 < last < 2**62:
            return _estate(database, epoch, last)
    return None


def _opened(path: Path) -> sqlite3.Connection:
    """With its log where that can be read, otherwise without."""
    place = quote(str(path.absolute()))
    database = sqlite3.connect(f"file:{place}?mode=ro", uri=True, isolation_level=None, timeout=0)
    try:
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except _UNREADABLE:
        database.close()
        return sqlite3.connect(f"file:{place}?immutable=1", uri=True, isolation_level=None, timeout=0)
    return database


def _estate(database: sqlite3.Connection, epoch: str, last: int) -> Estate:
    shapes = Shapes()
    with contextlib.suppress(*_UNREADABLE):
        shapes = load_shapes(database)
    marks = dict(_marks(database, last))
    found: list[Stored] = []
    room = _KEPT_BYTES
    for sequence in sorted((number for number, done in marks.items() if not done), reverse=True):
        stored = _read(database, sequence, shapes)
        if stored is not None:
            room -= len(stored.blob)
            if room < 0:
                break
            found.append(stored)
    known = {stored.sequence for stored in found} | {number for number, done in marks.items() if done}
    first = min(marks, default=last + 1)
    return Estate(epoch, last, tuple(reversed(found)), tuple(_gaps(first, last, sorted(known))), {})


def _marks(database: sqlite3.Connection, last: int) -> Iterator[tuple[int, bool]]:
    """Which records there are, and whether each was acknowledged; over what cannot be read it leaps."""
    at, leap = 0, 1
    for _ in range(_MOST_LEAPS):
        try:
            query = "SELECT sequence, acknowledged_wall_ns FROM record WHERE sequence > ? ORDER BY sequence"
            for sequence, acknowledged_wall_ns in database.execute(query, (at,)):
                if not at < sequence <= last:
                    raise ValueError(sequence)
                at, leap = sequence, 1
                yield sequence, acknowledged_wall_ns is not None
        except _UNREADABLE:
            at, leap = at + leap, min(2 * leap, _LONGEST_LEAP)
        else:
            return


def _read(database: sqlite3.Connection, sequence: int, shapes: Shapes) -> Stored | None:
    with contextlib.suppress(*_UNREADABLE):
        stored_wall_ns, crc32, kept, packing = database.execute(_ROW, (sequence,)).fetchone()
        blob = whole(kept, crc32, packing, shapes)
        if blob is not None and isinstance(stored_wall_ns, int):
            return Stored(sequence, stored_wall_ns, blob)
    return None


def _gaps(first: int, last: int, known: list[int]) -> Iterator[Gap]:
    """Runs of what is neither kept nor was acknowledged, from the first record of which anything is known."""
    expected = first
    for sequence in (*known, last + 1):
        if sequence > expected:
            yield Gap(sequence - expected, expected, sequence - 1)
        expected = sequence + 1
