"""Cuts the power at a random write of the collector's smaller files and opens what a disk then holds; it kills nothing.

Journal, outbox of messages, ledger of forwarding, people and keys live their lives on a disk that remembers. An image
is opened by each one's own opener, and must hold, row by row, what was there after the last commit before the cut, or
after the one that was under way: no half of a decision, and nothing of it undone.
"""

import asyncio
import random
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from collector.database import PRAGMAS, Database
from collector.forward.ledger import SCHEMA as LEDGER
from collector.forward.ledger import Ledger, open_ledger
from collector.identity.book import SCHEMA as KEYS
from collector.identity.book import Book as Keys
from collector.identity.book import open_book
from collector.journal.sqlite import SCHEMA as JOURNAL
from collector.journal.sqlite import SqliteJournal, open_sqlite_journal
from collector.notify.outbox import SCHEMA as OUTBOX
from collector.notify.outbox import Outbox, open_outbox
from collector.people.book import SCHEMA as PEOPLE
from collector.people.book import Book as People
from collector.people.book import open_people
from lab.prove import Finding, Proof, Trial
from lab.prove.book_lives import forward, know_machines, know_people, remember, tell
from lab.prove.cut_disk import NAME, Connection, Step, image, noting

_ACTS = 40
_State = tuple[tuple[str, tuple[tuple[Any, ...], ...]], ...]


@dataclass(frozen=True)
class _Book:
    """A file of the collector's: its tables, how its room is made over a database, one act of it, and its opener."""

    schema: str
    live: Callable[[Database, ThreadPoolExecutor, random.Random, int], Coroutine[Any, Any, None]]
    open: Callable[[Path], Coroutine[Any, Any, None]]


@dataclass
class _Run:
    """What was written, and what was there after each commit."""

    name: str
    steps: list[Step] = field(default_factory=list)
    states: list[_State] = field(default_factory=list)


async def _open_plainly(opener: Callable[[Path], Any], path: Path) -> None:
    with opener(path):
        pass


async def _open_waiting(opener: Callable[[Path], Any], path: Path) -> None:
    async with opener(path):
        pass


async def _journal(file: Database, _: ThreadPoolExecutor, dice: random.Random, number: int) -> None:
    remember(SqliteJournal(file), dice, number)


async def _outbox(file: Database, thread: ThreadPoolExecutor, dice: random.Random, number: int) -> None:
    await tell(Outbox(file, thread), dice, number)


async def _ledger(file: Database, thread: ThreadPoolExecutor, dice: random.Random, number: int) -> None:
    await forward(Ledger(file, thread, kept=20), dice, number)


async def _people(file: Database, _: ThreadPoolExecutor, dice: random.Random, number: int) -> None:
    know_people(People(file), dice, number)


async def _keys(file: Database, _: ThreadPoolExecutor, dice: random.Random, number: int) -> None:
    know_machines(Keys(file), dice, number)


_BOOKS: Mapping[str, _Book] = MappingProxyType(
    {
        "journal": _Book(JOURNAL, _journal, partial(_open_plainly, open_sqlite_journal)),
        "notify": _Book(OUTBOX, _outbox, partial(_open_waiting, open_outbox)),
        "forward": _Book(LEDGER, _ledger, partial(_open_waiting, open_ledger)),
        "people": _Book(PEOPLE, _people, partial(_open_plainly, open_people)),
        "identity": _Book(KEYS, _keys, partial(_open_plainly, open_book)),
    }
)


def _state(rows: Callable[[str], list[tuple[Any, ...]]]) -> _State:
    """Every row of every table."""
    tables = [name for (name,) in rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return tuple((name, tuple(sorted(rows(f"SELECT * FROM {name}"), key=repr))) for name in tables)  # noqa: S608


def _record(name: str, seed: int, synchronous: str, *, early: bool) -> _Run:
    """A life of some forty acts; ``early`` tells of a commit before it was made."""
    run, dice, opened = _Run(name), random.Random(seed), list[Connection]()

    def told() -> None:
        run.steps.append(("", "told", len(run.states), b""))

    def committing() -> None:
        if opened and early:
            told()

    def committed() -> None:
        if opened:
            run.states.append(_state(lambda sql: [tuple(row) for row in opened[0].execute(sql)]))
            if not early:
                told()

    with tempfile.TemporaryDirectory() as folder, noting(run.steps), ThreadPoolExecutor(1) as thread:
        connection = Connection(Path(folder, NAME), committing, committed)
        loosened = (f"synchronous = {synchronous}",) if synchronous else ()
        for pragma in (*PRAGMAS, *loosened, "wal_autocheckpoint = 12"):
            connection.execute(f"PRAGMA {pragma}")
        connection.executescript(_BOOKS[name].schema)
        opened.append(connection)
        file = Database(lambda: cast("sqlite3.Connection", connection))
        asyncio.run(_live(_BOOKS[name], file, thread, dice))
        opened.clear()
        run.steps = list(run.steps)
        connection.close()
    return run


async def _live(book: _Book, file: Database, thread: ThreadPoolExecutor, dice: random.Random) -> None:
    for number in range(1, _ACTS + 1):
        await book.live(file, thread, dice, number)


def _found(run: _Run, steps: list[Step], draw: random.Random) -> _State:
    """What the book's opener makes of the disk's image; raises sqlite3.Error."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, NAME)
        for suffix, content in image(steps, draw).items():
            path.with_name(NAME + suffix).write_bytes(content)
        asyncio.run(_BOOKS[run.name].open(path))
        with closing(sqlite3.connect(path)) as database:
            if database.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("damaged")
            return _state(lambda sql: database.execute(sql).fetchall())


def prove(trial: Trial) -> Finding:
    """Cut, open, compare with what was there."""
    draw = random.Random(trial.seed)
    builds = [("NORMAL", False), ("OFF", False), ("", True)] if trial.sabotage else [("", False)] * 2
    runs = [
        _record(name, trial.seed + n, *build[:1], early=build[1]) for n, build in enumerate(builds) for name in _BOOKS
    ]
    broken, corrupt = Counter[str](), Counter[str]()
    for number in range(trial.count):
        run = runs[number % len(runs)]
        marks = [place for place, step in enumerate(run.steps) if step[1] == "told"]
        until = draw.randint(marks[0] + 1, len(run.steps))
        known = sum(mark < until for mark in marks)
        try:
            found = _found(run, run.steps[:until], draw)
        except sqlite3.DatabaseError:
            corrupt[run.name] += 1
        else:
            broken[run.name] += found not in run.states[known - 1 : known + 1]
    seen = (
        f"{broken.total()} undone or half done{_where(broken)}",
        f"{corrupt.total()} corrupt{_where(corrupt)}",
        f"{sum(len(run.states) for run in runs)} commits in {len(runs)} lives of {', '.join(_BOOKS)}",
    )
    return Finding(trial.count, broken.total() + corrupt.total(), seen)


def _where(counted: Counter[str]) -> str:
    return "".join(f", {count} {name}" for name, count in counted.most_common() if count)


_PROMISE = "what journal, outbox, ledger, people and keys have committed survives a power cut whole"
PROOF = Proof("power-cut-books", _PROMISE, 10_000, 150, prove)
