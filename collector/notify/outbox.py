"""What is to be told and what was, on disk before anybody hears of it: one connection, one thread; it sends nothing."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from collector.copying import Tally, copy_database
from collector.database import Database, open_database
from collector.notify.message import Audience, Note
from collector.notify.plan import Step
from collector.notify.queue import Waiting
from collector.notify.told import Told

_T = TypeVar("_T")
SCHEMA = """
CREATE TABLE IF NOT EXISTS told (
    audience TEXT NOT NULL, number INTEGER NOT NULL, last_ns INTEGER NOT NULL, over INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (audience, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS note (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL, number INTEGER NOT NULL, created_ns INTEGER NOT NULL, body BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, next_ns INTEGER NOT NULL DEFAULT 0,
    result TEXT NOT NULL DEFAULT '', done_ns INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS waiting ON note (channel, id) WHERE result = '';
CREATE TABLE IF NOT EXISTS remark (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    number INTEGER NOT NULL, at_ns INTEGER NOT NULL, person TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS of_incident ON remark (number, id);
CREATE TABLE IF NOT EXISTS trial (
    number INTEGER PRIMARY KEY, began_ns INTEGER NOT NULL, ended_ns INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS born (at_ns INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS proof (channel TEXT PRIMARY KEY, at_ns INTEGER NOT NULL) WITHOUT ROWID;
"""
Result = Literal["told", "merged", "refused", "expired"]


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said of an incident."""

    number: int
    at_ns: int
    person: str
    kind: Literal["acknowledged", "comment"]
    text: str = ""


class Outbox:
    """All notes of all channels."""

    def __init__(self, database: Database, thread: ThreadPoolExecutor) -> None:
        self._database = database
        self._thread = thread

    async def born_ns(self, now_ns: int) -> int:
        """When telling began: now, where this is the first time."""

        def work(database: sqlite3.Connection) -> int:
            row = database.execute("SELECT at_ns FROM born").fetchone()
            if row is None:
                database.execute("INSERT INTO born VALUES (?)", (now_ns,))
            return now_ns if row is None else int(row[0])

        return await self._do(work)

    async def book(self, audience: Audience) -> dict[int, Told]:
        """What an audience knows, by number."""
        rows = await self._rows("SELECT body FROM told WHERE audience = ? ORDER BY number", (audience.value,))
        known = [msgspec.json.decode(body, type=Told) for (body,) in rows]
        return {told.incident.number: told for told in known}

    async def put(self, steps: Sequence[Step], channels: Callable[[Step], Iterable[str]]) -> None:
        """Store all steps, with a note for each of their channels: all or nothing, on disk when this returns."""

        def write(database: sqlite3.Connection) -> None:
            for step in steps:
                _write_told(database, step.audience, step.told)
                body = msgspec.json.encode(step.note)
                number = step.note.incident.number
                database.executemany(
                    "INSERT INTO note (channel, number, created_ns, body) VALUES (?, ?, ?, ?)",
                    [(channel, number, step.note.created_ns, body) for channel in channels(step)],
                )

        await self._do(write)

    async def waiting(self, channel: str) -> list[Waiting]:
        """What a channel has still to tell, oldest first."""
        query = "SELECT id, body, attempts, next_ns FROM note WHERE channel = ? AND result = '' ORDER BY id"
        return [
            Waiting(id=id_, note=msgspec.json.decode(body, type=Note), attempts=attempts, next_ns=next_ns)
            for id_, body, attempts, next_ns in await self._rows(query, (channel,))
        ]

    async def done(self, ids: Sequence[int], result: Result, now_ns: int, why: str = "") -> None:
        """Done with these: the last one has the result, what it said for the others is ``merged``."""
        rows = [(result if result != "told" or each == ids[-1] else "merged", now_ns, why, each) for each in ids]
        query = "UPDATE note SET result = ?, done_ns = ?, why = ? WHERE id = ?"
        await self._do(lambda database: database.executemany(query, rows))

    async def again(self, ids: Sequence[int], next_ns: int, why: str) -> None:
        """These failed and are tried again, not before ``next_ns``."""
        query = "UPDATE note SET attempts = attempts + 1, next_ns = ?, why = ? WHERE id = ?"
        await self._do(lambda database: database.executemany(query, [(next_ns, why, each) for each in ids]))

    async def stands(self, channel: str) -> list[tuple[int, Note]]:
        """The newest note that a standing channel was told of each incident whose end it was not told."""
        query = (
            "SELECT max(id), note.body FROM note JOIN told USING (number)"
            " WHERE channel = ? AND result = 'told' AND audience = ? AND NOT over GROUP BY number ORDER BY number"
        )
        rows = await self._rows(query, (channel, Audience.STANDING.value))
        return [(id_, msgspec.json.decode(body, type=Note)) for id_, body in rows]

    async def remark(self, remark: Remark, told: Told | None = None) -> None:
        """Store what somebody said, and with it what people know of the incident now."""

        def write(database: sqlite3.Connection) -> None:
            values = (remark.number, remark.at_ns, remark.person, remark.kind, remark.text)
            database.execute("INSERT INTO remark (number, at_ns, person, kind, text) VALUES (?, ?, ?, ?, ?)", values)
            if told is not None:
                _write_told(database, Audience.PEOPLE, told)

        await self._do(write)

    async def remarks(self, number: int) -> list[Remark]:
        """What was said of an incident, oldest first."""
        query = "SELECT number, at_ns, person, kind, text FROM remark WHERE number = ? ORDER BY id"
        return [
            Remark(number=number, at_ns=at_ns, person=person, kind=kind, text=text)
            for number, at_ns, person, kind, text in await self._rows(query, (number,))
        ]

    async def taken(self, since_ns: int) -> dict[int, int]:
        """When each incident was first acknowledged, of those that were then or later."""
        query = "SELECT number, min(at_ns) FROM remark WHERE kind = 'acknowledged' AND at_ns >= ? GROUP BY number"
        return dict(await self._rows(query, (since_ns,)))

    async def trials(self, since_ns: int) -> list[tuple[int, int, int | None]]:
        """Number, begin and end of the trials that began then or later, oldest first."""
        return await self._rows("SELECT * FROM trial WHERE began_ns >= ? ORDER BY began_ns", (since_ns,))

    async def put_trial(self, number: int, began_ns: int, ended_ns: int | None) -> None:
        """Begin a trial, or end it."""
        query = "REPLACE INTO trial VALUES (?, ?, ?)"
        await self._do(lambda database: database.execute(query, (number, began_ns, ended_ns)))

    async def prove(self, channel: str, at_ns: int) -> None:
        """A trial came through a channel."""
        query = "INSERT INTO proof VALUES (?, ?) ON CONFLICT DO UPDATE SET at_ns = max(at_ns, excluded.at_ns)"
        await self._do(lambda database: database.execute(query, (channel, at_ns)))

    async def proofs(self) -> Mapping[str, int]:
        """When each channel was last proven."""
        return dict(await self._rows("SELECT channel, at_ns FROM proof", ()))

    async def prune(self, before_ns: int) -> None:
        """Forget notes and stories that were done with before then; remarks stay."""

        def write(database: sqlite3.Connection) -> None:
            database.execute("DELETE FROM note WHERE result != '' AND done_ns < ?", (before_ns,))
            database.execute("DELETE FROM told WHERE over AND last_ns < ?", (before_ns,))
            database.execute("DELETE FROM trial WHERE began_ns < ?", (before_ns,))

        await self._do(write)

    async def copy(self, path: Path) -> Tally:
        """Copy the whole file; raises OSError or sqlite3.Error."""

        def work() -> Tally:
            return copy_database(self._database.connection, path)

        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _rows(self, query: str, values: tuple[object, ...]) -> list[Any]:
        return await self._do(lambda database: database.execute(query, values).fetchall())

    async def _do(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._commit, work)

    def _commit(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        with self._database.transaction() as connection:
            return work(connection)


@asynccontextmanager
async def open_outbox(path: Path) -> AsyncIterator[Outbox]:
    """Open or make the file; raises OSError or sqlite3.Error where it cannot be written."""
    with open_database(path, SCHEMA) as database, ThreadPoolExecutor(1, "notify-outbox") as thread:
        yield Outbox(database, thread)


def _write_told(database: sqlite3.Connection, audience: Audience, told: Told) -> None:
    row = (audience.value, told.incident.number, told.last_ns, told.is_over, msgspec.json.encode(told))
    database.execute("REPLACE INTO told (audience, number, last_ns, over, body) VALUES (?, ?, ?, ?, ?)", row)
