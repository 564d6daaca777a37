"""Cuts the power at a random write of the spool at work and opens what the disk then holds; it kills nothing.

The agent's own spool puts, acknowledges, sets apart, reopens, prunes and keeps its quota on a disk that remembers.
The image is opened by the agent's own opener, and must be what the spool was after the last commit before the cut, or
after the one that was under way.
"""

import random
import sqlite3
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from agent.spool.opening import BALLAST_BYTES, PRAGMAS, migrate, open_sqlite_spool
from agent.spool.queue import Gap
from agent.spool.quota import SpoolSettings
from agent.spool.shelf import load_shapes
from agent.spool.sqlite import SqliteSpool
from collector.ingest.ranges import common, normal
from lab.prove import Finding, Proof, Trial
from lab.prove.cut_disk import NAME, Connection, Step, image, noting
from shared.ballast import Ballast
from shared.wire.codec import encode_cycle
from shared.wire.reading import ClockQuality, Cycle, Outcome, Reading, Sample, Statement

_STEPS = 90
_PAGES = 40
_KINDS = ("put", "acknowledge", "reject", "reopen", "prune")
_ONLINE, _OFFLINE = (60, 22, 8, 3, 3), (90, 5, 3, 1, 1)
_PLENTY = 10**9
_HOUR_NS = 3_600_000_000_000


@dataclass(frozen=True)
class _State:
    """All that a spool promises to know."""

    statement: Statement
    gaps: tuple[Gap, ...]
    dead_letters: int
    whole: tuple[int, ...]
    """Records that wait, and are what was put."""


@dataclass
class _Run:
    """A spool's life on a disk: what was written, and what the spool was after each commit."""

    steps: list[Step] = field(default_factory=list)
    states: list[_State] = field(default_factory=list)
    doing: list[str] = field(default_factory=list)
    """What each commit was for."""
    settled: set[int] = field(default_factory=set)
    """Records that were acknowledged, or have become dead letters, and may be forgotten."""
    astray: list[_State] = field(default_factory=list)
    """Those in which a record is neither kept nor lost and was never settled, or waits and is a dead letter at once."""

    def note(self, state: _State, doing: str) -> None:
        """After a commit."""
        gave_way = doing == "put" and self.states and state.statement.last == self.states[-1].statement.last
        self.doing.append("giving way" if gave_way else doing)
        self.states.append(state)
        stated = state.statement
        kept = normal([*stated.waiting, *stated.held, *stated.lost, *stated.refused, *((n, n) for n in self.settled)])
        if (stated.last and kept != ((1, stated.last),)) or common(stated.waiting, stated.refused):
            self.astray.append(state)
        self.settled |= {n for first, last in stated.refused for n in range(first, last + 1)}


def _blob(number: int) -> bytes:
    dice = random.Random(number)
    samples = tuple(Sample(f"v{n}", dice.random()) for n in range(6))
    reading = Reading("ping", "icmp", "s", "r", "router", Outcome.OK, number, number, number, samples)
    noise = Reading("page", "http", "s", "r", "portal", Outcome.ERROR, 1, 1, 1, (), dice.randbytes(900).hex())
    return encode_cycle(Cycle("boot", ClockQuality.UNKNOWN, (reading, noise)))


def _state(spool: SqliteSpool) -> _State:
    waiting = spool.oldest(_PLENTY, _PLENTY)
    whole = tuple(stored.sequence for stored in waiting if stored.blob == _blob(stored.sequence))
    return _State(spool.statement(), tuple(spool.gaps()), spool.dead_letters(), whole)


