"""The book in a thread of its own for the running collector: one commit for all that waits, nobody answered before."""

import asyncio
import contextlib
import queue
import secrets
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.identity.book import Book, open_book
from collector.identity.pace import KEYS_A_DAY

_GROUP = 512
_QUEUE = 4096
_T = TypeVar("_T")


class IdentityFailedError(Exception):
    """Nothing was decided: too much waits, or the disk refuses."""


@dataclass(slots=True)
class _Job:
    work: Callable[[Book], Any]
    answer: "asyncio.Future[Any]"
    writes: bool


class IdentityRoom:
    """Asks the book from the event loop."""

    def __init__(self, book: Book, loop: asyncio.AbstractEventLoop, seal_key: Ed25519PrivateKey) -> None:
        self.seal_key = seal_key
        """The collector's own key, with which it seals its answers."""
        self._book = book
        self._loop = loop
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="identity", daemon=True)

    async def read(self, work: Callable[[Book], _T]) -> _T:
        """What the book says now, other programs' changes included."""
        return await self._do(work, writes=False)

    async def decide(self, work: Callable[[Book], _T]) -> _T:
        """Do this in a transaction; returns after the commit, or raises :class:`IdentityFailedError`."""
        return await self._do(work, writes=True)

    def start(self) -> None:
        """Begin to work; called once, by the opener."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what waits and end the thread."""
        self._jobs.put(None)
        self._thread.join()

    async def _do(self, work: Callable[[Book], _T], *, writes: bool) -> _T:
        if self._jobs.qsize() >= _QUEUE:
            raise IdentityFailedError(f"{_QUEUE} requests wait for the disk")
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._jobs.put(_Job(work, answer, writes))
        return cast("_T", await answer)

    def _work(self) -> None:
        going = True
        while going:
            jobs = [self._jobs.get()]
            with contextlib.suppress(queue.Empty):
                while len(jobs) < _GROUP:
                    jobs.append(self._jobs.get_nowait())
            going = None not in jobs
            group = [job for job in jobs if job is not None]
            for writes in (False, True):
                self._settle([job for job in group if job.writes is writes], writes=writes)

    def _settle(self, group: list[_Job], *, writes: bool) -> None:
        try:
            with self._book.transaction() if writes and group else contextlib.nullcontext():
                results = [job.work(self._book) for job in group]
        except Exception as error:  # noqa: BLE001 - one bad row must not end the only thread that decides
            if len(group) > 1 and not isinstance(error, sqlite3.OperationalError):
                for job in group:  # nor keep all others out; what the disk itself does is everybody's
                    self._settle([job], writes=writes)
                return
            results = [IdentityFailedError(f"the keys cannot be read or written: {error}")] * len(group)

        def tell() -> None:
            for job, result in zip(group, results, strict=True):
                if not job.answer.cancelled():
                    if isinstance(result, Exception):
                        job.answer.set_exception(result)
                    else:
                        job.answer.set_result(result)

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(tell)


@asynccontextmanager
async def open_identity_room(path: Path, keys_a_day: int = KEYS_A_DAY) -> AsyncIterator[IdentityRoom]:
    """Open or make the book, and the collector's own key in it; raises OSError or sqlite3.Error."""
    with open_book(path, keys_a_day) as book:
        with book.transaction():
            raw = book.fact("seal", Ed25519PrivateKey.generate().private_bytes_raw())
        room = IdentityRoom(book, asyncio.get_running_loop(), Ed25519PrivateKey.from_private_bytes(raw))
        room.start()
        try:
            yield room
        finally:
            await asyncio.to_thread(room.stop)


def draw_chain() -> str:
    """A new random value of a chain, 128 bits."""
    return secrets.token_hex(16)
