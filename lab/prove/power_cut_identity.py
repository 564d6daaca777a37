"""Cuts the power at a random write of the book of keys and opens what the disk then holds; it kills nothing.

The collector's own room, its thread and its commits in groups, on a disk that remembers. Machines join, send, rotate
and join anew; an operator accepts. After the cut each goes on from what it was told last, as it would: it must be let
in, under no suspicion, and no code that was used enrols another.
"""

import asyncio
import hashlib
import random
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.database import Database
from collector.identity.book import Book, open_book, prepare
from collector.identity.events import ENROLLED
from collector.identity.records import Invitation, Key, KeyState, Refused, Successor
from collector.identity.room import IdentityRoom
from lab.prove import Finding, Proof, Trial
from lab.prove.cut_disk import NAME, Connection, Step, image, noting

_ACTS = 30
_AGENTS = ("a", "b", "c")
_KINDS, _WEIGHTS = ("send", "rotate", "join", "accept"), (66, 18, 10, 6)
_NEVER_NS = 10**9
_SEAL = b"s" * 32
_PLENTY = 10**6


@dataclass(frozen=True)
class _Machine:
    """What a machine, and whoever joins it, has been told so far."""

    agent: str
    code: int = 0
    """Number of its newest code; 0 before the first."""
    joined: int = 0
    """Number of the code that its key came of."""
    keys: int = 0
    """How many keys it has had, the present one included."""
    value: str = ""

    @property
    def key_id(self) -> str:
        return f"{self.agent}-{self.keys}"

    @property
    def next_id(self) -> str:
        """Drawn before it is asked for, and kept: a join or rotation that broke off is for the same key."""
        return f"{self.agent}-{self.keys + 1}"

    def invitation(self, code: int) -> Invitation:
        name = f"{self.agent}-{code}"
        return Invitation(id=name, verifier=b"v", agent=self.agent, site=self.agent, expires_wall_ns=_NEVER_NS)


class _Generous(Book):
    """Broken on purpose: a code stays good."""

    def enrol(self, invitation: Invitation, key_id: str, public: bytes, chain: str, now_ns: int) -> Key | Refused:
        found = super().enrol(invitation, key_id, public, chain, now_ns)
        self._database.execute("UPDATE invitation SET used = 0")
        return found


@dataclass(frozen=True)
class _Build:
    """A book as it is, or broken on purpose."""

    synchronous: str = ""
    early: bool = False
    """Whether machines are told before the commit."""
    kind: type[Book] = Book


_BROKEN = (_Build("NORMAL"), _Build("OFF"), _Build(early=True), _Build(kind=_Generous))


@dataclass
class _Run:
    """What was written, and what each machine knew when."""

    steps: list[Step] = field(default_factory=list)
    known: list[_Machine] = field(default_factory=list)
    early: list[_Machine] = field(default_factory=list)

    def tell(self, machine: _Machine) -> None:
        self.known.append(machine)
        self.steps.append(("", "told", len(self.known) - 1, b""))


def _record(seed: int, build: _Build) -> _Run:
    run = _Run()
    with tempfile.TemporaryDirectory() as folder, noting(run.steps):
        asyncio.run(_live(Path(folder, NAME), build, run, random.Random(seed)))
        run.steps = list(run.steps)
    return run


async def _live(path: Path, build: _Build, run: _Run, dice: random.Random) -> None:
    """Each turn the machines ask at once, so that the room commits for several."""

    def committing() -> None:
        while build.early and run.early:
            run.tell(run.early.pop())

    connection = Connection(path, committing, lambda: None)
    database = cast("sqlite3.Connection", connection)
    prepare(database)
    loosened = (f"synchronous = {build.synchronous}",) if build.synchronous else ()
    for pragma in (*loosened, "wal_autocheckpoint = 24"):
        database.execute(f"PRAGMA {pragma}")
    book = build.kind(Database(lambda: database, database), keys_a_day=_PLENTY)
    with book.transaction():
        book.fact("seal", _SEAL)
    room = IdentityRoom(book, asyncio.get_running_loop(), Ed25519PrivateKey.from_private_bytes(_SEAL))
    room.start()
    machines = [_Machine(agent) for agent in _AGENTS]
    for machine in machines:
        run.tell(machine)
    for _ in range(_ACTS):
        machines = list(await asyncio.gather(*(_act(room, machine, build, run, dice) for machine in machines)))
    await asyncio.to_thread(room.stop)
    connection.close()


async def _act(room: IdentityRoom, machine: _Machine, build: _Build, run: _Run, dice: random.Random) -> _Machine:
    kind = "join" if not machine.code else dice.choices(_KINDS, _WEIGHTS)[0]
    if machine.code > machine.joined:
        kind = "enrol"
    fresh = f"{dice.getrandbits(128):032x}"

    def decide(book: Book) -> _Machine:
        then = _decide(book, machine, kind, fresh)
        if build.early:
            run.early.append(then)
        return then

    then = await room.decide(decide)
    if not build.early:
        run.tell(then)
    return then


