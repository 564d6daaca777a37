"""Opens the spool's file and sets a damaged one aside; it never repairs one."""

import contextlib
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.spool.aside import set_aside
from agent.spool.faults import is_damage
from agent.spool.packing import Shapes
from agent.spool.queue import CorruptSpoolError, is_epoch
from agent.spool.quota import SpoolSettings
from agent.spool.shelf import load_shapes
from agent.spool.sqlite import SqliteSpool
from agent.spool.tally import renew
from shared.ballast import Ballast

BALLAST_BYTES = 4 * 1024 * 1024
FORMAT = 2
_READABLE_BY = 2
"""The oldest format's release that may read and write our file; a newer release that only adds to it leaves this."""
# A record is some hundred bytes: small pages let a commit write few bytes besides; only a new file takes the size.
# What is not in the database's file yet must fit into the ballast when the disk is full.
PRAGMAS = (
    "page_size = 2048",
    "journal_mode = WAL",
    "synchronous = FULL",
    "journal_size_limit = 4194304",
    "wal_autocheckpoint = 1024",
)
ADDED = (
    ("record", "packing", "INTEGER NOT NULL DEFAULT 0"),
    ("gap", "first_wall_ns", "INTEGER"),
    ("gap", "last_wall_ns", "INTEGER"),
    ("record", "digest", "INTEGER"),
)
"""Columns that came after format 1, which had neither shapes nor times of gaps nor digests."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again, even once the table is empty
    stored_wall_ns INTEGER NOT NULL,
    crc32 INTEGER NOT NULL,
    acknowledged_wall_ns INTEGER,
    blob BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS waiting ON record (sequence) WHERE acknowledged_wall_ns IS NULL;
CREATE TABLE IF NOT EXISTS gap (
    first_sequence INTEGER PRIMARY KEY, last_sequence INTEGER NOT NULL, records INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS elder_gap (  -- losses of stores that are no more
    epoch TEXT NOT NULL, first_sequence INTEGER NOT NULL, last_sequence INTEGER NOT NULL, records INTEGER NOT NULL,
    first_wall_ns INTEGER, last_wall_ns INTEGER, PRIMARY KEY (epoch, first_sequence)
);
CREATE TABLE IF NOT EXISTS dead_letter (
    sequence INTEGER PRIMARY KEY, at_wall_ns INTEGER NOT NULL, reason TEXT NOT NULL, blob BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS shape (number INTEGER PRIMARY KEY, crc32 INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS shape_again (number INTEGER PRIMARY KEY, crc32 INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS tally (block INTEGER PRIMARY KEY, records INTEGER NOT NULL, digest INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@contextmanager
def open_sqlite_spool(
    folder: Path, settings: SpoolSettings, tell: Callable[[str, str], None] = lambda *_: None
) -> Iterator[SqliteSpool]:
    """Open or make the spool in ``folder``; a file that cannot be read is set aside under another name.

    ``tell`` takes what happened and why.
    Raises OSError or sqlite3.Error where the folder cannot be written at all, or another agent holds the spool.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "spool.sqlite"
    ballast = Ballast(folder / "ballast", BALLAST_BYTES)
    database, epoch, shapes = _open(path, settings, ballast, tell)
    ballast.take()
    spool = SqliteSpool(database, epoch, shapes, settings, ballast)
    try:
        yield spool
    finally:
        database.close()
        if spool.corrupt:
            set_aside(path, settings.quota_bytes)


def _open(
    path: Path, settings: SpoolSettings, ballast: Ballast, tell: Callable[[str, str], None]
) -> tuple[sqlite3.Connection, str, Shapes]:
    try:
        _look_for_emptied(path, ballast)
        return _connect(path, settings)
    except (CorruptSpoolError, sqlite3.Error, UnicodeDecodeError) as error:
        if isinstance(error, CorruptSpoolError) or is_damage(error):
            set_aside(path, settings.quota_bytes)
            tell("the spool cannot be read: it is set aside and a new one begun", str(error))
        elif not ballast.drop():
            raise
    return _connect(path, settings)


def _look_for_emptied(path: Path, ballast: Ballast) -> None:
    """SQLite takes an empty file for a new one; the ballast tells that there was a spool in it."""
    with contextlib.suppress(OSError):
        if ballast.is_there() and path.stat().st_size == 0:
            raise CorruptSpoolError("the file is empty, and was not")


def _connect(path: Path, settings: SpoolSettings) -> tuple[sqlite3.Connection, str, Shapes]:
    database = sqlite3.connect(path, isolation_level=None, timeout=5.0)
    try:
        for pragma in PRAGMAS:
            database.execute(f"PRAGMA {pragma}")
        page_bytes = database.execute("PRAGMA page_size").fetchone()[0]
        database.execute(f"PRAGMA max_page_count = {settings.quota_bytes // page_bytes}")
        _inspect(database)
        migrate(database)
        epoch = _epoch(database)
        shapes = load_shapes(database)
    except BaseException:
        database.close()
        raise
    return database, epoch, shapes


def _inspect(database: sqlite3.Connection) -> None:
    if database.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise CorruptSpoolError("the file is damaged")
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version > FORMAT:
        told = database.execute("SELECT value FROM fact WHERE name = 'readable_by'").fetchone()
        if told is None or not told[0].isdecimal() or int(told[0]) > FORMAT:
            raise CorruptSpoolError(f"the file has format {version}, this release reads {FORMAT}")


def _epoch(database: sqlite3.Connection) -> str:
    epoch = database.execute("SELECT value FROM fact WHERE name = 'epoch'").fetchone()[0]
    if not is_epoch(epoch):
        raise CorruptSpoolError("the name of the file's epoch is damaged")
    return str(epoch)


def migrate(database: sqlite3.Connection) -> None:
    """Only ever add, in one transaction: a cut in the middle leaves the file as it was."""
    database.executescript(f"BEGIN IMMEDIATE;{SCHEMA}")
    for table, column, kind in ADDED:
        if column not in {row[1] for row in database.execute(f"PRAGMA table_info({table})")}:
            database.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
    database.execute("INSERT OR IGNORE INTO fact VALUES ('epoch', ?)", (secrets.token_hex(8),))
    renew(database)
    if database.execute("PRAGMA user_version").fetchone()[0] < FORMAT:
        database.execute("INSERT OR REPLACE INTO fact VALUES ('readable_by', ?)", (str(_READABLE_BY),))
        database.execute(f"PRAGMA user_version = {FORMAT}")
    database.execute("COMMIT")
