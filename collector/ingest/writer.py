"""One thread at the inbox's file: one commit for all that waits, nobody answered before it; it knows no table."""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from collector.database import Database, is_full
from collector.disk import NoRoomError
from collector.ingest.inbox import InboxFailedError, TooManyEpochsError, TooSparseError
from collector.ingest.shortage import Shortage

_T = TypeVar("_T")
_GROUP = 512
_GROUP_BYTES = 4 * 1024 * 1024
_TIGHT_GROUP_BYTES = 512 * 1024
"""Bodies in one commit; on a full disk it must find room in a log that does not grow."""
_TRIES = 4


@dataclass(slots=True)
class _Job:
    work: Callable[[sqlite3.Connection], Any]
    answer: "asyncio.Future[Any]"
    size_bytes: int = 0
    """That it brings, about."""
    alone: bool = False
    """Whether it wants no transaction of ours around it."""


class Writer:
    """Takes work from the event loop, does it in the thread."""

    def __init__(
        self,
        database: Database,
        loop: asyncio.AbstractEventLoop,
        shortage: Shortage,
    ) -> None:
        self._database = database
        self._loop = loop
        self._shortage = shortage
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self.failing = ""
        """Why the last commit failed; empty once something was written again: reading may go on all the while."""
        self._thread = threading.Thread(target=self._work, name="inbox", daemon=True)

    @property
    def waiting(self) -> int:
        """Jobs that nobody has begun."""
        return self._jobs.qsize()

    async def do(self, work: Callable[[sqlite3.Connection], _T], *, size_bytes: int = 0, alone: bool = False) -> _T:
        """Do it in a transaction, or ``alone`` in none; after the commit, or :class:`InboxFailedError`."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._jobs.put(_Job(work, answer, size_bytes, alone))
        try:
            return cast("_T", await answer)
        finally:
            del answer  # an error in it would hold this frame, and with it a whole batch, until the next collection

    def serve(self) -> None:
        """In the midst of a job that is alone: do what waits; the end and another such wait for the end of this one."""
        jobs = self._take([])
        self._commit([job for job in jobs if job is not None and not job.alone])
        for job in jobs:
            if job is None or job.alone:
                self._jobs.put(job)

    def start(self) -> None:
        """Begin to work; called once, by the opener."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what waits and end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        while self._work_once():
            pass

    def _work_once(self) -> bool:
        """Do what waits, or comes first; gives whether to go on. Nothing of it is held while nothing is there to do."""
        jobs = self._take([self._jobs.get()])
        self._commit([job for job in jobs if job is not None and not job.alone])
        for job in jobs:
            if job is not None and job.alone:
                self._work_alone(job)
        return None not in jobs

    def _take(self, jobs: "list[_Job | None]") -> "list[_Job | None]":
        left = _TIGHT_GROUP_BYTES if self._shortage.is_tight() else _GROUP_BYTES
        left -= sum(job.size_bytes for job in jobs if job is not None)
        with contextlib.suppress(queue.Empty):
            while len(jobs) < _GROUP and left > 0:
                job = self._jobs.get_nowait()
                left -= job.size_bytes if job is not None else 0
                jobs.append(job)
        return jobs

    def _work_alone(self, job: _Job) -> None:
        try:
            result = job.work(self._database.connection)
        except NoRoomError as error:
            result = error
        except Exception as error:  # noqa: BLE001 - as in _commit
            result = InboxFailedError(f"the inbox cannot be copied: {error}")
        self._tell([job], [result])

    def _commit(self, group: list[_Job]) -> None:
        if not group:
            return
        try:
            results = self._carry_out(group)
        except Exception as error:  # noqa: BLE001 - one bad row must not end the only thread that writes
            self.failing = f"the inbox cannot be written: {error}"
            self._tell(group, [InboxFailedError(self.failing)] * len(group))
        else:
            self._tell(group, results)

    def _carry_out(self, group: list[_Job]) -> list[Any]:
        """All of it in one transaction; where there is no room for it, what may be forgotten goes first."""
        wanted = sum(job.size_bytes for job in group)
        for left in reversed(range(_TRIES)):
            try:
                self._shortage.limit(self._database)
                with self._database.transaction() as connection:
                    tried = [_tried(job, connection) for job in group]
                if any(written for _, written in tried):
                    self.failing = ""
                return [result for result, _ in tried]
            except Exception as error:
                if not (left and is_full(error) and self._shortage.make_room(self._database, wanted)):
                    raise
        raise AssertionError("the last try raises")

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


def _tried(job: _Job, connection: sqlite3.Connection) -> tuple[Any, bool]:
    """The result or why this one has none, and whether it wrote; what the disk itself does is everybody's, and raised.

    A row that nobody can read must not keep out whoever comes at the same time.
    """
    before = connection.total_changes
    connection.execute("SAVEPOINT job")
    try:
        result = job.work(connection)
    except sqlite3.OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - as in _commit
        connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")
        if isinstance(error, TooManyEpochsError | TooSparseError):
            return error.with_traceback(None), False  # its frames hold it and the whole group
        return InboxFailedError(f"this one cannot be read or written: {error}"), False
    connection.execute("RELEASE job")
    return result, connection.total_changes > before
