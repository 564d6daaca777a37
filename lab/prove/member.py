"""An agent that joined a door, with its spool on disk and its courier; what it sends goes over a wire of the proof."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from agent.identity.card import Card, finish, read_card
from agent.identity.proof import KeyProof
from agent.identity.rotate import rotate
from agent.spool.desk import Desk, open_desk
from agent.spool.opening import open_sqlite_spool
from agent.spool.quota import SpoolSettings
from agent.spool.shelter import open_shelter
from agent.timekeeping.keeper import Timekeeper, read_known
from agent.uplink.answer import Reply
from agent.uplink.courier import Courier, Sender
from agent.uplink.proof import Stamp
from lab.prove.door import BATCHES, Door, new_key
from shared.clock import Clock
from shared.logs import Limited
from shared.wire.enrolment import Enrolled, enrol_request
from shared.wire.reading import ClockQuality

SITE = "s1"
Wire = Callable[[bytes, dict[str, str]], Awaitable[Reply]]


@dataclass
class Member:
    """One life of the agent's program, from its start to its end or the next power cut."""

    desk: Desk
    times: Timekeeper
    courier: Courier


async def join(door: Door, state: Path, dice: random.Random) -> None:
    """Enrol with a code of the door's, as ``phusong-agent join`` does."""
    secret, key = dice.randbytes(16), dice.randbytes(32)
    await door.invite(secret, SITE)
    _, answer = await door.enrol(enrol_request(secret, new_key(key)))
    enrolled = msgspec.json.decode(answer, type=Enrolled)
    collector = enrolled.collector_key
    card = Card(agent=enrolled.agent, site=SITE, url="http://collector", key=key, collector_key=collector)
    finish(state, card, enrolled.chain)


async def renew(
    ask: Callable[[str, bytes, dict[str, str]], Coroutine[Any, Any, Reply]], state: Path, seed: bytes
) -> None:
    """Rotate, as ``phusong-agent rotate`` does beside the running program; raises as that."""
    card, loop = read_card(state), asyncio.get_running_loop()
    if card is None:
        raise FileNotFoundError(state)

    def post(path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes, str]:
        reply = asyncio.run_coroutine_threadsafe(ask(path, body, headers), loop).result()
        return reply.status, reply.body, reply.seal

    await asyncio.to_thread(rotate, card, state, post, seed)


@dataclass(frozen=True)
class Start:
    """With what a life begins."""

    state: Path
    card: Card
    clock: Clock
    kernel: Callable[[], ClockQuality]
    draw: Callable[[], float]
    spool: SpoolSettings = field(default_factory=SpoolSettings)
    proof: type[KeyProof] = KeyProof


@asynccontextmanager
async def member(start: Start, wire: Wire) -> AsyncIterator[Member]:
    """Begin a life on a state folder."""
    state, card, clock = start.state, start.card, start.clock
    silent = logging.Logger("member")  # noqa: LOG001 - one that nobody listens to
    silent.disabled = True
    complain = Limited(silent, clock)
    proof = start.proof(state, card, complain)

    async def post(body: bytes, stamp: Stamp) -> Reply:
        headers = proof.headers(BATCHES, body, stamp)
        return proof.believe(headers, await wire(body, headers))

    times = Timekeeper(state, read_known(state), clock=clock, kernel=start.kernel, complain=complain)
    opening = partial(open_sqlite_spool, settings=start.spool)
    with open_desk(open_shelter(state / "spool", opening, complain.warning)) as desk:
        sender = Sender(card.agent, "proof", tuple)
        yield Member(
            desk, times, Courier(sender, desk, post, clock=clock, times=times, complain=complain, draw=start.draw)
        )
