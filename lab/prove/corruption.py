"""A spool's file is spoiled in any way: it opens, takes the next record at once, and what is gone is known."""

import contextlib
import random
import shutil
import sqlite3
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

from agent.spool.opening import open_sqlite_spool
from agent.spool.queue import CorruptSpoolError, SpoolError
from agent.spool.quota import SpoolSettings
from lab.prove import Finding, Proof, Trial

_RECORDS = 300
_PLENTY = 10**9
_TOLD_EVERY = 1000
_OPENINGS = 3
_MOST_UNSAID = 2
"""A flipped bit can make a record look acknowledged: its checksum does not cover that mark."""


def _flip(data: bytearray, dice: random.Random) -> None:
    for _ in range(dice.choice((1, 1, 1, 8, 64))):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def _cut(data: bytearray, dice: random.Random) -> None:
    del data[dice.randrange(len(data)) :]


def _zero(data: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(data)) // 512 * 512
    data[at : at + 4096] = bytes(len(data[at : at + 4096]))


def _foreign(data: bytearray, dice: random.Random) -> None:
    data[:] = dice.choice((b"", b"GIF89a" + dice.randbytes(5000), b"SQLite format 3\0" + dice.randbytes(8000)))


_DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (_flip, _flip, _flip, _cut, _zero, _foreign)


def _run(trial: Trial) -> Finding:
    dice = random.Random(trial.seed)
    broken, aside, whole, unsaid = 0, 0, 0, 0
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        good = Path(folder, "good")
        with open_sqlite_spool(good, SpoolSettings()) as spool:
            for number in range(_RECORDS):
                spool.put(_blob(number + 1), number)
            # With the log beside it, as a power cut leaves it.
            shutil.copytree(good, Path(folder, "live"))
        for number in range(trial.count):
            state = Path(folder, "spoiled")
            closed = dice.random() < 0.5
            shutil.copytree(Path(folder, "good" if closed else "live"), state)
            _spoil(state, dice)
            # A log that is spoiled or gone takes with it what had not reached the file: nobody can know of that.
            counted = closed and (state / "spool.sqlite").exists()
            try:
                kept, gone, were_aside = _live(state, counted=counted, careless=trial.sabotage)
                aside, whole, unsaid = aside + were_aside, whole + (kept == _RECORDS), unsaid + gone
            except Exception as error:  # noqa: BLE001 - whatever it is, it would have ended the agent
                broken += 1
                faults.append(f"{type(error).__name__}: {error}") if len(faults) < _OPENINGS else None
            shutil.rmtree(state)
            if number % _TOLD_EVERY == _TOLD_EVERY - 1:
                trial.tell(f"{number + 1:,} spoiled files, {broken} broken")
    seen = (f"{whole:,} kept all records, {aside:,} files set aside, {unsaid} records went without a word", *faults)
    return Finding(trial.count, broken, seen)


def _spoil(state: Path, dice: random.Random) -> None:
    files = [path for path in sorted(state.glob("spool.sqlite*")) if path.stat().st_size]
    path = dice.choice(files)
    if dice.random() < 0.05:
        path.unlink()
        return
    data = bytearray(path.read_bytes())
    dice.choice(_DAMAGES)(data, dice)
    path.write_bytes(data)


def _live(state: Path, *, counted: bool, careless: bool) -> tuple[int, int, int]:
    """Lives of the agent until one holds: records kept, gone without a word, files set aside; raises what breaks."""
    for _ in range(_OPENINGS):
        with contextlib.suppress(CorruptSpoolError):
            kept, unsaid = _life(state, counted=counted, careless=careless)
            return kept, unsaid, len(list(state.glob("spool.sqlite.corrupt-????????")))
    raise SpoolError(f"{_OPENINGS} lives, and none of them could store a record")


def _life(state: Path, *, counted: bool, careless: bool) -> tuple[int, int]:
    with open_sqlite_spool(state, SpoolSettings()) as spool:
        new = spool.put(b"after the damage", 1)
        checked = {stored.sequence: stored.blob for stored in spool.oldest(_PLENTY, _PLENTY)} if not careless else {}
        found = checked or _unchecked(state)
        if found.pop(new, None) != b"after the damage":
            raise SpoolError("what was stored after the damage is not there")
        wrong = [sequence for sequence, blob in found.items() if blob != _blob(sequence)]
        if wrong:
            raise SpoolError(f"record {wrong[0]} is not what was stored")
        lost = sum(gap.records for gap in spool.gaps())
        spool.acknowledge(list(found), 2)
    set_aside = list(state.glob("spool.sqlite.corrupt-????????"))
    unsaid = _RECORDS - len(found) - lost if counted and not set_aside else 0
    if unsaid > _MOST_UNSAID:
        raise SpoolError(f"{unsaid} records went without a word")
    return len(found), unsaid


def _unchecked(state: Path) -> dict[int, bytes]:
    """Broken on purpose: rows as they stand, without a look at their checksums."""
    with contextlib.closing(sqlite3.connect(state / "spool.sqlite")) as database:
        return dict(database.execute("SELECT sequence, blob FROM record"))


def _blob(number: int) -> bytes:
    seed = number.to_bytes(4, "big")
    return seed + zlib.crc32(seed).to_bytes(4, "big") + random.Random(number).randbytes(300)


PROOF = Proof("corruption", "a spoiled spool never stops the agent, and no spoiled record leaves it", 10_000, 400, _run)
