"""Agents that come back with a backlog: they send, are sent away and return as our courier does; they judge nothing."""

import asyncio
import random
import ssl
import time
import zlib
from collections import Counter
from dataclasses import dataclass, field

import msgspec

from agent.uplink.backoff import BackoffSettings, wait_seconds
from lab.fleet import name, token
from shared.wire.codec import CONTENT_TYPE, MAGIC, VERSION
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample

_SECOND_NS = 1_000_000_000
_PERIOD_NS = 30 * _SECOND_NS
_TIMEOUT_SECONDS = 30.0
_EPOCH = "herd"
_SITE = "herd"
"""Of nobody's: one site of the inventory under ten thousand vantages would be another test."""


@dataclass(frozen=True, slots=True)
class Herd:
    """Which agents one process plays, and what each has."""

    first: int
    step: int
    agents: int
    cycles: int
    readings: int
    port: int
    seed: int
    within_seconds: float
    """In which all come for the first time."""


@dataclass(slots=True)
class Score:
    """What came of the requests of one process."""

    accepted_seconds: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    came: Counter[int] = field(default_factory=Counter)
    """Requests by the second after the beginning."""
    lasted_seconds: float = 0.0
    live_seconds: float = 0.0
    """Until the last agent's newest state was taken."""


@dataclass(frozen=True, slots=True)
class Mould:
    """A batch of any agent of the fleet: all but the name is compressed once for all of them."""

    head: bytes
    rest: bytes
    packed: bytes

    def body(self, agent: str) -> bytes:
        """The batch of this agent, as bytes on the wire."""
        begin = self.head + msgspec.msgpack.encode(agent)
        squeezing = zlib.compressobj(wbits=-15)
        squeezed = squeezing.compress(begin) + squeezing.flush(zlib.Z_FULL_FLUSH)
        check = zlib.adler32(self.rest, zlib.adler32(begin)).to_bytes(4, "big")
        return MAGIC + bytes((VERSION,)) + b"\x78\x9c" + squeezed + self.packed + check


def mould(lane: Lane, sequences: range, readings: int, dice: random.Random) -> Mould:
    """Cycles of these numbers, one every half minute, the newest of all (the highest number) now."""
    now = (time.clock_gettime_ns(time.CLOCK_BOOTTIME), time.time_ns())
    records = tuple(
        Record(number, Cycle("boot", ClockQuality.SYNCHRONISED, _cycle(readings, age, now, dice)))
        for number, age in ((one, sequences.stop - 1 - one + (lane is Lane.HISTORY)) for one in sequences)
    )
    whole = msgspec.msgpack.encode(Batch("x", _EPOCH, "boot", *now, lane, records, version="herd"))
    rest = whole[3:]  # behind the array's head and the name, which is one letter
    squeezing = zlib.compressobj(wbits=-15)
    return Mould(whole[:1], rest, squeezing.compress(rest) + squeezing.flush())


def play(herd: Herd) -> Score:
    """Until every agent of this process has delivered all; runs in a process of its own."""
    return asyncio.run(_play(herd))


async def _play(herd: Herd) -> Score:
    dice, score = random.Random(herd.seed + herd.first), Score()
    loads = (
        mould(Lane.LIVE, range(herd.cycles, herd.cycles + 1), herd.readings, dice),
        mould(Lane.HISTORY, range(1, herd.cycles), herd.readings, dice),
    )
    begun = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for number in range(herd.first, herd.agents, herd.step):
            first = herd.within_seconds * dice.random()
            tasks.create_task(_agent(number, loads, herd.port, begun, first, random.Random(dice.random()), score))
    score.lasted_seconds = time.monotonic() - begun
    return score


async def _agent(  # noqa: PLR0913, PLR0917 - one agent's whole world
    number: int,
    loads: tuple[Mould, ...],
    port: int,
    begun: float,
    first: float,
    dice: random.Random,
    score: Score,
) -> None:
    await asyncio.sleep(first)
    failures = 0
    for place, load in enumerate(loads):
        while True:
            since = time.monotonic()
            score.came[int(since - begun)] += 1
            status, retry_after = await post(port, token(number), load.body(name(number)))
            score.answers[status] += 1
            if status == "200":
                break
            failures += 1
            await asyncio.sleep(wait_seconds(failures, dice.random(), BackoffSettings(), retry_after))
        failures = 0
        score.accepted_seconds.append(time.monotonic() - since)
        if place == 0:
            score.live_seconds = max(score.live_seconds, time.monotonic() - begun)


async def post(port: int, secret: str, body: bytes, trust: ssl.SSLContext | None = None) -> tuple[str, float | None]:
    """Send a batch over a connection of its own; gives the status, or ``away``, and what Retry-After asked for."""
    head = (
        f"POST /api/v1/batches HTTP/1.1\r\nHost: herd\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust)
            try:
                writer.write(head.encode() + body)
                answer = await reader.read()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return "away", None
    status = answer.split(b" ", 2)[1].decode("ascii", "replace") if b" " in answer else "away"
    told = [line for line in answer.lower().split(b"\r\n") if line.startswith(b"retry-after: ")]
    return status, float(told[0].split()[1]) if told else None


def _cycle(readings: int, age: int, now: tuple[int, int], dice: random.Random) -> tuple[Reading, ...]:
    return tuple(_reading(place, age * _PERIOD_NS + place * _SECOND_NS // 4, now, dice) for place in range(readings))


def _reading(place: int, age_ns: int, now: tuple[int, int], dice: random.Random) -> Reading:
    rtt_seconds = dice.uniform(0.005, 0.05)
    return Reading(
        check="ping",
        kind="icmp",
        site=_SITE,
        target=f"router-{place}",
        role="router",
        outcome=Outcome.OK,
        started_monotonic_ns=now[0] - age_ns,
        started_wall_ns=now[1] - age_ns,
        duration_ns=int(rtt_seconds * _SECOND_NS),
        samples=(
            Sample("probe_success", 1.0),
            Sample("phusong_ping_train_loss_ratio", 0.0),
            Sample("phusong_ping_train_rtt_median_seconds", rtt_seconds),
            Sample("phusong_ping_packets_sent_total", float(dice.randrange(10**6))),
        ),
    )
