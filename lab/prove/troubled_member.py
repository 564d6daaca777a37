"""Episodes of an enrolled agent on troubled disks; run in a mount namespace, it prints JSON and judges nothing."""

import argparse
import asyncio
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from agent.identity.card import CardError, chain_path, read_card
from agent.identity.chain_file import ChainFile
from agent.identity.enrol import EnrolError
from agent.identity.proof import KeyProof
from agent.spool.queue import SpoolError
from agent.spool.quota import SpoolSettings
from agent.uplink.connection import AwayError
from lab.prove.disks import KINDS, Disk
from lab.prove.door import Door, open_door
from lab.prove.member import SITE, Member, Start, join, member, renew
from lab.prove.relay import Relay
from shared.clock import SystemClock
from shared.wire.codec import encode_cycle
from shared.wire.reading import Acknowledgement, ClockQuality, Cycle, Outcome, Reading

_SETTINGS = SpoolSettings(quota_megabytes=32)
_TRIES = 200
_LONG = 150
"""Batches under one trouble: more than any list of answers would hold."""


class _Hasty(KeyProof):
    """Broken on purpose: presents what the disk did not take."""

    def _keep(self, body: bytes) -> None:
        super()._keep(body)
        given = msgspec.json.decode(body, type=Acknowledgement).chain
        if self._chain.failing:
            card = read_card(self._state)
            if card is not None:
                self._chain = ChainFile(chain_path(self._state, card), (1, bytes.fromhex(given)))


@dataclass
class _Place:
    """One episode: a disk, a door and the line between."""

    kind: str
    disk: Disk
    door: Door
    relay: Relay
    dice: random.Random
    proof: type[KeyProof]
    made: int = 0
    doubtful: set[int] = field(default_factory=set)
    """Put into a disk that did not say what it did: where the program ends before the disk is back, nobody knows."""
    lives: int = 0
    rotated: int = 0
    spoiled: bool = False
    kept_out: bool = False
    """Whether records still waited after many tries."""
    counted: int = 0
    """Given up for want of space by the word of the spool itself."""
    told: Counter[str] = field(default_factory=Counter)

    @property
    def state(self) -> Path:
        return self.disk.folder / "agent"

    def spoil(self) -> None:
        if not self.spoiled:
            self.disk.spoil()
        self.spoiled = True

    def mend(self) -> None:
        if self.spoiled:
            self.disk.mend()
        self.spoiled = False

    async def live(self, puts: int, *, spoil_at: int | None = None, mend_at: int | None = None) -> None:
        """A run of the program: it ends with nothing that only memory holds."""
        if self.kept_out:
            return
        self.lives += 1
        async with member(self._start(self.state), self.relay) as agent:
            for number in range(puts):
                if number == spoil_at:
                    self.spoil()
                if number == mend_at:
                    self.mend()
                await self._put(agent)
                if self.dice.random() < 0.8:
                    await _try(agent)
                if self.dice.random() < 0.01:
                    await self.rotate()
            await self._drain(agent)
            self.counted = sum(gap.records for gap in await agent.desk.do(agent.desk.spool.gaps))

    async def _put(self, agent: Member) -> None:
        if not await agent.desk.do(agent.desk.spool.put, _cycle(self.made), self.made):
            self.doubtful.add(self.made)
        self.made += 1

    async def _drain(self, agent: Member) -> None:
        """Whatever the disk does something new comes now and then: that is when the spool looks after it."""
        for number in range(_TRIES):
            if number % 20 == 19:
                await self._put(agent)
            if await _try(agent) is None:
                return
        self.kept_out = True

    async def rotate(self) -> None:
        """It may fail; what it leaves behind must not matter."""
        try:
            await renew(self.relay.carry, self.state, self.dice.randbytes(32))
            self.rotated += 1
        except (AwayError, EnrolError, OSError, CardError) as error:
            self.told[type(error).__name__] += 1

    async def is_copy_found(self, elsewhere: Path) -> bool:
        """Two machines with this state folder, on disks that are well."""
        shutil.copytree(self.state, elsewhere / "agent")
        self.relay.calm = True
        async with AsyncExitStack() as stack:
            two = [
                await stack.enter_async_context(member(self._start(state), self.relay))
                for state in (self.state, elsewhere / "agent")
            ]
            for _ in range(4):
                for agent in two:
                    await agent.desk.do(agent.desk.spool.put, _cycle(-1), 0)
                    await _try(agent)
        return bool(await self.suspects())

    async def suspects(self) -> int:
        return len(await self.door.keys.read(lambda book: book.suspects()))

    def _start(self, state: Path) -> Start:
        card = read_card(state)
        if card is None:
            raise FileNotFoundError(state)
        return Start(state, card, SystemClock(), lambda: ClockQuality.UNKNOWN, self.dice.random, _SETTINGS, self.proof)


