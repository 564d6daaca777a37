"""A collector's door under load is killed in the middle, over and over: what it acknowledged is on its disk, once."""

import asyncio
import contextlib
import random
import sqlite3
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from collector.ingest.inbox import Parcel
from collector.ingest.sqlite import SqliteInbox, open_sqlite_inbox
from lab.prove import Finding, Proof, Trial
from lab.prove.forks import Tell, killed_after
from shared.wire.codec import Limits, decode_batch, encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record

_CLIENTS = 20
_RECORDS = 5
_LONGEST_SECONDS = 0.03
_LIVES_A_FILE = 200
_Acknowledged = dict[int, int]
"""Highest acknowledged sequence of each client; a client sends in order and never further than it knows."""


@dataclass
class _Score:
    acknowledged: int = 0
    stored: int = 0
    lost: int = 0
    twice: int = 0
    idle: int = 0
    """Kills before anything was acknowledged: they prove little."""
    damaged: int = 0


def _run(trial: Trial) -> Finding:
    dice, score = random.Random(trial.seed), _Score()
    for done in range(0, trial.count, _LIVES_A_FILE):
        with tempfile.TemporaryDirectory() as folder:
            lives = min(_LIVES_A_FILE, trial.count - done)
            _campaign(
                Path(folder, "inbox.sqlite"),
                [dice.uniform(0.002, _LONGEST_SECONDS) for _ in range(lives)],
                score,
                careless=trial.sabotage,
            )
        trial.tell(f"{done + lives} kills, {score.acknowledged:,} records acknowledged")
    seen = (
        f"{score.acknowledged:,} records acknowledged, {score.stored:,} stored: {score.lost} lost, {score.twice} twice",
        f"{score.idle} kills before anything was acknowledged",
        f"{score.damaged} files damaged",
    )
    return Finding(trial.count, score.lost + score.twice + score.damaged, seen)


def _campaign(path: Path, lives: list[float], score: _Score, *, careless: bool) -> None:
    """Lives of these many seconds on one file, then the file against what was acknowledged."""
    acknowledged: _Acknowledged = dict.fromkeys(range(_CLIENTS), 0)
    for seconds in lives:
        before = sum(acknowledged.values())
        _life(path, acknowledged, seconds, careless=careless)
        score.idle += sum(acknowledged.values()) == before
    stored = asyncio.run(_stored(path))
    with contextlib.closing(sqlite3.connect(path)) as database:
        score.damaged += database.execute("PRAGMA integrity_check").fetchone()[0] != "ok"
    score.acknowledged += sum(acknowledged.values())
    score.stored += len(stored)
    score.lost += sum(
        (client, number) not in stored for client, last in acknowledged.items() for number in range(1, last + 1)
    )
    score.twice += sum(count > 1 for count in stored.values())


def _life(path: Path, acknowledged: _Acknowledged, seconds: float, *, careless: bool) -> None:
    """One process from its fork to its end; what it acknowledged is entered."""

    def work(tell: Tell) -> None:
        asyncio.run(_collect(path, acknowledged, tell, careless=careless))

    for line in killed_after(seconds, work):
        client, last = line.split()
        acknowledged[int(client)] = max(acknowledged[int(client)], int(last))


async def _collect(path: Path, acknowledged: _Acknowledged, tell: Tell, *, careless: bool) -> None:
    """Twenty clients at once; each line in the pipe is an acknowledgement that a client has read."""
    async with open_sqlite_inbox(path) as inbox:
        tell("ready")
        await asyncio.gather(
            *(_client(inbox, client, last + 1, tell, careless=careless) for client, last in acknowledged.items())
        )


async def _client(inbox: SqliteInbox, client: int, first: int, tell: Tell, *, careless: bool) -> None:
    while True:
        numbers = tuple(range(first, first + _RECORDS))
        parcel = Parcel(
            agent=str(client), epoch="e", sequences=numbers, received_wall_ns=first, body=_body(client, numbers)
        )
        if careless:
            tell(f"{client} {numbers[-1]}")
        await inbox.store(parcel)
        if not careless:
            tell(f"{client} {numbers[-1]}")
        first += _RECORDS


def _body(client: int, numbers: tuple[int, ...]) -> bytes:
    reading = Reading("ping", "icmp", "s", "r", "router", Outcome.OK, 1, 1, 1)
    records = tuple(Record(number, Cycle("b", ClockQuality.UNKNOWN, (reading,))) for number in numbers)
    return encode_batch(Batch(str(client), "e", "b", 1, 1, Lane.LIVE, records))


async def _stored(path: Path) -> Counter[tuple[int, int]]:
    """How often each record stands in the inbox, read from the bodies themselves."""
    found: Counter[tuple[int, int]] = Counter()
    async with open_sqlite_inbox(path) as inbox:
        after = 0
        while parcels := await inbox.from_row(after, 200):
            for parcel in parcels:
                after = parcel.number
                fresh = set(parcel.fresh)
                records = decode_batch(parcel.body, Limits()).records
                found.update((int(parcel.agent), one.sequence) for one in records if one.sequence in fresh)
    return found


PROOF = Proof("kill-collector", "acknowledged is never lost: kill -9 of the collector under load", 2_000, 40, _run)