def _record(seed: int, synchronous: str, *, early: bool) -> _Run:
    """A life of some ninety acts, each second one offline; ``early`` tells of a commit before it was made."""
    run, dice, doing = _Run(), random.Random(seed), ["nothing"]
    spools: list[SqliteSpool] = []

    def told() -> None:
        run.steps.append(("", "told", len(run.steps), b""))

    def committing() -> None:
        if spools and early:
            told()

    def committed() -> None:
        if spools:
            run.note(_state(spools[0]), doing[0])
            if not early:
                told()

    with tempfile.TemporaryDirectory() as folder, noting(run.steps):
        connection = Connection(Path(folder, NAME), committing, committed)
        database = cast("sqlite3.Connection", connection)
        loosened = (f"synchronous = {synchronous}",) if synchronous else ()
        for pragma in (*PRAGMAS, *loosened, "wal_autocheckpoint = 24", f"max_page_count = {_PAGES}"):
            database.execute(f"PRAGMA {pragma}")
        migrate(database)
        epoch = database.execute("SELECT value FROM fact WHERE name = 'epoch'").fetchone()[0]
        ballast = Ballast(Path(folder, "ballast"), BALLAST_BYTES)
        spool = SqliteSpool(database, epoch, load_shapes(database), SpoolSettings(), ballast)
        spools.append(spool)
        _live(spool, dice, run.settled, doing, _OFFLINE if seed % 2 else _ONLINE)
        run.steps = list(run.steps)
        connection.close()
    return run


def _live(
    spool: SqliteSpool, dice: random.Random, settled: set[int], doing: list[str], weights: tuple[int, ...]
) -> None:
    number, wall_ns = 0, 1_000 * _HOUR_NS
    for _ in range(_STEPS):
        wall_ns += _HOUR_NS
        waiting = [stored.sequence for stored in spool.oldest(_PLENTY, _PLENTY)]
        some = sorted(dice.sample(waiting, min(len(waiting), dice.randint(1, 6))))
        doing[0] = dice.choices(_KINDS, weights)[0] if waiting else "put"
        if doing[0] == "put":
            number += 1
            spool.put(_blob(number), wall_ns)
        elif doing[0] == "reject":
            spool.reject(some[:2], "refused", wall_ns)
        elif doing[0] == "reopen":
            spool.reopen(dice.randint(1, number))
        else:
            wall_ns += 40 * _HOUR_NS if doing[0] == "prune" else 0
            settled.update(some)
            spool.acknowledge(some, wall_ns)


def prove(trial: Trial) -> Finding:
    """Cut, open, compare with what the spool was."""
    draw = random.Random(trial.seed)
    builds = [("NORMAL", False), ("OFF", False), ("", True)] if trial.sabotage else [("", False)] * 4
    runs = [_record(trial.seed + n, word, early=early) for n, (word, early) in enumerate(builds)]
    cuts, broken, corrupt = Counter[str](), Counter[str](), 0
    with tempfile.TemporaryDirectory() as name:
        for number in range(trial.count):
            run = runs[number % len(runs)]
            marks = [place for place, step in enumerate(run.steps) if step[1] == "told"]
            until = draw.randint(marks[0] + 1, len(run.steps))
            known = sum(mark < until for mark in marks)
            doing = run.doing[min(known, len(run.doing) - 1)]
            cuts[doing] += 1
            folder = Path(name, str(number))
            folder.mkdir()
            for suffix, content in image(run.steps[:until], draw).items():
                (folder / f"{NAME}{suffix}").write_bytes(content)
            with open_sqlite_spool(folder, SpoolSettings()) as spool:
                found = _state(spool)
            spoiled = any(folder.glob("*corrupt*"))
            corrupt += spoiled
            if (found not in run.states[known - 1 : known + 1] or found in run.astray) and not spoiled:
                broken[doing] += 1
            for file in folder.iterdir():
                file.unlink()
            folder.rmdir()
    where = ", ".join(f"{count:,} in {what}" for what, count in cuts.most_common())
    undone = "".join(f", {count} in {what}" for what, count in broken.most_common())
    seen = (f"{broken.total()} undone or half done{undone}", f"{corrupt} corrupt", f"cut: {where}")
    return Finding(trial.count, broken.total() + corrupt, seen)


PROOF = Proof("power-cut", "what the spool has committed survives a power cut whole", 10_000, 200, prove)
