"""A million readings through a wire that misbehaves: the set that is stored is the set that was produced."""

import asyncio
import random
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

from agent.identity.card import read_card
from agent.uplink.connection import AwayError
from collector.ingest.inbox import Parcel
from collector.ingest.sqlite import SqliteInbox, open_sqlite_inbox
from lab.prove import Finding, Proof, Trial
from lab.prove.door import open_door
from lab.prove.member import SITE, Member, Start, join, member, renew
from lab.prove.relay import Relay
from shared.clock import SystemClock
from shared.wire.codec import Limits, decode_batch, encode_cycle
from shared.wire.reading import ClockQuality, Cycle, Outcome, Reading

_READINGS = 100
_LIFE_CYCLES = 500
_TRIES = 100_000
_ROTATIONS = 0.03
"""Share of cycles after which the machine's key is renewed: 90 days of work pass quickly here."""


class _Forgetful:
    """Broken on purpose: an inbox that takes whatever comes for new."""

    def __init__(self, inbox: SqliteInbox) -> None:
        self._inbox = inbox
        self._number = 0

    async def store(self, parcel: Parcel) -> frozenset[int]:
        """Store it under a name of its own."""
        self._number += 1
        epoch = f"{parcel.epoch}-{self._number}"
        return await self._inbox.store(
            Parcel(
                agent=parcel.agent,
                epoch=epoch,
                sequences=parcel.sequences,
                received_wall_ns=parcel.received_wall_ns,
                body=parcel.body,
            )
        )


def _run(trial: Trial) -> Finding:
    return asyncio.run(_prove(trial))


async def _prove(trial: Trial) -> Finding:
    dice = random.Random(trial.seed)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        inbox = await stack.enter_async_context(open_sqlite_inbox(folder / "inbox.sqlite"))
        taking = _Forgetful(inbox) if trial.sabotage else inbox
        door = await stack.enter_async_context(open_door(inbox=taking))  # type: ignore[arg-type]
        door.taker = lambda _: False
        relay = Relay(door, dice)
        state = folder / "agent"
        await join(door, state, dice)
        produced = rotated = 0
        while produced < trial.count:
            last = produced + min(_LIFE_CYCLES * _READINGS, trial.count - produced)
            rotated += await _life(relay, state, range(produced, last), drain=last == trial.count)
            produced = last
            trial.tell(f"{produced:,} readings")
        while relay.kept:
            await relay.deliver_kept()
        stored = await _stored(inbox)
        suspects = len(await door.keys.read(lambda book: book.suspects()))
    lost = produced - len(stored)
    twice = sum(count > 1 for count in stored.values())
    seen = ", ".join(f"{name} {count}" for name, count in sorted(relay.seen.items()))
    refused = relay.statuses[401] + relay.statuses[403]
    key = f"{rotated} rotations, {suspects} suspected, {refused} answers that refused the key"
    return Finding(produced, lost + twice + suspects + refused, (f"{lost} lost, {twice} twice", key, seen))


async def _life(relay: Relay, state: Path, numbers: range, *, drain: bool) -> int:
    """One run of the agent's program; it ends with records still waiting, except where it drains. Gives rotations."""
    card, rotated = read_card(state), 0
    if card is None:
        raise FileNotFoundError(state)
    draw = relay.dice.random
    async with member(Start(state, card, SystemClock(), lambda: ClockQuality.UNKNOWN, draw), relay) as agent:
        for at in range(numbers.start, numbers.stop, _READINGS):
            await agent.desk.do(agent.desk.spool.put, _cycle(numbers[at - numbers.start :][:_READINGS]), at)
            if draw() < 0.5:
                await _try(agent)
            if draw() < _ROTATIONS:
                rotated += await _rotate(relay, state)
        tries = 0
        while drain and await _try(agent) is not None:
            tries += 1
            if tries > _TRIES:
                raise TimeoutError(f"records still wait after {_TRIES} tries")
    return rotated


async def _rotate(relay: Relay, state: Path) -> bool:
    """As the command beside the running program; where the line breaks it the next try is for the same key."""
    try:
        await renew(relay.carry, state, relay.dice.randbytes(32))
    except AwayError:
        return False
    return True


async def _try(agent: Member) -> float | None:
    try:
        return await agent.courier.deliver()
    except AwayError:
        return 0.0


def _cycle(numbers: range) -> bytes:
    """A reading's number stands where its time does."""
    readings = tuple(Reading("ping", "icmp", SITE, "r", "router", Outcome.OK, number, 0, 1) for number in numbers)
    return encode_cycle(Cycle("boot", ClockQuality.UNKNOWN, readings))


async def _stored(inbox: SqliteInbox) -> Counter[int]:
    """How often each reading stands in the inbox."""
    found: Counter[int] = Counter()
    after = 0
    while parcels := await inbox.from_row(after, 100):
        for parcel in parcels:
            after = parcel.number
            fresh = set(parcel.fresh)
            records = decode_batch(parcel.body, Limits()).records
            found.update(r.started_monotonic_ns for one in records if one.sequence in fresh for r in one.cycle.readings)
    return found


PROOF = Proof("exactly-once", "each reading once, whatever the wire does", 1_000_000, 20_000, _run)
