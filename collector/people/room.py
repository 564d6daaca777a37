"""The book of people for the running collector: one thread that reads and writes it, one that compares passwords."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from collector.copying import Tally
from collector.people.book import Book, open_people
from collector.people.chain import Head
from collector.people.passwords import Passwords
from shared.clock import Clock
from shared.logs import Limited

_READS = 1024
_COMPARISONS = 16
"""Comparisons of passwords that wait; each takes 64 MiB and some 0.1 s, one after another."""
_T = TypeVar("_T")


class PeopleFailedError(Exception):
    """Nothing was decided: too much waits, or the disk refuses."""


class PeopleRoom:
    """Asks the book from the event loop."""

    def __init__(self, book: Book, clock: Clock, passwords: Passwords, complain: Limited) -> None:
        self._book = book
        self._clock = clock
        self._passwords = passwords
        self._shelf = _Line("people", _READS, complain)
        self._scales = _Line("passwords", _COMPARISONS, complain)

    async def read(self, work: Callable[[Book], _T]) -> _T:
        """What the book says now, other programs' changes included; raises :class:`PeopleFailedError`."""
        return await self._shelf.do(lambda: work(self._book))

    async def decide(self, work: Callable[[Book], _T]) -> _T:
        """Do this in a transaction; returns after the commit, or raises :class:`PeopleFailedError`."""

        def decided() -> _T:
            with self._book.transaction():
                return work(self._book)

        return await self._shelf.do(decided)

    async def write(self, actor: str, action: str, subject: str = "", detail: str = "") -> Head:
        """Append to the chained log; on disk when it returns, or :class:`PeopleFailedError`.

        ``actor`` is a person's name, ``action`` a few words joined by dashes (``incident-acknowledge``), ``subject``
        what it was done to, ``detail`` the rest; no secrets.
        """
        now_ns = self._clock.wall_ns()
        return await self.decide(lambda book: book.write(now_ns, actor, action, subject, detail))

    async def right(self, made: str | None, password: str) -> bool:
        """See :meth:`Passwords.right`."""
        return await self._scales.do(lambda: self._passwords.right(made, password))

    async def make(self, password: str) -> str:
        """See :meth:`Passwords.make`."""
        return await self._scales.do(lambda: self._passwords.make(password))

    def outdated(self, made: str) -> bool:
        """See :meth:`Passwords.outdated`."""
        return self._passwords.outdated(made)

    async def copy(self, path: Path) -> Tally:
        """See :meth:`Book.copy`."""
        return await self.read(lambda book: book.copy(path))

    def stop(self) -> None:
        """Finish what waits and end the threads."""
        self._scales.stop()
        self._shelf.stop()


class _Line:
    """One thread and a bounded number that wait for it."""

    def __init__(self, name: str, most: int, complain: Limited) -> None:
        self._complain = complain
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._most = most
        self._waiting = 0

    async def do(self, work: Callable[[], _T]) -> _T:
        if self._waiting >= self._most:
            self._complain.warning("people wait", f"{self._most} requests wait already")
            raise PeopleFailedError("too many requests wait already")
        self._waiting += 1
        try:
            # Shielded: what a client that went away began is still carried out as a whole, and still counted.
            going = asyncio.get_running_loop().run_in_executor(self._thread, work)
            going.add_done_callback(self._done)
        except BaseException:
            self._waiting -= 1
            raise
        try:
            return await asyncio.shield(going)
        except (sqlite3.Error, OSError) as error:
            self._complain.warning("the book of people cannot be read or written", str(error))
            raise PeopleFailedError("the book of people cannot be read or written") from None

    def _done(self, going: "asyncio.Future[_T]") -> None:
        self._waiting -= 1
        if not going.cancelled():
            going.exception()

    def stop(self) -> None:
        self._thread.shutdown()


@asynccontextmanager
async def open_people_room(
    path: Path, clock: Clock, log: logging.Logger, passwords: Passwords | None = None
) -> AsyncIterator[PeopleRoom]:
    """Open or make the book; raises OSError or sqlite3.Error."""
    with open_people(path) as book:
        room = PeopleRoom(book, clock, passwords or Passwords(), Limited(log, clock))
        try:
            yield room
        finally:
            await asyncio.to_thread(room.stop)
