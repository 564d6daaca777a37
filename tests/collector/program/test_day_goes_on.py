"""The last day of a site outlives a change of the inventory and a restart, and nothing is in it twice."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from collector.assembly import Collector, open_collector
from collector.ingest.inbox import InboxFailedError, Parcel, StoredParcel
from collector.ingest.memory import MemoryInbox
from collector.inventory.site import Inventory, Site
from collector.journal.memory import MemoryJournal
from collector.judgement.settings import JudgementSettings
from collector.last_day import LastDay, Reader
from collector.pipeline import Pipeline
from collector.series.quality import Day
from collector.series.settings import SeriesSettings
from collector.series.store import SeriesStore
from collector.settings import CollectorSettings, KnownAgent
from shared.clock import SystemClock
from shared.secret import Secret
from shared.wire.codec import Limits, encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample

SECOND_NS = 1_000_000_000
HOUR_S = 3600
CLOCK = SystemClock()
AGENTS = [KnownAgent(name="province", site="centre", token=Secret("t" * 32))]
PATIENCE_S = 20.0


def parcel(sequence: int, loss: float, ago_s: int = 0, agent: str = "province") -> Parcel:
    """A train that the province's agent sent to the site ``a`` ten seconds before the batch, which came long ago."""
    now_ns, boot_ns = CLOCK.wall_ns() - ago_s * SECOND_NS, 1000 * SECOND_NS
    values = {"phusong_ping_train_sent_packets": 5.0, "phusong_ping_train_loss_ratio": loss}
    samples = tuple(Sample(name, value) for name, value in values.items())
    at_ns = boot_ns - 10 * SECOND_NS
    reading = Reading("ping", "icmp", "a", "router", "router", Outcome.OK, at_ns, now_ns - 10 * SECOND_NS, 1, samples)
    records = (Record(sequence, Cycle("boot", ClockQuality.SYNCHRONISED, (reading,))),)
    body = encode_batch(Batch(agent, "e", "boot", boot_ns, now_ns, Lane.LIVE, records))
    return Parcel(agent=agent, epoch="e", sequences=(sequence,), received_wall_ns=now_ns, body=body)


def day_of(collector: Collector) -> Day:
    return collector.day.quality.day("a", CLOCK.wall_ns() / SECOND_NS)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - what is polled knows of no test
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("carried", [True, False])
async def test_a_day_goes_on_where_all_else_is_opened_anew(tmp_path: Path, carried: bool) -> None:
    settings, log = CollectorSettings(state=tmp_path, agents=AGENTS), logging.getLogger("turns")
    first = Inventory((Site(id="a", name="a"),))
    second = Inventory((Site(id="a", name="b"),))

    async with open_collector(settings, first, CLOCK, log) as collector:
        await collector.inbox.store(parcel(1, 0.2))
        assert day_of(collector).slots == ()
    async with open_collector(settings, first, CLOCK, log) as collector:
        (read_back,) = day_of(collector).slots
        day = collector.day
    async with open_collector(settings, second, CLOCK, log, day if carried else None) as collector:
        (slot,) = day_of(collector).slots
        since_s = day_of(collector).since_s

    assert (slot.sent, slot.loss_ratio) == (read_back.sent, read_back.loss_ratio) == (5, pytest.approx(0.2))
    assert (collector.day is day) is carried
    assert CLOCK.wall_ns() / SECOND_NS - since_s == pytest.approx(0, abs=60), "nothing ever arrived before"


async def test_a_restart_reads_the_whole_day_back_once_and_nothing_before_it(tmp_path: Path) -> None:
    """Batches of an hour each, of two days; the last quarter of an hour is what every start reads back by itself."""
    settings, log = CollectorSettings(state=tmp_path, agents=AGENTS), logging.getLogger("turns")
    inventory = Inventory((Site(id="a", name="a"),))
    async with open_collector(settings, inventory, CLOCK, log) as collector:
        for hours in range(47, -1, -1):
            await collector.inbox.store(parcel(48 - hours, 0.2 if hours % 2 else 0.4, hours * HOUR_S + 60))
    async with open_collector(settings, inventory, CLOCK, log) as collector:
        await collector.inbox.store(parcel(99, 1.0))
        await until(lambda: collector.day.unread == 0)
        day = day_of(collector)

    assert [slot.sent for slot in day.slots] == [5.0] * 24
    assert [slot.loss_ratio for slot in day.slots] == pytest.approx([0.2, 0.4] * 12)
    assert day.since_s <= CLOCK.wall_ns() / SECOND_NS - 24 * HOUR_S


@dataclass
class Held:
    """Time that goes on only when a pause is allowed."""

    pauses: int = 0
    allowed: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    def monotonic_ns(self) -> int:
        return CLOCK.monotonic_ns()

    def wall_ns(self) -> int:
        return CLOCK.wall_ns()

    def boot_id(self) -> str:
        return CLOCK.boot_id()

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0, "each piece of work is followed by a pause"
        self.pauses += 1
        await self.allowed.acquire()


