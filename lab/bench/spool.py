"""Commits of a cycle with FULL sync, reading back, and a month's size, beside plain SQLite; it judges nothing."""

import json
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from agent.spool.opening import open_sqlite_spool
from agent.spool.quota import SpoolSettings
from agent.spool.sqlite import SqliteSpool
from lab.bench import Bench, Table
from lab.cycles import cycles_of
from shared.clock import SystemClock
from shared.wire.codec import Limits, decode_cycle, encode_cycle
from shared.wire.reading import ClockQuality, Cycle, Reading

_CYCLES = 3000
_A_MONTH = 30 * 8640
_PLENTY = 10**12
_MEGABYTE = 1024 * 1024


class _Store(Protocol):
    def put(self, cycle: Cycle) -> None:
        """Durable when it returns."""
        ...

    def read(self) -> int:
        """Read and decode all; gives how many readings there were."""
        ...


class _Ours:
    def __init__(self, spool: SqliteSpool) -> None:
        self._spool = spool

    def put(self, cycle: Cycle) -> None:
        self._spool.put(encode_cycle(cycle), time.time_ns())

    def read(self) -> int:
        found = self._spool.oldest(_PLENTY, _PLENTY)
        return sum(len(decode_cycle(stored.blob, Limits()).readings) for stored in found)


class _Plain:
    """WAL and FULL as well: what one would write in ten lines."""

    create = "CREATE TABLE record (id INTEGER PRIMARY KEY, at INTEGER, body BLOB)"
    insert = "INSERT INTO record (at, body) VALUES (?, ?)"

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", self.create):
            database.execute(statement)

    def put(self, cycle: Cycle) -> None:
        self._database.execute("BEGIN")
        self._database.executemany(self.insert, [(time.time_ns(), body) for body in self.bodies(cycle)])
        self._database.execute("COMMIT")

    def bodies(self, cycle: Cycle) -> list[bytes]:
        return [encode_cycle(cycle)]

    def read(self) -> int:
        rows = self._database.execute("SELECT body FROM record ORDER BY id")
        return sum(len(decode_cycle(body, Limits()).readings) for (body,) in rows)


class _Rows(_Plain):
    """A row of JSON a reading."""

    def bodies(self, cycle: Cycle) -> list[bytes]:
        return [json.dumps(msgspec.to_builtins(_named(reading))).encode() for reading in cycle.readings]

    def read(self) -> int:
        return sum(bool(json.loads(body)) for (body,) in self._database.execute("SELECT body FROM record ORDER BY id"))


@dataclass
class _Seen:
    """What one store showed."""

    took: list[float] = field(default_factory=list)
    """Seconds of each commit."""
    read_seconds: float = 0.0
    file_bytes: int = 0

    def row(self, kind: str, readings: int) -> tuple[str, ...]:
        ordered = sorted(self.took)
        return (
            kind,
            f"{1e3 * statistics.median(ordered):.2f} / {1e3 * ordered[len(ordered) * 99 // 100]:.2f}",
            f"{1e6 * sum(ordered) / readings:.0f}",
            f"{1e6 * self.read_seconds / readings:.0f}",
            f"{self.file_bytes / readings:.0f}",
            f"{self.file_bytes / _CYCLES * _A_MONTH / _MEGABYTE:.0f}",
        )


def run(say: Callable[[str], None]) -> Table:
    """The same cycles into each store in turn, so that the disk's moods strike all alike."""
    with tempfile.TemporaryDirectory() as name:
        seen, readings = _measured(Path(name), say)
    about = f"{_CYCLES:,} cycles, {readings:,} readings: ten targets pinged, each sixth a router of 48 interfaces."
    aim = "Aim: 30 days within 200 MB, extrapolated here; `python -m lab.prove month-offline` fills them for real."
    return Table(
        title="Spool: a cycle committed with FULL sync",
        columns=(
            "store",
            "commit p50 / p99 ms",
            "µs a reading",
            "read back, µs a reading",
            "bytes a reading",
            "30 days offline, MB",
        ),
        rows=tuple(seen[kind].row(kind, readings) for kind in _KINDS),
        notes=(about, aim),
    )


def _measured(folder: Path, say: Callable[[str], None]) -> tuple[dict[str, _Seen], int]:
    clock, dice, readings = SystemClock(), random.Random(7), 0
    seen = {kind: _Seen() for kind in _KINDS}
    folders = {kind: folder / str(number) for number, kind in enumerate(_KINDS)}
    with ExitStack() as stack:
        stores = {kind: stack.enter_context(_opened(kind, folders[kind])) for kind in _KINDS}
        for number, found in cycles_of("s1", clock, dice, _CYCLES):
            cycle = Cycle(clock.boot_id(), ClockQuality.SYNCHRONISED, found)
            readings += len(found)
            for kind in dice.sample(_KINDS, len(_KINDS)):
                begun = time.perf_counter()
                stores[kind].put(cycle)
                seen[kind].took.append(time.perf_counter() - begun)
            if number % 1000 == 0:
                say(f"{number} cycles of {_CYCLES}")
        for kind, store in stores.items():
            seen[kind].read_seconds = _timed(store, readings)
    for kind, place in folders.items():
        # Closed, so that nothing of it is in the log.
        seen[kind].file_bytes = (place / "spool.sqlite").stat().st_size
    return seen, readings


_KINDS = (
    "phusong: packed, checksummed, a record a cycle",
    "plain SQLite, MessagePack, a row a cycle",
    "plain SQLite, JSON, a row a reading",
)


@contextmanager
def _opened(kind: str, folder: Path) -> Iterator[_Store]:
    folder.mkdir()
    if kind == _KINDS[0]:
        with open_sqlite_spool(folder, SpoolSettings()) as spool:
            yield _Ours(spool)
        return
    with closing(sqlite3.connect(folder / "spool.sqlite", isolation_level=None)) as database:
        yield (_Rows if kind == _KINDS[2] else _Plain)(database)


def _timed(store: _Store, readings: int) -> float:
    begun = time.perf_counter()
    if store.read() != readings:
        raise ValueError("a store lost readings")
    return time.perf_counter() - begun


def _named(reading: Reading) -> dict[str, object]:
    return {name: getattr(reading, name) for name in reading.__struct_fields__}


BENCH = Bench(name="spool", summary="commits, reading back and size of the spool", run=run)
