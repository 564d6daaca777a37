"""A disk under SQLite (apsw) that remembers each write, and what it holds after a power cut; it judges nothing.

What was not synced at the cut is kept, lost, or torn at 512 bytes, each by itself, in any order.
"""

import random
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

_SECTOR = 512
_VFS = "phusong-power-cut"
NAME = "spool.sqlite"
Step = tuple[str, str, int, bytes]
"""File's suffix, what (``write``, ``truncate``, ``sync``, ``told``), place or number, bytes."""


class _File(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], steps: list[Step]) -> None:
        self._suffix = (name.filename() if isinstance(name, apsw.URIFilename) else str(name)).partition(NAME)[2]
        self._steps = steps
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's names
        self._steps.append((self._suffix, "write", offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._steps.append((self._suffix, "truncate", newsize, b""))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._steps.append((self._suffix, "sync", 0, b""))
        super().xSync(flags)


class Disk(apsw.VFS):
    """Notes what is written, and when it was synced."""

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        super().__init__(_VFS, "")

    def xOpen(self, name: Any, flags: list[int]) -> _File:  # noqa: N802
        """Open a file of SQLite that notes what happens to it."""
        return _File(name, flags, self._steps)


class _Rows:
    """What a statement gave, as ``sqlite3.Cursor`` shows it."""

    def __init__(self, rows: list[Any], connection: apsw.Connection) -> None:
        self._rows = iter(rows)
        self.rowcount = connection.changes()
        self.lastrowid = connection.last_insert_rowid()

    def __iter__(self) -> Iterator[Any]:
        return self._rows

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        return list(self._rows)


class Connection:
    """A connection on such a disk that the programs' own code can use as one of ``sqlite3``, as far as it does."""

    def __init__(self, path: Path, committing: Callable[[], None], committed: Callable[[], None]) -> None:
        """``committing`` is called before each commit of a transaction, ``committed`` after it."""
        self._connection = apsw.Connection(str(path), vfs=_VFS)
        self._committing = committing
        self._committed = committed

    def execute(self, sql: str, values: Iterable[Any] = ()) -> _Rows:
        """Run statements; raises ``sqlite3.OperationalError`` with SQLite's code."""
        is_commit = sql == "COMMIT"
        if is_commit:
            self._committing()
        try:
            rows = _Rows(self._connection.execute(sql, tuple(values)).fetchall(), self._connection)
        except apsw.Error as error:
            told = sqlite3.OperationalError(str(error))
            told.sqlite_errorcode = getattr(error, "result", sqlite3.SQLITE_ERROR)
            raise told from None
        if is_commit:
            self._committed()
        return rows

    def executemany(self, sql: str, rows: Iterable[Iterable[Any]]) -> None:
        """Run a statement for each row."""
        for values in rows:
            self.execute(sql, values)

    def executescript(self, sql: str) -> None:
        """Run statements."""
        self.execute(sql)

    @property
    def total_changes(self) -> int:
        """Rows that were changed since it was opened."""
        return self._connection.total_changes()

    def close(self) -> None:
        """Close it, which writes the log into the file."""
        self._connection.close()


@contextmanager
def noting(steps: list[Step]) -> Iterator[None]:
    """As long as this lasts, connections write what they do into these steps."""
    disk = Disk(steps)
    try:
        yield
    finally:
        disk.unregister()


def image(steps: list[Step], draw: random.Random) -> dict[str, bytearray]:
    """What the disk holds after a cut behind the last of these steps."""
    held: dict[str, bytearray] = {"": bytearray(), "-wal": bytearray()}
    waiting: dict[str, list[Step]] = {"": [], "-wal": []}
    for step in steps:
        if step[0] not in held or step[1] == "told":
            continue
        if step[1] != "sync":
            waiting[step[0]].append(step)
            continue
        for unsynced in waiting[step[0]]:
            _apply(held[step[0]], unsynced)
        waiting[step[0]].clear()
    for suffix, unsynced_steps in waiting.items():
        draw.shuffle(unsynced_steps)
        for unsynced in unsynced_steps:
            if draw.random() < 0.5:
                _apply(held[suffix], unsynced, draw if draw.random() < 0.5 else None)
    return held


def _apply(content: bytearray, step: Step, draw: random.Random | None = None) -> None:
    _, what, place, data = step
    if what == "truncate":
        del content[place:]
        content.extend(bytes(place - len(content)))
        return
    for at in range(0, len(data), _SECTOR):
        if draw is None or draw.random() < 0.5:
            end = place + at + len(data[at : at + _SECTOR])
            content.extend(bytes(max(0, end - len(content))))
            content[place + at : end] = data[at : at + _SECTOR]
