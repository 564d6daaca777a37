"""Whole programs, an agent's four times and a collector, killed at any moment and started anew: all arrives, once.

Most lives are forked (:mod:`lab.prove.fork_server`), a few begin with their interpreter, which takes ten times as long.
"""

import asyncio
import os
import random
import signal
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import yaml

from lab.children import Child, last_words, module, start
from lab.fleet import name, token, write_settings
from lab.ports import free_port
from lab.prove import Finding, Proof, Trial
from lab.prove.fork_server import fork_server
from lab.prove.house import collector_command
from lab.prove.inbox_file import ever_stored

_AGENTS = 4
_LONGEST_SECONDS = {"agent": 0.6, "collector": 1.0}
"""A life is as long as that, or shorter than it takes to start."""
_LONGEST_COLD_SECONDS = {"agent": 4.0, "collector": 6.0}
_COLD = 0.01
"""Part of the lives that begin with their interpreter."""
_SHARE = {"agent": 5, "collector": 1}
"""Kills of each kind, of six."""
_DRAINED_SECONDS = 180.0
_LOOK_SECONDS = 0.2
_HASTY = """
import asyncio
from collector.ingest.sqlite import SqliteInbox
store, late = SqliteInbox.store, set()
async def later(inbox, parcel):
    await asyncio.sleep(0.5)
    await store(inbox, parcel)
async def hasty(inbox, parcel):
    late.add(asyncio.ensure_future(later(inbox, parcel)))
    return frozenset(parcel.sequences)
SqliteInbox.store = hasty
"""
"""The sabotage: batches are acknowledged half a second before they are stored."""


@dataclass(slots=True)
class _Score:
    wanted: int
    kills: Counter[str] = field(default_factory=Counter)
    cold: int = 0
    ended: int = 0
    """Programs that ended by themselves."""
    records: int = 0
    lost: int = 0
    twice: int = 0
    damaged: int = 0

    @property
    def open(self) -> bool:
        """Whether one kind was not killed often enough yet; no longer once a program has ended by itself."""
        return not self.ended and any(6 * self.kills[kind] < share * self.wanted for kind, share in _SHARE.items())


@dataclass(frozen=True, slots=True)
class _Program:
    kind: str
    folder: Path
    settings: Path
    spoil: str = ""

    @property
    def log(self) -> Path:
        """What it says."""
        return self.folder / "log"

    async def begin(self) -> Child:
        """Started, or about to be."""
        if self.kind == "collector":
            return await start(self.kind, collector_command(self.settings, self.spoil), self.log)
        return await start(self.kind, module("agent", "run", "--config", str(self.settings)), self.log)


def _run(trial: Trial) -> Finding:
    score = _Score(trial.count)
    with tempfile.TemporaryDirectory(prefix="phusong-prove-") as folder:
        asyncio.run(_campaign(Path(folder), trial, score))
        _judge(Path(folder), score)
    seen = (
        f"{score.kills['agent']} agents and {score.kills['collector']} collectors killed, {score.cold} begun cold",
        f"{score.records:,} records committed: {score.lost} lost, {score.twice} twice",
        f"{score.damaged} files damaged, {score.ended} programs ended by themselves",
    )
    return Finding(trial.count, score.lost + score.twice + score.damaged + score.ended, seen)


async def _campaign(folder: Path, trial: Trial, score: _Score) -> None:
    programs = list(_programs(folder, _HASTY if trial.sabotage else ""))
    dice = random.Random(trial.seed)
    async with asyncio.TaskGroup() as tasks:
        for program in programs:
            tasks.create_task(_lives(program, random.Random(dice.random()), trial, score))
    children = [await program.begin() for program in programs]
    try:
        await _drained(folder)
    finally:
        for child in children:
            await child.stop()


async def _lives(program: _Program, dice: random.Random, trial: Trial, score: _Score) -> None:
    async with fork_server(program.kind, program.settings, program.log, program.spoil) as warm:
        while score.open:
            is_cold = dice.random() < _COLD
            longest = (_LONGEST_COLD_SECONDS if is_cold else _LONGEST_SECONDS)[program.kind]
            seconds = dice.uniform(0.0, longest)
            if not await (_cold_life(program, seconds) if is_cold else warm.run_for(seconds)):
                score.ended += 1
                trial.tell(f"{program.kind} ended by itself: {last_words(program.log)}")
                return
            score.cold += is_cold
            score.kills[program.kind] += 1
            if not score.kills.total() % 50:
                trial.tell(f"{score.kills.total()} of {trial.count} kills")


