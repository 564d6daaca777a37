"""A machine with a key at a real collector: whatever breaks off on its side, it is never taken for two machines."""

import asyncio
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import pytest
import yaml

from agent.identity.card import Card, read_card
from agent.identity.enrol import enrol, post_once
from agent.identity.proof import KeyProof
from agent.identity.rotate import rotate
from agent.uplink.answer import Reply
from agent.uplink.connection import AwayError, Way
from agent.uplink.http import HttpPost
from agent.uplink.proof import Stamp
from collector.identity.book import open_book
from lab.ports import free_port
from shared.clock import SystemClock
from shared.logs import Limited
from shared.wire.codec import encode_batch
from tests.peers.deaf_relay import deaf_relay
from tests.peers.enrolled import batch, invited
from tests.peers.programs import PYTHON, ROOT, get, running, until
from tests.peers.village import Heard

SITES = tuple(map(str, range(1, 10)))
TIMEOUT_SECONDS = 5.0


@dataclass
class Place:
    """A collector at work."""

    config: Path
    port: int

    def states(self, site: str) -> list[str]:
        with open_book(self.config.parent / "state" / "identity.sqlite") as book:
            return sorted(key.state for key in book.every_key() if key.site == site)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("collector")
    port = free_port()
    (folder / "sites.yaml").write_text(yaml.safe_dump({"sites": [{"id": s, "name": s} for s in SITES]}), "utf-8")
    content = {
        "listen": {"port": port},
        "state": "state",
        "inventory": "sites.yaml",
        "enrolment": {"address": f"http://127.0.0.1:{port}", "keys_a_day": 100},
    }
    config = folder / "collector.yaml"
    config.write_text(yaml.safe_dump(content), encoding="utf-8")
    with running("collector", [PYTHON, "-m", "collector", "run", "--config", str(config)], folder) as program:
        until("the collector is ready", lambda: get(f"http://127.0.0.1:{port}/readyz"), program)
        yield Place(config, port)


class Machine:
    """A state folder and what sends for it; a new one on the same folder is a restart."""

    def __init__(self, state: Path, port: int) -> None:
        card = read_card(state)
        assert card is not None
        self.state = state
        self.way = Way(f"http://127.0.0.1:{port}", TIMEOUT_SECONDS)
        self.proof = KeyProof(state, card, Limited(Heard(), SystemClock()))
        self._agent, self._site, self._numbers = card.agent, card.site, count(1)
        self._epoch = secrets.token_hex(4)
        self._post = HttpPost(self.way, self.proof, None)

    async def send(self) -> Reply:
        number = next(self._numbers)
        body = encode_batch(batch(self._agent, [number], sites=(self._site,), epoch=self._epoch))
        return await self._post(body, Stamp(self._epoch, number, number))

    async def rotate(self) -> Card:
        card = read_card(self.state)
        assert card is not None
        ask = partial(post_once, self.way, None)
        return await asyncio.to_thread(rotate, card, self.state, ask, secrets.token_bytes(32))


def joined(place: Place, site: str, state: Path) -> None:
    enrol(invited(site, place.config), state, None, secrets.token_bytes(32))


async def test_a_machine_that_missed_the_answer_to_its_rotation_goes_on_and_rotates_another_time(
    place: Place, tmp_path: Path
) -> None:
    joined(place, "1", tmp_path)
    with deaf_relay(place.port) as relay:
        machine = Machine(tmp_path, relay.port)
        assert (await machine.send()).status == 200
        for _ in range(2):
            relay.losing = True
            with pytest.raises(AwayError):
                await machine.rotate()
            relay.losing = False
            machine = Machine(tmp_path, relay.port)
            assert [(await machine.send()).status for _ in range(3)] == [200] * 3
        assert place.states("1") == ["active", "active"], "the second try is for the same key"
        await machine.rotate()
        assert [(await machine.send()).status for _ in range(3)] == [200] * 3

    assert relay.lost == 2
    assert place.states("1") == ["active", "rotated"]


async def test_a_rotation_that_is_killed_anywhere_can_be_repeated(place: Place, tmp_path: Path) -> None:
    """Between the collector's commit and the name of the new card as well."""
    joined(place, "2", tmp_path)
    for seconds in (0.2, 0.26, 0.3, 0.34, 0.4, 0.5):
        await asyncio.to_thread(rotate_and_die, tmp_path, seconds)
        machine = Machine(tmp_path, place.port)

        assert [(await machine.send()).status for _ in range(2)] == [200] * 2
        await machine.rotate()
        assert [(await machine.send()).status for _ in range(2)] == [200] * 2
    assert set(place.states("2")) == {"active", "rotated"}


def rotate_and_die(state: Path, seconds: float) -> None:
    run = [PYTHON, "-m", "agent", "rotate", "--state", str(state)]
    with subprocess.Popen(run, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as begun:
        try:
            begun.wait(seconds)
        except subprocess.TimeoutExpired:
            begun.kill()


async def test_rotations_in_the_midst_of_batches_make_no_machine_two(place: Place, tmp_path: Path) -> None:
    """The command beside the running program: both take steps in one chain."""
    joined(place, "3", tmp_path)
    machine, over, sent = Machine(tmp_path, place.port), asyncio.Event(), asyncio.Semaphore(0)

    async def keep_sending() -> list[int]:
        statuses = []
        while not over.is_set():
            statuses.append((await machine.send()).status)
            sent.release()
        return statuses

    sending, keys = asyncio.create_task(keep_sending()), set()
    for _ in range(20):
        await asyncio.wait_for(sent.acquire(), 30)
        keys.add((await machine.rotate()).key)
    over.set()
    statuses = await sending

    assert len(keys) == 20
    assert set(statuses) == {200}
    assert place.states("3") == ["active", *["rotated"] * 20]