def _decide(book: Book, machine: _Machine, kind: str, fresh: str) -> _Machine:
    """What a machine is told, or a ValueError where it is kept out."""
    mark = hashlib.sha256(fresh.encode()).digest()[:16]
    if kind == "join":
        book.invite(machine.invitation(machine.code + 1))
        return replace(machine, code=machine.code + 1)
    if kind == "enrol":
        key = book.enrol(machine.invitation(machine.code), machine.next_id, b"p", fresh, 1)
        if isinstance(key, Refused):
            raise ValueError(f"{machine.agent}: its code is refused: {key.name}")
        value = book.presented(key.key_id)
        return replace(machine, joined=machine.code, keys=machine.keys + 1, value=value)
    if kind == "rotate":
        new = Successor(key_id=machine.next_id, public=b"p", enrolled_wall_ns=1)
        found = book.rotate(machine.key_id, new, machine.value, mark, fresh)
        if not isinstance(found, tuple):
            raise ValueError(f"{machine.agent}: its rotation is refused: {found}")
        return replace(machine, keys=machine.keys + 1, value=found[1])
    if kind == "accept":
        book.accept(machine.agent)
        return machine
    step = book.advance(machine.key_id, machine.value, mark, fresh)
    if not step.chain:
        raise ValueError(f"{machine.agent}: suspected, or kept out: {step.state}")
    return replace(machine, value=step.chain)


def _look(path: Path, machines: list[_Machine], dice: random.Random) -> str:
    """What is wrong in the book on this disk; nothing where every machine can go on."""
    with open_book(path, keys_a_day=_PLENTY) as book:
        if book.fact("seal", b"another") != _SEAL:
            return "the collector's own key is another"
        for machine in machines:
            with book.transaction():
                wrong = _go_on(book, machine, lambda: f"{dice.getrandbits(128):032x}")
            if wrong:
                return wrong
        if book.suspects() or any(key.state is KeyState.SUSPECT for key in book.every_key()):
            return "a machine is suspected"
        joined = sum(event.action == ENROLLED for event in book.events.untold(_PLENTY))
    with closing(sqlite3.connect(path)) as database:
        used = database.execute("SELECT count(*) FROM invitation WHERE used").fetchone()[0]
    return "" if joined == used else f"{used} codes are used, {joined} enrolments are for the log"


def _go_on(book: Book, machine: _Machine, draw: Callable[[], str]) -> str:
    """As the machine does that had asked for something and was told nothing, or asks for the next."""
    for code in range(1, machine.joined + 1):
        thief = book.enrol(machine.invitation(code), f"thief-{machine.agent}-{code}", b"t", draw(), 1)
        if thief is not Refused.USED:
            return f"{machine.agent}: its code {code} is good a second time: {thief}"
    try:
        if machine.code > machine.joined:
            machine = _decide(book, machine, "enrol", draw())
        for kind in ("send", "send", "rotate", "send", "send") if machine.joined else ():
            machine = _decide(book, machine, kind, draw())
    except ValueError as error:
        return str(error)
    return ""


def prove(trial: Trial) -> Finding:
    """Cut, open, and let every machine go on from what it had been told."""
    draw = random.Random(trial.seed)
    builds = _BROKEN if trial.sabotage else (_Build(),) * 4
    runs = [_record(trial.seed + number, build) for number, build in enumerate(builds)]
    broken, corrupt = Counter[str](), 0
    for number in range(trial.count):
        run = runs[number % len(runs)]
        begin = [place for place, step in enumerate(run.steps) if step[1] == "told"][len(_AGENTS) - 1]
        until = draw.randint(begin + 1, len(run.steps))
        known = {run.known[step[2]].agent: run.known[step[2]] for step in run.steps[:until] if step[1] == "told"}
        with tempfile.TemporaryDirectory() as folder:
            for suffix, content in image(run.steps[:until], draw).items():
                Path(folder, f"{NAME}{suffix}").write_bytes(content)
            try:
                wrong = _look(Path(folder, NAME), list(known.values()), draw)
            except (sqlite3.DatabaseError, OSError):
                corrupt += 1
            else:
                broken.update([wrong.partition(": ")[2] or wrong] if wrong else [])
        if number % 1_000 == 999:
            trial.tell(f"{number + 1:,} cuts")
    told = (f"{count} {what}" for what, count in broken.most_common(4))
    seen = (f"{broken.total()} kept out, suspected or enrolled twice", f"{corrupt} corrupt", *told)
    return Finding(trial.count, broken.total() + corrupt, seen)


_PROMISE = "no key is lost or suspected and no join code used twice by a power cut at the collector"
PROOF = Proof("power-cut-identity", _PROMISE, 2_000, 120, prove)