async def _cold_life(program: _Program, seconds: float) -> bool:
    child = await program.begin()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await child.wait()
    if child.running:
        os.kill(child.pid, signal.SIGKILL)
    return await child.wait() == -signal.SIGKILL


async def _drained(folder: Path) -> None:
    """Wait until what every agent had committed by now is acknowledged."""
    deadline = time.monotonic() + _DRAINED_SECONDS
    numbers = range(_AGENTS)
    while not all(_told(folder, number)[1] for number in numbers):
        await _look(deadline, "some agents have never committed anything")
    last = {number: _told(folder, number)[1] for number in numbers}
    while any(sequence <= last[number] for number in numbers for sequence in _told(folder, number)[0]):
        await _look(deadline, "some agents have not told all")


async def _look(deadline: float, what: str) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError(f"{what} after {_DRAINED_SECONDS:g} s")
    await asyncio.sleep(_LOOK_SECONDS)


def _judge(folder: Path, score: _Score) -> None:
    with closing(sqlite3.connect(folder / "state" / "inbox.sqlite")) as database:
        stored = ever_stored(database)
        told = Counter(
            (agent, sequence)
            for agent, fresh in database.execute("SELECT agent, fresh FROM parcel")
            for sequence in msgspec.msgpack.decode(fresh)
        )
        score.damaged += database.execute("PRAGMA integrity_check").fetchone()[0] != "ok"
    for number in range(_AGENTS):
        waiting, last = _told(folder, number)
        book = {one for first, end in stored.get(name(number), ()) for one in range(first, end + 1)}
        whole = (one in book and (name(number), one) in told for one in range(1, last + 1) if one not in waiting)
        score.records += last
        score.lost += sum(not there for there in whole)
        files = [file for wanted in ("*corrupt*", "*.sqlite") for file in _spools(folder, number).glob(wanted)]
        score.damaged += len(files) - 1
    score.twice += sum(times > 1 for times in told.values())


def _spools(folder: Path, number: int) -> Path:
    return folder / name(number) / "state" / "spool"


def _told(folder: Path, number: int) -> tuple[set[int], int]:
    """The records that were not acknowledged, and the number of the last that was ever committed."""
    file = next(_spools(folder, number).glob("*.sqlite"), None)
    if file is None:
        return set(), 0
    with closing(sqlite3.connect(file)) as database:
        waiting = database.execute("SELECT sequence FROM record WHERE acknowledged_wall_ns IS NULL")
        left = {sequence for (sequence,) in waiting}
        last = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'record'").fetchone()
    return left, last[0] if last else 0


def _programs(folder: Path, spoil: str) -> Iterator[_Program]:
    listening = folder / "collector.sock"
    path = write_settings(folder, _AGENTS, free_port())
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    said["listen"]["socket"] = str(listening)
    path.write_text(yaml.safe_dump(said), encoding="utf-8")
    yield _Program("collector", folder, path, spoil)
    for number in range(_AGENTS):
        own = folder / name(number)
        own.mkdir()
        yield _Program("agent", own, _agent(own, number, listening))


def _agent(folder: Path, number: int, listening: Path) -> Path:
    """An agent that commits twenty times a second what it finds at a port where nobody listens."""
    path = folder / "agent.yaml"
    said = {
        "agent": name(number),
        "site": name(number),
        "uplink": {"url": "http://collector", "socket": str(listening), "token": token(number)},
        "state": str(folder / "state"),
        "commit_seconds": 0.05,
        "report_seconds": 1,
        "checks": [{"kind": "tcp", "every_seconds": 0.05, "timeout_seconds": 0.05}],
        "targets": [{"site": name(number), "name": "closed", "address": f"127.0.0.1:{free_port()}"}],
    }
    path.write_text(yaml.safe_dump(said), encoding="utf-8")
    path.chmod(0o600)
    return path


PROOF = Proof(
    "kill-programs", "acknowledged is never lost: kill -9 of whole programs, agents and collector", 12_000, 40, _run
)
