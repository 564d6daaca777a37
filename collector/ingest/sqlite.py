"""The inbox on SQLite: each record once for ever, by one connection in one thread; no answer comes before a commit."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec

from collector.copying import Tally, copy_database
from collector.database import PRAGMAS as DURABLE
from collector.database import Database, open_database
from collector.ingest.inbox import InboxBusyError, Parcel, StoredParcel, fresh_digests
from collector.ingest.ranges import Ranges
from collector.ingest.seen import SCHEMA as SEEN
from collector.ingest.seen import enter, move_in, runs_of
from collector.ingest.shortage import Shortage
from collector.ingest.stated import SCHEMA as STATED
from collector.ingest.stated import forget_senseless, note_statement, statements
from collector.ingest.summed import SCHEMA as SUMMED
from collector.ingest.summed import sum_up, sums
from collector.ingest.unsure import SCHEMA as UNSURE
from collector.ingest.unsure import Stamps
from collector.ingest.writer import Writer
from shared.wire.reading import Block, Statement

_QUEUE = 2048
_UNCOUNTED = ("parcel", "run", "stated", "block", "unsure")
"""In a copy: agents would wait while the first is counted, and the others lose rows while it is made: two runs become
one when the gap between them is closed."""
_PORTION = 500
"""Parcels that are forgotten in one transaction: agents have their turn between two."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS parcel (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    agent TEXT NOT NULL,
    received_wall_ns INTEGER NOT NULL,
    fresh BLOB NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS by_time ON parcel (received_wall_ns);
"""
SCHEMA = _SCHEMA + SEEN + STATED + SUMMED + UNSURE
# Zeros over what is forgotten would be written once more each, on a full disk too.
PRAGMAS = (*DURABLE, "secure_delete = OFF")
_PRUNE = (
    "DELETE FROM parcel WHERE number IN"
    " (SELECT number FROM parcel WHERE received_wall_ns < ? ORDER BY received_wall_ns LIMIT ?)"
)
_numbers = msgspec.msgpack.Decoder(tuple[int, ...])


class SqliteInbox:
    """See :class:`collector.ingest.inbox.Inbox`."""

    def __init__(self, database: Database, loop: asyncio.AbstractEventLoop, shortage: Shortage) -> None:
        self._shortage = shortage
        self._writer = Writer(database, loop, shortage)
        self._do = self._writer.do
        self.stamps = Stamps(self._do)

    @property
    def failing(self) -> str:
        """Why the last commit failed; empty once something was written again."""
        return self._writer.failing

    def keep_behind(self, reached: Callable[[], int]) -> None:
        """What has a greater number than ``reached`` says is still wanted: it is forgotten early only in need."""
        self._shortage.reached = reached

    async def store(self, parcel: Parcel) -> frozenset[int]:
        """See the promise."""
        if self._writer.waiting >= _QUEUE:
            raise InboxBusyError(f"{_QUEUE} batches wait for the disk")
        return await self._do(lambda database: _keep(database, parcel), size_bytes=len(parcel.body))

    async def since(self, wall_ns: int) -> list[StoredParcel]:
        """See the promise."""
        where = "received_wall_ns >= ? ORDER BY number"
        return await self._do(lambda database: _parcels(database, where, wall_ns))

    async def from_row(self, after: int, limit: int) -> list[StoredParcel]:
        """See the promise."""
        where = "number > ? ORDER BY number LIMIT ?"
        return await self._do(lambda database: _parcels(database, where, after, limit))

    async def extent(self) -> tuple[int, int]:
        """See the promise."""
        return await self._do(_extent)

    async def seen(self, agent: str, epoch: str) -> Ranges:
        """See the promise."""
        return await self._do(lambda database: runs_of(database, agent, epoch))

    async def blocks(self, agent: str, epoch: str) -> tuple[Block, ...]:
        """See the promise."""
        return await self._do(lambda database: sums(database, agent, epoch))

    async def note_statement(self, agent: str, statement: Statement, gone: tuple[str, ...]) -> None:
        """See the promise."""
        await self._do(lambda database: note_statement(database, agent, statement, gone))

    async def statements(self, agent: str) -> list[tuple[Statement, bool]]:
        """See the promise."""
        return await self._do(lambda database: statements(database, agent))

    async def prune(self, before_wall_ns: int) -> int:
        """See the promise."""
        gone, last = 0, _PORTION
        while last == _PORTION:
            last = await self._do(lambda database: database.execute(_PRUNE, (before_wall_ns, _PORTION)).rowcount)
            gone += last
        return gone

    async def backup(self, path: Path, reserve_bytes: int = 0) -> Tally:
        """Copy the whole file while the inbox is at work: what comes meanwhile is stored between two pieces.

        Raises :class:`collector.disk.NoRoomError` where less than the reserve would be left for the batches.
        """
        reserved = partial(copy_database, path=path, between=self._writer.serve, reserve_bytes=reserve_bytes)
        return await self._do(partial(reserved, uncounted=_UNCOUNTED), alone=True)

    def start(self) -> None:
        """Begin to work; called once, by the opener."""
        self._writer.start()

    def stop(self) -> None:
        """Finish what waits and end the thread."""
        self._writer.stop()


@asynccontextmanager
async def open_sqlite_inbox(path: Path, shortage: Shortage | None = None) -> AsyncIterator[SqliteInbox]:
    """Open or make the inbox; raises OSError or sqlite3.Error where the file cannot be written."""
    with open_database(path, SCHEMA, pragmas=PRAGMAS) as database:
        move_in(database.connection)
        forget_senseless(database.connection)
        inbox = SqliteInbox(database, asyncio.get_running_loop(), shortage or Shortage())
        inbox.start()
        try:
            yield inbox
        finally:
            await asyncio.to_thread(inbox.stop)


def _keep(database: sqlite3.Connection, parcel: Parcel) -> frozenset[int]:
    fresh = enter(database, parcel)
    if fresh:
        row = (parcel.agent, parcel.received_wall_ns, msgspec.msgpack.encode(fresh), parcel.body)
        database.execute("INSERT INTO parcel (agent, received_wall_ns, fresh, body) VALUES (?, ?, ?, ?)", row)
        sum_up(database, parcel.agent, parcel.epoch, fresh_digests(parcel, fresh).values())
    return frozenset(fresh)


def _parcels(database: sqlite3.Connection, where: str, *values: int) -> list[StoredParcel]:
    query = f"SELECT number, agent, received_wall_ns, fresh, body FROM parcel WHERE {where}"  # noqa: S608 - ours
    return [
        StoredParcel(number=number, agent=agent, received_wall_ns=received, fresh=_numbers.decode(fresh), body=body)
        for number, agent, received, fresh, body in database.execute(query, values)
    ]


def _extent(database: sqlite3.Connection) -> tuple[int, int]:
    row = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'parcel'").fetchone()
    newest = int(row[0]) if row else 0
    (oldest,) = database.execute("SELECT min(number) FROM parcel").fetchone()
    return (newest + 1 if oldest is None else int(oldest)), newest