def reader(day: LastDay, inbox: MemoryInbox, clock: Held, inside: frozenset[str] = frozenset()) -> Reader:
    journal, series = MemoryJournal(), SeriesStore(SeriesSettings())
    inventory, agents = Inventory((Site(id="a", name="a"),)), {"province": "centre", "a1": "a"}
    pipeline = Pipeline(inventory, agents, series, journal, settings=JudgementSettings(), build="b")
    return Reader(day, inbox, pipeline, Limits(), inside, clock, logging.getLogger("day"))


async def test_what_is_there_is_told_while_the_rest_is_read_and_a_change_of_the_inventory_goes_on_from_there() -> None:
    inbox, day = MemoryInbox(), LastDay()
    for hours in range(23, 0, -1):
        await inbox.store(parcel(24 - hours, 0.2, hours * HOUR_S))
    now_s, clock = CLOCK.wall_ns() / SECOND_NS, Held()
    first = reader(day, inbox, clock)
    await day.begin(inbox, first.pipeline, CLOCK.wall_ns() - 900 * SECOND_NS, CLOCK.wall_ns())
    assert day.quality.day("a", now_s).since_s == pytest.approx(now_s - 900, abs=1)
    reading = asyncio.create_task(first.read())
    for _ in range(8):  # of a portion, then of seven batches
        clock.allowed.release()
    await until(lambda: clock.pauses == 9)
    reading.cancel()
    await asyncio.wait([reading])
    half = day.quality.day("a", now_s)
    assert len(half.slots) == 8, "newest first"
    assert half.since_s == pytest.approx(now_s - 8 * HOUR_S, abs=2)

    second = reader(day, inbox, Held(allowed=asyncio.Semaphore(1000)))
    await day.begin(inbox, second.pipeline, CLOCK.wall_ns(), CLOCK.wall_ns())
    await second.read()

    assert [slot.sent for slot in day.quality.day("a", now_s).slots] == [5.0] * 23


class Failing(MemoryInbox):
    """A disk that is away for a while."""

    failures = 3

    async def from_row(self, after: int, limit: int) -> list[StoredParcel]:
        self.failures -= 1
        if self.failures >= 0:
            raise InboxFailedError("disk I/O error")
        return await super().from_row(after, limit)


async def test_a_disk_that_is_away_meanwhile_costs_nothing_of_the_day() -> None:
    inbox, day, clock = Failing(), LastDay(), Held(allowed=asyncio.Semaphore(1000))
    for number in range(1, 20):
        await inbox.store(parcel(number, 0.2, 2 * HOUR_S))
    reading = reader(day, inbox, clock)
    await day.begin(inbox, reading.pipeline, CLOCK.wall_ns(), CLOCK.wall_ns())
    await reading.read()

    assert [slot.sent for slot in day.quality.day("a", CLOCK.wall_ns() / SECOND_NS).slots] == [5.0 * 19]


async def test_agents_that_may_tell_of_their_own_site_only_cost_nothing() -> None:
    inbox, day, clock = MemoryInbox(), LastDay(), Held(allowed=asyncio.Semaphore(1000))
    for number in range(1, 40):
        await inbox.store(parcel(number, 0.2, 2 * HOUR_S, agent="a1" if number % 2 else "province"))
    reading = reader(day, inbox, clock, frozenset({"a1"}))
    await day.begin(inbox, reading.pipeline, CLOCK.wall_ns(), CLOCK.wall_ns())
    await reading.read()

    assert [slot.sent for slot in day.quality.day("a", CLOCK.wall_ns() / SECOND_NS).slots] == [5.0 * 19]
    assert clock.pauses == 3 + 19


async def test_a_collector_that_begins_with_nothing_has_figures_since_its_start() -> None:
    """It said a quarter of an hour earlier, which is how far back it would have read."""
    day, now_ns = LastDay(), CLOCK.wall_ns()
    await day.begin(MemoryInbox(), reader(day, MemoryInbox(), Held()).pipeline, now_ns - 900 * SECOND_NS, now_ns)

    assert day.quality.day("a", now_ns / SECOND_NS).since_s == pytest.approx(now_ns / SECOND_NS, abs=1e-3)


async def test_figures_begin_with_the_oldest_that_ever_arrived() -> None:
    inbox, day, now_ns = MemoryInbox(), LastDay(), CLOCK.wall_ns()
    await inbox.store(parcel(1, 0.2, 300))
    reading = reader(day, inbox, Held())
    await day.begin(inbox, reading.pipeline, now_ns - 900 * SECOND_NS, now_ns)

    assert day.quality.day("a", now_ns / SECOND_NS).since_s == pytest.approx(now_ns / SECOND_NS - 300, abs=2)
