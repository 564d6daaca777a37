"""The spool on SQLite: WAL with synchronous=FULL, one connection, one transaction a call; it never trusts its own file.

``synchronous=NORMAL`` loses committed rows in a power cut, and two connections meet the WAL-reset bug of SQLite
3.7.0 to 3.51.2; so neither is used. AUTOINCREMENT, because a plain rowid begins again at 1 in an emptied table.
"""

import contextlib
import secrets
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from agent.spool.queue import Backlog, Gap, SpoolFullError, Stored

FORMAT = 1
_HOUR_NS = 3_600_000_000_000
_SCHEMA = """
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
CREATE TABLE IF NOT EXISTS dead_letter (
    sequence INTEGER PRIMARY KEY, at_wall_ns INTEGER NOT NULL, reason TEXT NOT NULL, blob BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_WAITING = (
    "SELECT sequence, stored_wall_ns, crc32, blob FROM record WHERE acknowledged_wall_ns IS NULL ORDER BY sequence "
)


class SpoolSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much the spool may keep."""

    quota_megabytes: int = 200
    keep_acknowledged_hours: float = 48.0
    """So that a collector restored from last night's backup can be refilled."""


class CorruptSpoolError(Exception):
    """The file is not a spool that this release can read."""


class SqliteSpool:
    """See :class:`agent.spool.queue.Spool`."""

    def __init__(self, database: sqlite3.Connection, epoch: str, settings: SpoolSettings) -> None:
        self._database = database
        self._epoch = epoch
        self._keep_ns = int(settings.keep_acknowledged_hours * _HOUR_NS)

    @property
    def epoch(self) -> str:
        """See the promise."""
        return self._epoch

    def put(self, blob: bytes, wall_ns: int) -> int:
        """See the promise; where the quota is reached the oldest records go, acknowledged ones first."""
        for _ in range(64):
            try:
                with self._transaction():
                    return self._insert(blob, wall_ns)
            except sqlite3.OperationalError as error:
                if not self._make_room(len(blob)):
                    raise SpoolFullError(str(error)) from None
        raise SpoolFullError("no room after dropping the oldest records 64 times")

    def newest(self) -> Stored | None:
        """See the promise."""
        for row in self._waiting("DESC"):
            return row
        return None

    def oldest(self, limit: int, budget_bytes: int) -> list[Stored]:
        """See the promise."""
        found: list[Stored] = []
        for stored in self._waiting("ASC"):
            budget_bytes -= len(stored.blob)
            if len(found) == limit or (found and budget_bytes < 0):
                break
            found.append(stored)
        return found

    def acknowledge(self, sequences: list[int], wall_ns: int) -> None:
        """See the promise; what was acknowledged long ago goes in the same transaction."""
        with self._transaction():
            self._database.executemany(
                "UPDATE record SET acknowledged_wall_ns = ? WHERE sequence = ?", [(wall_ns, s) for s in sequences]
            )
            self._database.execute(
                "DELETE FROM record WHERE acknowledged_wall_ns NOT BETWEEN ? AND ?",
                (wall_ns - self._keep_ns, wall_ns + self._keep_ns),
            )

    def reject(self, sequences: list[int], reason: str, wall_ns: int) -> None:
        """See the promise."""
        marks = [(wall_ns, reason, sequence) for sequence in sequences]
        with self._transaction():
            self._database.executemany(
                "INSERT OR IGNORE INTO dead_letter SELECT sequence, ?, ?, blob FROM record WHERE sequence = ?", marks
            )
            self._database.executemany("DELETE FROM record WHERE sequence = ?", [(s,) for s in sequences])

    def backlog(self) -> Backlog:
        """See the promise."""
        row = self._database.execute(
            "SELECT count(*), coalesce(sum(length(blob)), 0), min(stored_wall_ns) FROM record"
            " WHERE acknowledged_wall_ns IS NULL"
        ).fetchone()
        return Backlog(*row)

    def gaps(self) -> list[Gap]:
        """See the promise."""
        rows = self._database.execute("SELECT records, first_sequence, last_sequence FROM gap ORDER BY first_sequence")
        return [Gap(*row) for row in rows]

    def dead_letters(self) -> int:
        """See the promise."""
        return int(self._database.execute("SELECT count(*) FROM dead_letter").fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            raise

    def _insert(self, blob: bytes, wall_ns: int) -> int:
        row = (wall_ns, zlib.crc32(blob), blob)
        cursor = self._database.execute("INSERT INTO record (stored_wall_ns, crc32, blob) VALUES (?, ?, ?)", row)
        return cursor.lastrowid or 0

    def _waiting(self, order: str) -> Iterator[Stored]:
        """Unacknowledged records; one whose checksum fails becomes a gap of one and is passed over."""
        broken: list[int] = []
        try:
            for sequence, stored_wall_ns, crc32, blob in self._database.execute(_WAITING + order):
                if zlib.crc32(blob) == crc32:
                    yield Stored(sequence, stored_wall_ns, blob)
                else:
                    broken.append(sequence)
        finally:
            for sequence in broken:
                with self._transaction():
                    self._lose("WHERE sequence = ?", (sequence,))

    def _make_room(self, wanted: int) -> bool:
        """Drop the oldest acknowledged records, then the oldest of all; False where nothing is left to drop."""
        for condition in ("acknowledged_wall_ns IS NOT NULL", "1"):
            row = self._database.execute(
                f"SELECT sequence, length(blob) FROM record WHERE {condition} ORDER BY sequence LIMIT 64"  # noqa: S608
            ).fetchall()
            freed = last = 0
            for sequence, size in row:
                freed, last = freed + size, sequence
                if freed > 2 * wanted + 64 * 1024:
                    break
            if last:
                with contextlib.suppress(sqlite3.OperationalError), self._transaction():
                    self._lose(f"WHERE {condition} AND sequence <= ?", (last,))
                    return True
        return False

    def _lose(self, where: str, values: tuple[int, ...]) -> None:
        lost = self._database.execute(
            f"SELECT min(sequence), max(sequence), count(*) FROM record {where} AND acknowledged_wall_ns IS NULL",  # noqa: S608
            values,
        ).fetchone()
        self._database.execute(f"DELETE FROM record {where}", values)  # noqa: S608
        if not lost[2]:
            return
        before = self._database.execute(
            "SELECT first_sequence, records FROM gap WHERE last_sequence = ?", (lost[0] - 1,)
        ).fetchone()
        if before is None:
            self._database.execute("INSERT INTO gap VALUES (?, ?, ?)", lost)
        else:
            self._database.execute(
                "UPDATE gap SET last_sequence = ?, records = ? WHERE first_sequence = ?",
                (lost[1], before[1] + lost[2], before[0]),
            )


@contextmanager
def open_sqlite_spool(folder: Path, settings: SpoolSettings) -> Iterator[SqliteSpool]:
    """Open or make the spool in ``folder``; a file that cannot be read is set aside under another name.

    Raises OSError or sqlite3.Error where the folder cannot be written at all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "spool.sqlite"
    try:
        database, epoch = _connect(path, settings)
    except (sqlite3.DatabaseError, CorruptSpoolError):
        _set_aside(path)
        database, epoch = _connect(path, settings)
    with contextlib.closing(database):
        yield SqliteSpool(database, epoch, settings)


def _connect(path: Path, settings: SpoolSettings) -> tuple[sqlite3.Connection, str]:
    database = sqlite3.connect(path, isolation_level=None, timeout=5.0)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA journal_size_limit = 4194304")
        page_bytes = database.execute("PRAGMA page_size").fetchone()[0]
        database.execute(f"PRAGMA max_page_count = {settings.quota_megabytes * 1024 * 1024 // page_bytes}")
        _inspect(database)
        database.executescript(_SCHEMA)
        database.execute(f"PRAGMA user_version = {FORMAT}")
        database.execute("INSERT OR IGNORE INTO fact VALUES ('epoch', ?)", (secrets.token_hex(8),))
        epoch = database.execute("SELECT value FROM fact WHERE name = 'epoch'").fetchone()[0]
    except BaseException:
        database.close()
        raise
    return database, str(epoch)


def _inspect(database: sqlite3.Connection) -> None:
    if database.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise CorruptSpoolError("the file is damaged")
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version not in {0, FORMAT}:
        raise CorruptSpoolError(f"the file has format {version}, this release reads {FORMAT}")


def _set_aside(path: Path) -> None:
    name = f"corrupt-{secrets.token_hex(4)}"
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(path.with_name(f"{path.name}.{name}{suffix}"))
