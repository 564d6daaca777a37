"""Boots in 1970, 2000 and 2098, steps, power cuts: nothing lost, no false alarm, and stamps put right."""

import asyncio
import random
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from agent.committer import Committer
from agent.identity.card import read_card
from agent.uplink.answer import Reply
from agent.uplink.connection import AwayError
from collector.arrival import Arrival
from collector.inventory.site import Inventory, Site
from collector.journal.memory import MemoryJournal
from collector.judgement.settings import JudgementSettings
from collector.picture import State
from collector.pipeline import Pipeline
from collector.series.placing import Trust, place
from collector.series.settings import SeriesSettings
from collector.series.store import SeriesStore
from lab.prove import Finding, Proof, Trial
from lab.prove.door import BATCHES, Door, open_door
from lab.prove.member import SITE, Member, Start, join, member
from lab.prove.stepping_clock import SteppingClock, TrueTime
from shared.release import BUILT_NS
from shared.wire.reading import ClockQuality, Outcome, Reading

_SECOND_NS = 1_000_000_000
_DAY_NS = 86_400 * _SECOND_NS
_WOKEN_NS = (0, 946_684_800 * _SECOND_NS, 4_039_372_800 * _SECOND_NS)
"""1970, 2000, 2098."""
_STEPS_NS = tuple(sign * size for sign in (-1, 1) for size in (_SECOND_NS, 60 * _SECOND_NS, _DAY_NS))
_RIGHT_NS = 2 * _SECOND_NS
_CYCLE_SECONDS = 10.0
_AWAY = 30


