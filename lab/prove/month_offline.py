"""An agent that is offline for a month: every reading comes afterwards, the newest state first."""

import asyncio
import random
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from agent.committer import Committer
from agent.identity.card import read_card
from agent.spool.quota import SpoolSettings
from agent.uplink.answer import Reply
from agent.uplink.connection import AwayError
from collector.arrival import Arrival
from lab.cycles import cycles_of
from lab.prove import Finding, Proof, Trial
from lab.prove.door import BATCHES, Door, open_door
from lab.prove.member import SITE, Member, Start, join, member
from lab.prove.stepping_clock import SteppingClock, TrueTime
from shared.release import BUILT_NS
from shared.wire.reading import ClockQuality, Outcome, Reading

_CYCLES_AN_HOUR = 360
_LIVE_SECONDS = 60.0
_RETURNS = 200
_QUOTA_MEGABYTES = 200
_MEGABYTE = 1024 * 1024


@dataclass
class _Line:
    """There or not; an answer takes a tenth of a second."""

    door: Door
    true: TrueTime
    up: bool = False

    async def __call__(self, body: bytes, headers: dict[str, str]) -> Reply:
        if not self.up:
            raise AwayError("no route to host")
        self.true.pass_seconds(0.1)
        return await self.door.ask(BATCHES, body, headers)


@dataclass
class _Seen:
    """What arrived: which cycles, in what order."""

    cycles: set[int] = field(default_factory=set)
    first: int | None = None
    batches: int = 0
    readings: int = 0

    def take(self, arrival: Arrival) -> bool:
        self.batches += 1
        for record in arrival.fresh:
            number = record.cycle.readings[0].duration_ns
            self.first = number if self.first is None else self.first
            self.cycles.add(number)
            self.readings += len(record.cycle.readings)
        return False


def _run(trial: Trial) -> Finding:
    return asyncio.run(_prove(trial))


async def _prove(trial: Trial) -> Finding:
    dice, true, seen = random.Random(trial.seed), TrueTime(BUILT_NS), _Seen()
    clock = SteppingClock(true, "boot", 0)
    quota = SpoolSettings(quota_megabytes=1) if trial.sabotage else SpoolSettings()
    async with AsyncExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        door = await stack.enter_async_context(open_door(clock=SteppingClock(true, "collector", 0)))
        door.taker = seen.take
        await join(door, state, dice)
        card = read_card(state)
        if card is None:
            raise FileNotFoundError(state)
        line = _Line(door, true)
        start = Start(state, card, clock, lambda: ClockQuality.UNKNOWN, dice.random, quota)
        agent = await stack.enter_async_context(member(start, line))
        committer = Committer(agent.desk, clock, agent.times.quality)
        worst = [await _outage(agent, line, committer, dice) for _ in range(_RETURNS)]
        slow = sum(seconds > _LIVE_SECONDS for seconds in worst)
        line.up, cycles, before = False, trial.count * _CYCLES_AN_HOUR, len(seen.cycles)
        made = 0
        for number, readings in cycles_of(SITE, clock, dice, cycles):
            await committer.commit(readings)
            made += len(readings)
            true.pass_seconds(10.0)
            if number % 8640 == 0:
                trial.tell(f"{number // _CYCLES_AN_HOUR} hours offline, {_size(state):.1f} MB")
        kept = _size(state)
        line.up, seen.first, seen.batches, seen.readings = True, None, 0, 0
        while await agent.courier.deliver() is not None:
            pass
    missing = cycles - len(seen.cycles) + before
    live_first = seen.first == cycles
    broken = missing + slow + (not live_first) + (made != seen.readings) + (kept > _QUOTA_MEGABYTES)
    told = (
        f"{cycles:,} cycles, {made:,} readings: {missing} missing; the newest came first: {live_first}",
        f"spool {kept:.1f} MB, {kept / trial.count * 720:.0f} MB a month",
        f"{_RETURNS} returns of the line: live state after {max(worst):.0f} s at most",
    )
    return Finding(cycles, broken, told)


async def _outage(agent: Member, line: _Line, committer: Committer, dice: random.Random) -> float:
    """A shorter outage; gives the seconds from the line's return until nothing waited."""
    line.up = False
    await committer.commit((Reading("ping", "icmp", SITE, "r", "router", Outcome.OK, 0, 0, -dice.getrandbits(60)),))
    back_ns = line.true.now_ns + int(dice.uniform(0, 3600) * 1e9)
    while True:
        pause = await agent.courier.deliver()
        if pause is None:
            return (line.true.now_ns - back_ns) / 1e9
        line.true.pass_seconds(pause)
        line.up = line.true.now_ns >= back_ns


def _size(state: Path) -> float:
    return sum(path.stat().st_size for path in (state / "spool").glob("spool.sqlite*")) / _MEGABYTE


PROOF = Proof("month-offline", "30 days offline: all of it comes, the newest first, within 200 MB", 720, 24, _run)