def main() -> None:
    """Prints a line of JSON for each episode, and one for each kind of trouble that this machine does not allow."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--careless", action="store_true")
    arguments = parser.parse_args()
    dice, kinds = random.Random(arguments.seed), list(KINDS)
    for number in range(arguments.count):
        kind = kinds[number % len(kinds)]
        figures = _on_a_disk(kind, dice, _Hasty if arguments.careless else KeyProof)
        sys.stdout.write(json.dumps(figures) + "\n")
        sys.stdout.flush()
        if "absent" in figures:
            kinds.remove(kind)


def _on_a_disk(kind: str, dice: random.Random, proof: type[KeyProof]) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "disk")
        folder.mkdir()
        try:
            disk = KINDS[kind](folder)
        except OSError as error:
            return {"kind": kind, "absent": str(error)}
        try:
            return asyncio.run(_episode(kind, disk, dice, proof))
        finally:
            disk.unmount()


async def _episode(kind: str, disk: Disk, dice: random.Random, proof: type[KeyProof]) -> dict[str, object]:
    """Well, in trouble over several runs of the program, and well again: after a reboot, or under a running one."""
    async with open_door() as door:
        place = _Place(kind, disk, door, Relay(door, dice), dice, proof)
        await join(door, place.state, dice)
        # What has no file to make yet makes none once the inodes are gone.
        await place.live(dice.randrange(2, 30), spoil_at=1 if kind != "no inodes" and dice.random() < 0.5 else None)
        place.spoil()
        for _ in range(dice.randrange(1, 4)):
            await place.live(dice.randrange(1, _LONG))
        if dice.random() < 0.5:
            await place.live(_LONG, mend_at=dice.randrange(1, _LONG - 40))
        place.mend()
        for _ in range(2):
            await place.live(dice.randrange(1, 40))
            await place.rotate()
        while place.relay.kept:
            await place.relay.deliver_kept()
        suspects = await place.suspects()
        arrived = Counter(r.started_monotonic_ns for a in door.arrived for one in a.fresh for r in one.cycle.readings)
        with tempfile.TemporaryDirectory() as elsewhere:
            found = await place.is_copy_found(Path(elsewhere))
    return {
        "kind": kind,
        "made": place.made,
        "missing": sum(number not in arrived for number in set(range(place.made)) - place.doubtful),
        "doubtful": len(place.doubtful),
        "counted": place.counted,
        "twice": sum(count > 1 for count in arrived.values()),
        "suspects": suspects,
        "kept_out": place.kept_out,
        "copy_found": found,
        "lives": place.lives,
        "rotated": place.rotated,
        "late": place.relay.seen["came_late"],
        "refused": sum(count for status, count in place.relay.statuses.items() if status in {401, 403}),
    }


async def _try(agent: Member) -> float | None:
    try:
        return await agent.courier.deliver()
    except (AwayError, SpoolError):
        return 0.0


def _cycle(number: int) -> bytes:
    """A reading's number stands where its time does."""
    reading = Reading("ping", "icmp", SITE, "r", "router", Outcome.OK, number, 0, 1)
    return encode_cycle(Cycle("boot", ClockQuality.UNKNOWN, (reading,)))


if __name__ == "__main__":
    main()
