"""Cuts the power at a random write of the collector's inbox and opens what the disk then holds; it kills nothing.

The file system is that of the spool's power cuts: unsynced writes are kept, lost or torn, in any order. The rows are
written by the inbox's own code; the image is opened by the collector's own opener.
"""

import asyncio
import random
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import apsw

from collector.ingest.inbox import InboxFailedError, Parcel
from collector.ingest.ranges import contains
from collector.ingest.sqlite import SqliteInbox, open_sqlite_inbox
from lab.prove import Finding, Proof, Trial
from lab.prove.power_cut import NAME, Disk, Step, image

_COMMITS = 60


def _parcel(number: int) -> Parcel:
    body = random.Random(number).randbytes(700)
    return Parcel(agent="a", epoch="e", sequences=(2 * number, 2 * number + 1), received_wall_ns=number, body=body)


def _schema() -> str:
    """As the collector makes it, read back from a file of its own."""

    async def make(path: Path) -> None:
        async with open_sqlite_inbox(path):
            pass

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(make(Path(folder, NAME)))
        made = sqlite3.connect(Path(folder, NAME))
        rows = made.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        made.close()
    return ";".join(row[0] for row in rows)


def _record(synchronous: str) -> list[Step]:
    """Keep parcels; each is noted as told once its commit has returned."""
    steps: list[Step] = []
    disk = Disk(steps)
    schema, loop = _schema(), asyncio.new_event_loop()
    with tempfile.TemporaryDirectory() as folder:
        database: Any = apsw.Connection(str(Path(folder, NAME)), vfs="phusong-power-cut")
        for pragma in ("journal_mode = WAL", f"synchronous = {synchronous}", "wal_autocheckpoint = 24"):
            database.execute(f"PRAGMA {pragma}").fetchall()
        database.execute(f"BEGIN IMMEDIATE;{schema};COMMIT").fetchall()
        inbox = SqliteInbox(database, loop)
        for number in range(1, _COMMITS + 1):
            database.execute("BEGIN IMMEDIATE")
            inbox._keep(database, _parcel(number))  # noqa: SLF001 - the inbox's own statements, on a disk of ours
            database.execute("COMMIT")
            steps.append(("", "told", number, b""))
        taken = list(steps)
        database.close()
    loop.close()
    disk.unregister()
    return taken


async def _found(path: Path) -> set[int]:
    """Numbers of the parcels that are there whole, and known as seen."""
    async with open_sqlite_inbox(path) as inbox:
        seen = await inbox.seen("a", "e")
        kept = await inbox.since(0)
    good = {parcel.received_wall_ns for parcel in kept if parcel.body == _parcel(parcel.received_wall_ns).body}
    return {number for number in good if contains(seen, 2 * number) and contains(seen, 2 * number + 1)}


def prove(trial: Trial) -> Finding:
    """Cut, open, compare with what had been told."""
    draw = random.Random(trial.seed)
    runs = [_record(word) for word in (("NORMAL", "OFF") if trial.sabotage else ("FULL",))]
    lost = corrupt = 0
    for number in range(trial.count):
        steps = runs[number % len(runs)]
        born = next(place for place, step in enumerate(steps) if step[1] == "told")
        until = draw.randint(born + 1, len(steps))
        told = {step[2] for step in steps[:until] if step[1] == "told"}
        with tempfile.TemporaryDirectory() as folder:
            for suffix, content in image(steps[:until], draw).items():
                Path(folder, f"{NAME}{suffix}").write_bytes(content)
            try:
                lost += bool(told - asyncio.run(_found(Path(folder, NAME))))
            except (sqlite3.DatabaseError, InboxFailedError, OSError):
                corrupt += 1
    return Finding(trial.count, lost + corrupt, (f"{lost} lost what was told", f"{corrupt} corrupt"))


PROOF = Proof("power-cut-inbox", "what the inbox has acknowledged survives a power cut", 10_000, 200, prove)
