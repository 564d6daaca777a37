"""Copies a database by SQLite's backup API on the connection that owns it, for it never opens a second one to it.

A second connection meets the WAL-reset bug of SQLite 3.7.0 to 3.51.2.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from collector.disk import demand_room

_PAGES = 64
Tally = Mapping[str, int]
"""Rows by table; by ``newest TABLE`` the last number that was given out, where a table never gives one twice."""


def copy_database(
    database: sqlite3.Connection,
    path: Path,
    between: Callable[[], None] | None = None,
    *,
    reserve_bytes: int = 0,
    uncounted: Collection[str] = (),
) -> Tally:
    """Make a copy in one file that only its owner can read; raises OSError or sqlite3.Error. In no transaction.

    Gives what was there when it began, but for tables that are ``uncounted``: too large, or emptied on purpose.

    The copy counts once :func:`check_copy` has read it; where it fails nothing of it stays. ``between`` is called
    after every few pages and may write through the connection: the copy has that too. Raises
    :class:`collector.disk.NoRoomError` where less than the reserve would be left, or is left on the way.
    """

    def breathe(*_: int) -> None:
        if reserve_bytes:
            demand_room(path.parent, 0, reserve_bytes, f"the rest of {path.name}")
        if between is not None:
            between()

    demand_room(path.parent, _size(database), reserve_bytes, path.name)
    before = tally(database, uncounted)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with contextlib.closing(sqlite3.connect(path)) as made:
            made.execute("PRAGMA synchronous = OFF")  # check_copy waits for the disk, in a thread that owns nothing
            database.backup(made, pages=_PAGES, progress=breathe)
            made.execute("PRAGMA journal_mode = DELETE")  # one file, which a reader adds nothing to
    except BaseException:
        discard_copy(path)
        raise
    return before


def tally(database: sqlite3.Connection, uncounted: Collection[str] = ()) -> Tally:
    """Count what is there; raises sqlite3.Error."""
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    counted = [name for name in names if not name.startswith("sqlite_") and name not in uncounted]
    found = {name: int(database.execute(f"SELECT count(*) FROM {name}").fetchone()[0]) for name in counted}  # noqa: S608
    if "sqlite_sequence" in names:
        rows = database.execute("SELECT name, seq FROM sqlite_sequence")
        found |= {f"newest {name}": int(newest) for name, newest in rows}
    return found


def discard_copy(path: Path) -> None:
    """Take away a copy, whole or not, with what SQLite put beside it."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        with contextlib.suppress(OSError):
            path.with_name(path.name + suffix).unlink()


def check_copy(path: Path) -> None:
    """Bring a copy to the disk and read all of it; raises OSError, and sqlite3.DatabaseError where it is not good."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as made:
        if made.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError(f"{path} is damaged")


def _size(database: sqlite3.Connection) -> int:
    pages, page_bytes = (database.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "page_size"))
    return int(pages) * int(page_bytes)