@dataclass
class _Ledger:
    """The truth, and what the collector made of it."""

    door: Door
    pipeline: Pipeline
    collector: SteppingClock
    careless: bool
    truth: dict[int, tuple[str, int]] = field(default_factory=dict)
    """Boot and true time of each reading by its number."""
    placed: dict[int, tuple[Trust | None, int]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    """Boots of which the true time was known, and kept, at some moment."""
    false_alarms: int = 0

    def take(self, arrival: Arrival) -> bool:
        """What the door stored."""
        for record in arrival.fresh:
            for reading in record.cycle.readings:
                found = place(reading, record.cycle, arrival.batch, arrival.received_wall_ns)
                stamp_ns = arrival.received_wall_ns - found.age_ns if found else 0
                trust = found.trust if found else None
                if self.careless:
                    trust, stamp_ns = Trust.SYNCHRONISED, reading.started_wall_ns
                self.placed[reading.duration_ns] = (trust, stamp_ns)
        return self.pipeline.accept(arrival)

    def judge(self) -> None:
        """One evaluation; the target was there all the time, so that neither down nor degraded is true."""
        picture = self.pipeline.evaluate(self.collector.wall_ns(), self.collector.monotonic_ns())
        states = {view.verdict.state for view in picture.sites}
        self.false_alarms += bool(states & {State.DOWN, State.DEGRADED})

    def finding(self) -> Finding:
        """Against the truth."""
        lost = len(self.truth.keys() - self.placed.keys())
        wrong = unrepaired = flagged = 0
        for number, (trust, stamp_ns) in self.placed.items():
            boot, true_ns = self.truth[number]
            right = abs(stamp_ns - true_ns) <= _RIGHT_NS
            vouched = trust not in {None, Trust.UNSYNCHRONISED}
            wrong += vouched and not right
            unrepaired += boot in self.known and not vouched
            flagged += not vouched
        repaired = sum(trust is Trust.REPAIRED for trust, _ in self.placed.values())
        seen = (
            f"{lost} lost, {wrong} vouched for and wrong, {unrepaired} not repaired, {self.false_alarms} false alarms",
            f"{repaired:,} repaired, {flagged:,} of boots of which nothing was known: told apart",
        )
        return Finding(len(self.truth), lost + wrong + unrepaired + self.false_alarms, seen)


def _run(trial: Trial) -> Finding:
    return asyncio.run(_prove(trial))


async def _prove(trial: Trial) -> Finding:
    dice, true = random.Random(trial.seed), TrueTime(BUILT_NS + 30 * _DAY_NS)
    collector = SteppingClock(true, "collector", 0)
    async with AsyncExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        door = await stack.enter_async_context(open_door(clock=collector))
        series = SeriesStore(SeriesSettings())
        inventory = Inventory((Site(id=SITE, name="Commune"),))
        pipeline = Pipeline(
            inventory, {SITE: "province"}, series, MemoryJournal(), settings=JudgementSettings(), build="proof"
        )
        ledger = _Ledger(door, pipeline, collector, trial.sabotage)
        door.taker = ledger.take
        await join(door, state, dice)
        for boot in range(trial.count):
            await _boot(_Boot(f"boot-{boot}", dice, true, ledger, last=boot == trial.count - 1), state)
            true.pass_seconds(dice.choice((5, 600, 86_400)))
            if boot % 100 == 99:
                trial.tell(f"{boot + 1} boots")
    return ledger.finding()


@dataclass
class _Boot:
    name: str
    dice: random.Random
    true: TrueTime
    ledger: _Ledger
    last: bool
    online: bool = False

    async def wire(self, body: bytes, headers: dict[str, str]) -> Reply:
        """The line, where it is there; an answer takes its time."""
        if not self.online:
            raise AwayError("no route to host")
        self.true.pass_seconds(self.dice.random())
        reply = await self.ledger.door.ask(BATCHES, body, headers)
        self.true.pass_seconds(self.dice.random())
        return reply

    def clock(self) -> SteppingClock:
        """As it wakes up."""
        woken = self.dice.choice((*_WOKEN_NS, None, None))
        offset_ns = self.dice.choice((0, *_STEPS_NS)) if woken is None else woken - self.true.now_ns
        return SteppingClock(self.true, self.name, offset_ns)


async def _boot(boot: _Boot, state: Path) -> None:
    clock, dice = boot.clock(), boot.dice
    card = read_card(state)
    if card is None:
        raise FileNotFoundError(state)
    reachable = boot.last or dice.random() < 0.4
    async with member(Start(state, card, clock, lambda: clock.quality, dice.random), boot.wire) as agent:
        committer = Committer(agent.desk, clock, agent.times.quality)
        synchronised_at = dice.choice((None, None, dice.randrange(_AWAY)))
        for cycle in range(dice.randrange(2, _AWAY)):
            boot.online = reachable and dice.random() < 0.5
            readings = _readings(boot, clock)
            if cycle == synchronised_at:
                clock.synchronise()
            elif dice.random() < 0.1:
                clock.offset_ns += dice.choice(_STEPS_NS)
                clock.quality = ClockQuality.UNSYNCHRONISED
            await committer.commit(readings)
            await agent.times.keep()
            if agent.times.offset_ns() is not None:
                boot.ledger.known.add(boot.name)
            await _deliver(agent)
            boot.ledger.judge()
        boot.online = boot.last or boot.online
        await _deliver(agent)


def _readings(boot: _Boot, clock: SteppingClock) -> tuple[Reading, ...]:
    """Three of a cycle, each with its number for a duration."""
    found = []
    for _ in range(3):
        boot.true.pass_seconds(_CYCLE_SECONDS / 3)
        number = len(boot.ledger.truth)
        boot.ledger.truth[number] = (boot.name, boot.true.now_ns)
        stamps = (clock.monotonic_ns(), clock.wall_ns())
        found.append(Reading("ping", "icmp", SITE, "router", "router", Outcome.OK, *stamps, number))
    return tuple(found)


async def _deliver(agent: Member) -> None:
    """Until nothing waits, or the collector is away."""
    for _ in range(1000):
        pause = await agent.courier.deliver()
        if pause is None or pause > 0:
            return


PROOF = Proof("any-clock", "any clock: nothing lost, no false alarm, stamps right within 2 s", 3_000, 20, _run)
