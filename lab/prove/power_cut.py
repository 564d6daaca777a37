"""Cuts the power at a random write of the spool's statements and opens what the disk then holds; it kills nothing.

A file system of its own under SQLite (apsw) notes each write, truncation and sync. What was not synced at the cut is
kept, lost, or torn at 512 bytes, each by itself, in any order. The image is opened by the agent's own spool.
"""

import random
import tempfile
import zlib
from pathlib import Path
from typing import Any

import apsw

from agent.spool.opening import ADDED, PRAGMAS, SCHEMA, open_sqlite_spool
from agent.spool.quota import SpoolSettings
from agent.spool.sqlite import INSERT
from lab.prove import Finding, Proof, Trial

_SECTOR = 512
_COMMITS = 60
NAME = "spool.sqlite"
Step = tuple[str, str, int, bytes]
"""File's suffix, what (``write``, ``truncate``, ``sync``, ``told``), place or number, bytes."""


class _File(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], steps: list[Step]) -> None:
        self._suffix = (name.filename() if isinstance(name, apsw.URIFilename) else str(name)).partition(NAME)[2]
        self._steps = steps
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's names
        self._steps.append((self._suffix, "write", offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._steps.append((self._suffix, "truncate", newsize, b""))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._steps.append((self._suffix, "sync", 0, b""))
        super().xSync(flags)


class Disk(apsw.VFS):
    """Notes what is written, and when it was synced."""

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        super().__init__("phusong-power-cut", "")

    def xOpen(self, name: Any, flags: list[int]) -> _File:  # noqa: N802
        """Open a file of SQLite that notes what happens to it."""
        return _File(name, flags, self._steps)


def _blob(number: int) -> bytes:
    return random.Random(number).randbytes(700)


def _record(synchronous: str) -> list[Step]:
    """Put records by the spool's own statements; each is noted as told once its commit has returned."""
    steps: list[Step] = []
    disk = Disk(steps)
    with tempfile.TemporaryDirectory() as folder:
        database = apsw.Connection(str(Path(folder, NAME)), vfs="phusong-power-cut")
        for pragma in (*PRAGMAS, f"synchronous = {synchronous}", "wal_autocheckpoint = 24"):
            database.execute(f"PRAGMA {pragma}").fetchall()
        database.execute(f"BEGIN IMMEDIATE;{SCHEMA};COMMIT").fetchall()
        for table, column, kind in ADDED:
            database.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
        for number in range(1, _COMMITS + 1):
            blob = _blob(number)
            database.execute("BEGIN IMMEDIATE")
            database.execute(INSERT, (number, zlib.crc32(blob), blob, 0, None))
            database.execute("COMMIT")
            steps.append(("", "told", number, b""))
        taken = list(steps)
        database.close()
    disk.unregister()
    return taken


def image(steps: list[Step], draw: random.Random) -> dict[str, bytearray]:
    """What the disk holds after a cut behind the last of these steps."""
    held: dict[str, bytearray] = {"": bytearray(), "-wal": bytearray()}
    waiting: dict[str, list[Step]] = {"": [], "-wal": []}
    for step in steps:
        if step[0] not in held or step[1] == "told":
            continue
        if step[1] != "sync":
            waiting[step[0]].append(step)
            continue
        for unsynced in waiting[step[0]]:
            _apply(held[step[0]], unsynced)
        waiting[step[0]].clear()
    for suffix, unsynced_steps in waiting.items():
        draw.shuffle(unsynced_steps)
        for unsynced in unsynced_steps:
            if draw.random() < 0.5:
                _apply(held[suffix], unsynced, draw if draw.random() < 0.5 else None)
    return held


def _apply(content: bytearray, step: Step, draw: random.Random | None = None) -> None:
    _, what, place, data = step
    if what == "truncate":
        del content[place:]
        content.extend(bytes(place - len(content)))
        return
    for at in range(0, len(data), _SECTOR):
        if draw is None or draw.random() < 0.5:
            end = place + at + len(data[at : at + _SECTOR])
            content.extend(bytes(max(0, end - len(content))))
            content[place + at : end] = data[at : at + _SECTOR]


def prove(trial: Trial) -> Finding:
    """Cut, open, compare with what had been told."""
    draw = random.Random(trial.seed)
    runs = [_record(word) for word in (("NORMAL", "OFF") if trial.sabotage else ("FULL",))]
    lost = corrupt = 0
    with tempfile.TemporaryDirectory() as name:
        for number in range(trial.count):
            steps = runs[number % len(runs)]
            born = next(place for place, step in enumerate(steps) if step[1] == "told")
            until = draw.randint(born + 1, len(steps))
            told = {step[2] for step in steps[:until] if step[1] == "told"}
            folder = Path(name, str(number))
            folder.mkdir()
            for suffix, content in image(steps[:until], draw).items():
                (folder / f"{NAME}{suffix}").write_bytes(content)
            with open_sqlite_spool(folder, SpoolSettings()) as spool:
                found = {
                    stored.sequence for stored in spool.oldest(10**6, 10**9) if stored.blob == _blob(stored.sequence)
                }
            spoiled = any(folder.glob("*corrupt*"))
            corrupt += spoiled
            lost += bool(told - found) and not spoiled
            for file in folder.iterdir():
                file.unlink()
            folder.rmdir()
    return Finding(trial.count, lost + corrupt, (f"{lost} lost what was told", f"{corrupt} corrupt"))


PROOF = Proof("power-cut", "what the spool has stored survives a power cut", 10_000, 200, prove)
