"""The last day of a site outlives a change of the inventory, and what is read back then is not in it twice."""

import logging
from pathlib import Path

import pytest

from collector.assembly import Collector, open_collector
from collector.ingest.inbox import Parcel
from collector.inventory.site import Inventory, Site
from collector.series.quality import Day
from collector.settings import CollectorSettings, KnownAgent
from shared.clock import SystemClock
from shared.secret import Secret
from shared.wire.codec import encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample

SECOND_NS = 1_000_000_000
CLOCK = SystemClock()


def parcel(sequence: int, loss: float) -> Parcel:
    """A train that the province's agent sent ten seconds ago to the site ``a``."""
    now_ns, boot_ns = CLOCK.wall_ns(), 1000 * SECOND_NS
    values = {"phusong_ping_train_sent_packets": 5.0, "phusong_ping_train_loss_ratio": loss}
    samples = tuple(Sample(name, value) for name, value in values.items())
    at_ns = boot_ns - 10 * SECOND_NS
    reading = Reading("ping", "icmp", "a", "router", "router", Outcome.OK, at_ns, now_ns - 10 * SECOND_NS, 1, samples)
    records = (Record(sequence, Cycle("boot", ClockQuality.SYNCHRONISED, (reading,))),)
    body = encode_batch(Batch("province", "e", "boot", boot_ns, now_ns, Lane.LIVE, records))
    return Parcel(agent="province", epoch="e", sequences=(sequence,), received_wall_ns=now_ns, body=body)


def day_of(collector: Collector) -> Day:
    return collector.day.day("a", CLOCK.wall_ns() / SECOND_NS)


@pytest.mark.parametrize("carried", [True, False])
async def test_a_day_goes_on_where_all_else_is_opened_anew(tmp_path: Path, carried: bool) -> None:
    agents = [KnownAgent(name="province", site="centre", token=Secret("t" * 32))]
    settings, log = CollectorSettings(state=tmp_path, agents=agents), logging.getLogger("turns")
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
    assert CLOCK.wall_ns() / SECOND_NS - since_s == pytest.approx(900, abs=60)
