"""A file with its one connection, opened anew where the disk under it failed; it knows no table."""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.trial import try_disk

_WAIT_SECONDS = 5.0
_PIECE_BYTES = 1024 * 1024
PRAGMAS = ("journal_mode = WAL", "synchronous = FULL")
_OF_NO_USE = frozenset(
    {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL}
)
"""Errors after which an open file may stand on a disk that is gone. One that is full is there, and heals."""


class Database:
    """Ask for :attr:`connection` each time: after trouble it is another one. One thread uses it at a time.

    A connection on a failed disk is closed at once: it would hold the disk when it is to be mended, and write its log
    away under the one that comes after it.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], opened: sqlite3.Connection | None = None) -> None:
        """``connect`` opens the file that is there, raises sqlite3.Error where none is; ``opened`` is the first one."""
        self._connect = connect
        self._open = opened

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection of the moment; raises sqlite3.Error where the file cannot be opened now."""
        if self._open is None:
            self._open = self._connect()
        return self._open

    def execute(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Cursor:
        """Run a statement; raises sqlite3.Error."""
        connection = self.connection
        try:
            return connection.execute(sql, values)
        except sqlite3.Error as error:
            if not connection.in_transaction:
                self._look_at(error)
            raise

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> sqlite3.Cursor:
        """Run a statement for each row, in a transaction of the caller's; raises sqlite3.Error."""
        return self.connection.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, on disk at the end; other programs wait. Raises sqlite3.Error."""
        connection = self.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            self._look_at(error)
            raise

    def close(self) -> None:
        """Close it until somebody asks again."""
        connection, self._open = self._open, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _look_at(self, error: BaseException) -> None:
        if isinstance(error, sqlite3.Error) and _code(error) in _OF_NO_USE:
            self.close()


@contextmanager
def open_database(
    path: Path,
    schema: str,
    *,
    pragmas: Sequence[str] = PRAGMAS,
    wait_seconds: float = _WAIT_SECONDS,
    private: bool = False,
) -> Iterator[Database]:
    """Open or make the file, readable by its owner only where it is ``private``; raises OSError or sqlite3.Error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if private:
        _make_private(path)

    def connect(mode: str = "rw") -> sqlite3.Connection:
        # Once there was a file, an empty one in its place would be taken for all that was ever kept.
        if mode == "rw":
            _try_again(path)
        address = f"{path.absolute().as_uri()}?mode={mode}"
        made = sqlite3.connect(address, wait_seconds, isolation_level=None, check_same_thread=False, uri=True)
        try:
            for pragma in pragmas:
                made.execute(f"PRAGMA {pragma}")
            # It fails where the disk takes no writes: SQLite would be content with reading, and hold it open.
            made.execute("BEGIN IMMEDIATE")
            _write_again(path.with_name(f"{path.name}-wal"))
            made.execute("ROLLBACK")
            if mode == "rwc":
                made.executescript(schema)
        except BaseException:
            made.close()
            raise
        return made

    with contextlib.closing(Database(connect, connect("rwc"))) as database:
        yield database


def _make_private(path: Path) -> None:
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "rb") as file:
        if os.geteuid() == 0:  # a command of root's before the first run of the collector, which is another user
            owner = path.parent.stat()
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)


def _try_again(path: Path) -> None:
    try:
        try_disk(path.parent, f"{path.name}.trial")
    except OSError as error:
        raise sqlite3.OperationalError(f"{path.parent}: {(error.strerror or str(error)).lower()}") from None


def _write_again(log: Path) -> None:
    """Bring the log to the disk once more, as it is read: what a sync could not write is not tried again by the next.

    SQLite takes it for written when it opens the file, and what is committed behind it would be lost with it.
    """
    try:
        with log.open("rb+") as file:
            while piece := file.read(_PIECE_BYTES):
                file.seek(-len(piece), os.SEEK_CUR)
                file.write(piece)
                file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    except OSError as error:
        raise sqlite3.OperationalError(f"{log}: {(error.strerror or str(error)).lower()}") from None


def is_full(error: BaseException) -> bool:
    """Whether the disk, or the limit that was set for the file, has no room."""
    return isinstance(error, sqlite3.Error) and _code(error) == sqlite3.SQLITE_FULL


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
