"""Drawing the page of metrics: one drawing for all who ask, and turns for others while it lasts."""

import asyncio

import pytest

from collector.arrival import Arrival
from collector.exposition.page import page
from collector.inventory.site import Site
from collector.picture import Picture, SiteView, State, Verdict
from collector.press import Press
from collector.series.settings import SeriesSettings
from collector.series.store import SeriesStore
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample
from tests.peers.village import HandClock

SECOND_NS = 1_000_000_000


class CountingClock(HandClock):
    """A millisecond passes between two looks at it."""

    def monotonic_ns(self) -> int:
        self._now_ns += 1_000_000
        return self._now_ns


def picture(sequence: int) -> Picture:
    site = SiteView(site=Site(id="s1", name="x"), verdict=Verdict(state=State.UP, since_ns=0))
    return Picture(sequence=sequence, evaluated_at_ns=9 * SECOND_NS, build="b", sites=(site,), agents=())


def filled(series: int) -> SeriesStore:
    store = SeriesStore(SeriesSettings())
    samples = tuple(Sample("x", 1.0, (("n", str(n)),)) for n in range(series))
    reading = Reading("ping", "icmp", "s1", "r1", "router", Outcome.OK, SECOND_NS, 0, 1, samples)
    record = Record(1, Cycle("boot", ClockQuality.SYNCHRONISED, (reading,)))
    batch = Batch("a", "e", "boot", SECOND_NS, 0, Lane.LIVE, (record,))
    list(
        store.accept(
            Arrival(agent="a", received_wall_ns=0, received_monotonic_ns=SECOND_NS, batch=batch, fresh=(record,))
        )
    )
    return store


async def test_others_have_turns_while_a_page_is_drawn_and_it_is_the_whole_page() -> None:
    store, turns = filled(10_000), 0
    drawing = asyncio.create_task(Press(store, CountingClock()).page(picture(1)))
    while not drawing.done():
        await asyncio.sleep(0)
        turns += 1

    whole = b"".join(drawing.result())
    assert whole == page(picture(1), store.fresh(SECOND_NS), store.metrics())
    assert whole.count(b"\nx{") == 10_000
    assert turns >= 100


async def test_who_asks_while_a_page_is_drawn_gets_that_page_and_the_next_picture_gets_its_own() -> None:
    store = filled(10_000)
    press = Press(store, CountingClock())
    first, second = await asyncio.gather(press.page(picture(1)), press.page(picture(2)))

    assert first is second
    assert await press.page(picture(1)) is first
    assert await press.page(picture(2)) is not first
    assert await press.page(None) == ()


async def test_one_who_goes_away_takes_nobodys_page_with_him() -> None:
    press = Press(filled(10_000), CountingClock())
    gone = asyncio.create_task(press.page(picture(1)))
    stays = asyncio.create_task(press.page(picture(1)))
    await asyncio.sleep(0)
    gone.cancel()

    assert b"\nx{" in b"".join(await stays)
    with pytest.raises(asyncio.CancelledError):
        await gone
