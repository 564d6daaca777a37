"""Cuts the power at a random write of the collector's inbox and opens what the disk then holds; it kills nothing.

The collector's own inbox, its thread and its commits in groups, on a disk that remembers. The image is opened by the
collector's own opener: what was acknowledged must be there, and once, also after the agents have sent all of it again.
"""

import asyncio
import random
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from collector.database import Database
from collector.ingest.inbox import InboxFailedError, Parcel
from collector.ingest.ranges import add
from collector.ingest.shortage import Shortage
from collector.ingest.sqlite import PRAGMAS, SCHEMA, SqliteInbox, open_sqlite_inbox
from lab.prove import Finding, Proof, Trial
from lab.prove.cut_disk import NAME, Connection, Step, image, noting
from shared.wire.digest import add_up

_PARCELS = 70
_RECORDS = 3
_AGENTS = ("a", "b", "c")


def _parcel(number: int) -> Parcel:
    """A few records; every fifth parcel brings again some of one before, as after an answer that was lost."""
    agent, place = _AGENTS[number % 3], number // 3
    first = _RECORDS * place + (0 if place % 5 else -_RECORDS + 1)
    sequences = tuple(range(max(1, first), max(1, first) + _RECORDS))
    body = random.Random(number).randbytes(600)
    return Parcel(agent=agent, epoch="e", sequences=sequences, received_wall_ns=number, body=body, digests=sequences)


class _Forgetful(SqliteInbox):
    """Broken on purpose: it does not know what it has seen."""

    async def store(self, parcel: Parcel) -> frozenset[int]:
        fresh = await super().store(parcel)
        await self._do(lambda database: database.execute("DELETE FROM run"))
        return fresh


@dataclass(frozen=True)
class _Build:
    """An inbox as it is, or broken on purpose."""

    synchronous: str = ""
    early: bool = False
    """Whether it answers before the commit."""
    kind: type[SqliteInbox] = SqliteInbox


_BROKEN = (_Build("NORMAL"), _Build("OFF"), _Build(early=True), _Build(kind=_Forgetful))


def _record(build: _Build) -> list[Step]:
    """Store parcels, several at once; each is noted as told once its store has returned."""
    steps: list[Step] = []
    with tempfile.TemporaryDirectory() as folder, noting(steps):
        asyncio.run(_store_all(Path(folder, NAME), build, steps))
        return list(steps)


async def _store_all(path: Path, build: _Build, steps: list[Step]) -> None:
    under_way: list[int] = []

    def tell(number: int) -> None:
        steps.append(("", "told", number, b""))

    def committing() -> None:
        while build.early and under_way:
            tell(under_way.pop())

    connection = Connection(path, committing, lambda: None)
    database = cast("sqlite3.Connection", connection)
    loosened = (f"synchronous = {build.synchronous}",) if build.synchronous else ()
    for pragma in (*PRAGMAS, *loosened, "wal_autocheckpoint = 24"):
        database.execute(f"PRAGMA {pragma}")
    database.executescript(SCHEMA)
    inbox = build.kind(Database(lambda: database), asyncio.get_running_loop(), Shortage())
    inbox.start()

    async def store(number: int) -> None:
        under_way.append(number)
        await inbox.store(_parcel(number))
        if not build.early:
            tell(number)

    for first in range(0, _PARCELS, len(_AGENTS)):
        await asyncio.gather(*(store(number) for number in range(first, min(_PARCELS, first + len(_AGENTS)))))
    await asyncio.to_thread(inbox.stop)
    connection.close()


async def _look(path: Path, told: set[int]) -> tuple[bool, bool]:
    """Whether something told is not there whole, and whether something is there twice once all came again."""
    async with open_sqlite_inbox(path) as inbox:
        lost = twice = False
        for agent in _AGENTS:
            due = {n for number in told if _parcel(number).agent == agent for n in _parcel(number).sequences}
            seen = await inbox.seen(agent, "e")
            kept = [each for each in await inbox.since(0) if each.agent == agent]
            whole = [n for each in kept if each.body == _parcel(each.received_wall_ns).body for n in each.fresh]
            lost |= bool(due - set(whole)) or seen != add((), whole)
            lost |= tuple(await inbox.blocks(agent, "e")) != tuple(add_up((n, n) for n in whole).values())
        await asyncio.gather(*(inbox.store(_parcel(number)) for number in range(_PARCELS)))
        records = [(each.agent, n) for each in await inbox.since(0) for n in each.fresh]
        twice = len(records) != len(set(records))
        lost |= set(records) != {(_parcel(n).agent, s) for n in range(_PARCELS) for s in _parcel(n).sequences}
    return lost, twice


def prove(trial: Trial) -> Finding:
    """Cut, open, compare with what had been told."""
    draw = random.Random(trial.seed)
    runs = [_record(build) for build in (_BROKEN if trial.sabotage else (_Build(),) * 2)]
    lost = doubled = corrupt = broken = 0
    for number in range(trial.count):
        steps = runs[number % len(runs)]
        born = next(place for place, step in enumerate(steps) if step[1] == "told")
        until = draw.randint(born + 1, len(steps))
        told = {step[2] for step in steps[:until] if step[1] == "told"}
        with tempfile.TemporaryDirectory() as folder:
            for suffix, content in image(steps[:until], draw).items():
                Path(folder, f"{NAME}{suffix}").write_bytes(content)
            try:
                is_lost, is_twice = asyncio.run(_look(Path(folder, NAME), told))
            except (sqlite3.DatabaseError, InboxFailedError, OSError):
                corrupt += 1
                broken += 1
            else:
                lost, doubled, broken = lost + is_lost, doubled + is_twice, broken + (is_lost or is_twice)
    seen = (f"{lost} lost what was told", f"{doubled} hold a record twice", f"{corrupt} corrupt")
    return Finding(trial.count, broken, seen)


_PROMISE = "what the inbox has acknowledged survives a power cut, and is there once"
PROOF = Proof("power-cut-inbox", _PROMISE, 10_000, 200, prove)
