"""An agent that joined a door, with its spool on disk and its courier; what it sends goes over a wire of the proof."""

import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec

from agent.identity.card import Card, finish
from agent.identity.proof import KeyProof
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


@dataclass(frozen=True)
class Start:
    """With what a life begins."""

    state: Path
    card: Card
    clock: Clock
    kernel: Callable[[], ClockQuality]
    draw: Callable[[], float]
    spool: SpoolSettings = field(default_factory=SpoolSettings)


@asynccontextmanager
async def member(start: Start, wire: Wire) -> AsyncIterator[Member]:
    """Begin a life on a state folder."""
    state, card, clock = start.state, start.card, start.clock
    silent = logging.Logger("member")  # noqa: LOG001 - one that nobody listens to
    silent.disabled = True
    complain = Limited(silent, clock)
    proof = KeyProof(state, card, complain)

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
