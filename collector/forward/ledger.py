"""How far each destination has come and what it refused, on disk: one connection, one thread; it sends nothing."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from collector.copying import Tally, copy_database
from collector.database import Database, open_database
from collector.forward.translate import DeadLetter

_T = TypeVar("_T")
_KEPT = 10_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS cursor (
    destination TEXT PRIMARY KEY, number INTEGER NOT NULL, received_wall_ns INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dead_letter (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    destination TEXT NOT NULL,
    refused_wall_ns INTEGER NOT NULL,
    reason TEXT NOT NULL,
    series TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    value REAL,
    detail TEXT NOT NULL
);
"""


class Cursor(msgspec.Struct, frozen=True):
    """Everything up to this parcel of the inbox is done with."""

    number: int = 0
    received_wall_ns: int = 0


class Ledger:
    """Cursors and dead letters of all destinations."""

    def __init__(self, database: Database, thread: ThreadPoolExecutor, kept: int = _KEPT) -> None:
        """``kept`` is how many dead letters stay, the newest of all destinations together."""
        self._database = database
        self._thread = thread
        self._kept = kept
        self._reached: dict[str, int] = {}

    def reached(self) -> int:
        """Up to which parcel every destination has come that asked for its cursor; 0 where none did."""
        return min(self._reached.values(), default=0)

    async def cursor(self, destination: str) -> Cursor:
        """Where to go on; raises sqlite3.Error."""
        query = "SELECT number, received_wall_ns FROM cursor WHERE destination = ?"
        row = await self._do(lambda database: database.execute(query, (destination,)).fetchone())
        found = Cursor(*row) if row else Cursor()
        self._reached[destination] = found.number
        return found

    async def advance(self, destination: str, cursor: Cursor, dead: Sequence[DeadLetter], now_wall_ns: int) -> None:
        """Move the cursor and keep what was refused, both or neither; on disk when this returns."""
        letters = [
            (destination, now_wall_ns, each.reason, each.series, each.at_ms, each.value, each.detail)
            for each in dead[-self._kept :]
        ]

        def write(database: sqlite3.Connection) -> None:
            database.execute("REPLACE INTO cursor VALUES (?, ?, ?)", (destination, *msgspec.structs.astuple(cursor)))
            if letters:
                insert = (
                    "INSERT INTO dead_letter (destination, refused_wall_ns, reason, series, at_ms, value, detail)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)"
                )
                database.executemany(insert, letters)
                most = "DELETE FROM dead_letter WHERE number <= (SELECT max(number) FROM dead_letter) - ?"
                database.execute(most, (self._kept,))

        await self._do(write)
        self._reached[destination] = cursor.number

    async def dead_letters(self, destination: str) -> list[DeadLetter]:
        """What was refused, oldest first."""
        query = "SELECT reason, series, at_ms, value, detail FROM dead_letter WHERE destination = ? ORDER BY number"
        rows = await self._do(lambda database: database.execute(query, (destination,)).fetchall())
        return [
            DeadLetter(
                reason=reason, series=series, at_ms=at_ms, value=float("nan") if value is None else value, detail=d
            )
            for reason, series, at_ms, value, d in rows
        ]

    async def copy(self, path: Path) -> Tally:
        """Copy the whole file; raises OSError or sqlite3.Error."""

        def work() -> Tally:
            return copy_database(self._database.connection, path)

        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _do(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._commit, work)

    def _commit(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        with self._database.transaction() as connection:
            return work(connection)


@asynccontextmanager
async def open_ledger(path: Path) -> AsyncIterator[Ledger]:
    """Open or make the file; raises OSError or sqlite3.Error where it cannot be written."""
    with open_database(path, SCHEMA) as database, ThreadPoolExecutor(1, "forward-ledger") as thread:
        yield Ledger(database, thread)
