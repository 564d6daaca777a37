"""The inbox on SQLite: one connection in one thread, one commit for all that waits; it answers nobody before that."""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from collector.copying import copy_database
from collector.disk import NoRoomError
from collector.ingest.inbox import (
    InboxBusyError,
    InboxFailedError,
    Parcel,
    StoredParcel,
    TooManyEpochsError,
    TooSparseError,
    fresh_digests,
)
from collector.ingest.ranges import Ranges
from collector.ingest.seen import SCHEMA as SEEN
from collector.ingest.seen import enter, move_in, runs_of
from collector.ingest.stated import SCHEMA as STATED
from collector.ingest.stated import forget_senseless, note_statement, statements
from collector.ingest.summed import SCHEMA as SUMMED
from collector.ingest.summed import sum_up, sums
from shared.wire.reading import Block, Statement

_T = TypeVar("_T")
_QUEUE = 2048
_GROUP = 512
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
SCHEMA = _SCHEMA + SEEN + STATED + SUMMED
PRAGMAS = ("journal_mode = WAL", "synchronous = FULL")
_numbers = msgspec.msgpack.Decoder(tuple[int, ...])


@dataclass(slots=True)
class _Job:
    work: Callable[[sqlite3.Connection], Any]
    answer: "asyncio.Future[Any]"
    alone: bool = False
    """Whether it wants no transaction of ours around it."""


class SqliteInbox:
    """See :class:`collector.ingest.inbox.Inbox`."""

    def __init__(self, database: sqlite3.Connection, loop: asyncio.AbstractEventLoop) -> None:
        self._database = database
        self._loop = loop
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self.failing = ""
        """Why the last commit failed; empty when it did not."""
        self._thread = threading.Thread(target=self._work, name="inbox", daemon=True)

    async def store(self, parcel: Parcel) -> frozenset[int]:
        """See the promise."""
        if self._jobs.qsize() >= _QUEUE:
            raise InboxBusyError(f"{_QUEUE} batches wait for the disk")
        return await self._do(lambda database: _keep(database, parcel))

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
        query = "DELETE FROM parcel WHERE received_wall_ns < ?"
        return int(await self._do(lambda database: database.execute(query, (before_wall_ns,)).rowcount))

    async def backup(self, path: Path, reserve_bytes: int = 0) -> None:
        """Copy the whole file while the inbox is at work: what comes meanwhile is stored between two pieces.

        Raises :class:`collector.disk.NoRoomError` where less than the reserve would be left for the batches.
        """
        copying = partial(copy_database, path=path, between=self._serve, reserve_bytes=reserve_bytes)
        await self._do(copying, alone=True)

    def start(self) -> None:
        """Begin to work; called once, by the opener."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what waits and end the thread."""
        self._jobs.put(None)
        self._thread.join()

    async def _do(self, work: Callable[[sqlite3.Connection], _T], *, alone: bool = False) -> _T:
        answer: asyncio.Future[_T] = self._loop.create_future()
        self._jobs.put(_Job(work, answer, alone))
        return await answer

    def _work(self) -> None:
        going = True
        while going:
            jobs = self._take([self._jobs.get()])
            going = None not in jobs
            self._commit([job for job in jobs if job is not None and not job.alone])
            for job in jobs:
                if job is not None and job.alone:
                    self._work_alone(job)

    def _serve(self) -> None:
        """In the midst of a copy: store what waits; the end and another copy wait for the end of this one."""
        jobs = self._take([])
        self._commit([job for job in jobs if job is not None and not job.alone])
        for job in jobs:
            if job is None or job.alone:
                self._jobs.put(job)

    def _take(self, jobs: "list[_Job | None]") -> "list[_Job | None]":
        with contextlib.suppress(queue.Empty):
            while len(jobs) < _GROUP:
                jobs.append(self._jobs.get_nowait())
        return jobs

    def _work_alone(self, job: _Job) -> None:
        try:
            result = job.work(self._database)
        except NoRoomError as error:
            result = error
        except Exception as error:  # noqa: BLE001 - as in _commit
            result = InboxFailedError(f"the inbox cannot be copied: {error}")
        self._tell([job], [result])

    def _commit(self, group: list[_Job]) -> None:
        if not group:
            return
        try:
            self._database.execute("BEGIN IMMEDIATE")
            results = [self._try(job) for job in group]
            self._database.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - one bad row must not end the only thread that writes
            self.failing = f"the inbox cannot be written: {error}"
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            self._tell(group, [InboxFailedError(self.failing)] * len(group))
        else:
            self.failing = ""
            self._tell(group, results)

    def _try(self, job: _Job) -> Any:
        try:
            return job.work(self._database)
        except (TooManyEpochsError, TooSparseError) as refusal:
            return refusal

    def _tell(self, group: list[_Job], results: list[Any]) -> None:
        def settle() -> None:
            for job, result in zip(group, results, strict=True):
                if job.answer.cancelled():
                    continue
                if isinstance(result, Exception):
                    job.answer.set_exception(result)
                else:
                    job.answer.set_result(result)

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(settle)


@asynccontextmanager
async def open_sqlite_inbox(path: Path) -> AsyncIterator[SqliteInbox]:
    """Open or make the inbox; raises OSError or sqlite3.Error where the file cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    with contextlib.closing(database):
        for pragma in PRAGMAS:
            database.execute(f"PRAGMA {pragma}")
        database.executescript(SCHEMA)
        move_in(database)
        forget_senseless(database)
        inbox = SqliteInbox(database, asyncio.get_running_loop())
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
