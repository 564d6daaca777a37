"""A machine with a key on a disk that really turns read-only, and back; run in a mount namespace, prints JSON."""

import asyncio
import json
import random
import shutil
import subprocess
import sys
import tempfile
from itertools import count
from pathlib import Path

from agent.identity.card import chain_path, read_card
from agent.identity.proof import KeyProof
from agent.uplink.proof import Stamp
from lab.prove.door import BATCHES, Door, open_door
from lab.prove.member import join
from shared.clock import SystemClock
from shared.logs import Limited
from shared.wire.codec import encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Record
from tests.peers.village import Heard

MANY = 200


class Machine:
    """One run of the program on the disk."""

    numbers = count(1)

    def __init__(self, door: Door, state: Path) -> None:
        card = read_card(state)
        assert card is not None
        self._door, self._agent = door, card.agent
        self._proof = KeyProof(state, card, Limited(Heard(), SystemClock()))

    async def send(self, *, heard: bool = True) -> int:
        number = next(self.numbers)
        records = (Record(number, Cycle("boot", ClockQuality.UNKNOWN, ())),)
        body = encode_batch(Batch(self._agent, "epoch", "boot", 1, 1, Lane.LIVE, records))
        headers = self._proof.headers(BATCHES, body, Stamp("epoch", number, number))
        reply = await self._door.ask(BATCHES, body, headers)
        if heard:
            self._proof.believe(headers, reply)
        return reply.status


async def scene(disk: Path, *, presented: bool) -> dict[str, object]:
    """The last value is on the disk, and ``presented`` or not, when it turns read-only; the machine is restarted."""
    state, seen = disk / "agent", {}
    async with open_door() as door:
        await join(door, state, random.Random(1))
        card = read_card(state)
        assert card is not None
        chain = chain_path(state, card)
        machine = Machine(door, state)
        seen["well"] = {await machine.send() for _ in range(3)}
        before = chain.read_bytes()
        await machine.send()
        if presented:
            await machine.send(heard=False)
        mount("remount,ro", disk)
        assert is_read_only(chain)
        machine = Machine(door, state)
        seen["restarted"] = [await machine.send() for _ in range(3)]
        seen["many"] = {await machine.send() for _ in range(MANY)}
        mount("remount,rw", disk)
        if not presented:
            chain.write_bytes(before)  # the last write never reached the medium, and the memory that had it is gone
        machine = Machine(door, state)
        seen["after"] = {await machine.send() for _ in range(5)}
        seen["suspects"] = await door.keys.read(lambda book: book.suspects())
        shutil.copytree(state, disk / "copy")
        copy = Machine(door, disk / "copy")
        for _ in range(4):
            seen["copy"] = {await machine.send(), await copy.send()}
    return {name: sorted(value) if isinstance(value, set) else value for name, value in seen.items()}


def is_read_only(path: Path) -> bool:
    try:
        path.touch()
    except OSError:
        return True
    return False


def mount(option: str, disk: Path) -> None:
    subprocess.run(["mount", "-o", option, str(disk)], check=True)


def main() -> None:
    found = []
    for presented in (False, True):
        with tempfile.TemporaryDirectory() as name:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", name], check=True)
            try:
                found.append(asyncio.run(scene(Path(name), presented=presented)))
            finally:
                subprocess.run(["umount", "-l", name], check=True)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
