"""The beat when its disk or its machine is in trouble: nothing unwritten is shown, readiness says why, it goes on."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from collector.evaluation import Evaluation
from collector.identity.room import open_identity_room
from collector.ingest.sqlite import open_sqlite_inbox
from collector.inventory.site import Inventory, Site
from collector.journal.sqlite import SqliteJournal, open_sqlite_journal
from collector.judgement.settings import JudgementSettings
from collector.pipeline import Pipeline
from collector.series.settings import SeriesSettings
from collector.series.store import SeriesStore
from collector.telemetry import Telemetry
from collector.timekeeping.cautious import CautiousClock
from collector.timekeeping.watch import Watch
from collector.wall.feed import Feed
from shared.clock import Clock
from shared.logs import Limited
from shared.wire.reading import ClockQuality
from tests.collector.timekeeping.test_watch import TRUE_NS, BadClock, arrival

HOUR_NS = 3_600_000_000_000


class SuspendedClock:
    """An hour passes whenever somebody looks; it notes how long somebody wants to sleep."""

    def __init__(self) -> None:
        self.now_ns = 1_795_582_800_000_000_000
        self.asked: list[float] = []

    def monotonic_ns(self) -> int:
        self.now_ns += HOUR_NS
        return self.now_ns

    def wall_ns(self) -> int:
        return self.now_ns

    def boot_id(self) -> str:
        return "boot"

    async def sleep(self, seconds: float) -> None:
        self.asked.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
async def beat(tmp_path: Path) -> AsyncIterator[tuple[Evaluation, SqliteJournal]]:
    async with opened(tmp_path, SuspendedClock()) as found:
        yield found


@asynccontextmanager
async def opened(tmp_path: Path, clock: Clock) -> AsyncIterator[tuple[Evaluation, SqliteJournal]]:
    series, inventory = SeriesStore(SeriesSettings()), Inventory((Site(id="1", name="x"),))
    async with open_sqlite_inbox(tmp_path / "inbox.sqlite") as inbox:
        with open_sqlite_journal(tmp_path / "journal.sqlite") as journal:
            async with open_identity_room(tmp_path / "identity.sqlite") as keys:
                pipeline = Pipeline(inventory, {}, series, journal, settings=JudgementSettings(), build="b")
                log = logging.getLogger("beat")
                own = CautiousClock(clock, lambda: ClockQuality.UNKNOWN)
                watch = Watch(own, inbox.stamps, lambda _: None, Limited(log, clock))
                yield Evaluation(pipeline, series, Telemetry("t"), clock, Feed(), 1.0, log, inbox, keys, watch), journal


async def turns(evaluation: Evaluation, number: int) -> None:
    clock = evaluation.clock
    assert isinstance(clock, SuspendedClock)
    begun, running = len(clock.asked), asyncio.ensure_future(evaluation.evaluate_for_ever())
    async with asyncio.timeout(10):
        while len(clock.asked) < begun + number and not running.done():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.001)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_machine_that_slept_in_the_midst_of_an_evaluation_does_not_sleep_twice_as_long_again(
    beat: tuple[Evaluation, SqliteJournal],
) -> None:
    """A collector whose machine was suspended for an hour judged nothing for two more."""
    evaluation, _ = beat
    await turns(evaluation, 2)

    assert isinstance(evaluation.clock, SuspendedClock)
    assert max(evaluation.clock.asked) == 10.0


async def test_a_picture_that_could_not_be_written_is_not_shown_and_readiness_says_why(
    beat: tuple[Evaluation, SqliteJournal],
) -> None:
    evaluation, journal = beat
    assert evaluation.missing() == "nothing was evaluated yet"
    journal._database.execute(
        "CREATE TEMP TRIGGER full BEFORE INSERT ON down BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    )
    await turns(evaluation, 2)
    assert evaluation.picture is None
    assert evaluation.feed.latest is None
    assert evaluation.missing() == "the journal cannot be written: database or disk is full"
    journal._database.execute("DROP TRIGGER full")
    await turns(evaluation, 1)

    assert evaluation.picture is not None
    assert evaluation.unwritten == ""


async def test_what_agents_clocks_show_comes_with_their_batches_and_counts_for_the_collectors_own(
    tmp_path: Path,
) -> None:
    machine = BadClock(TRUE_NS + 3 * 8766 * HOUR_NS)
    async with opened(tmp_path, machine) as (evaluation, _):
        await evaluation.watch.begin()
        for agent in ("a", "b", "c"):
            evaluation.accept(arrival(agent, machine.monotonic_ns(), TRUE_NS))
        await evaluation.watch.look()

        assert "those of agents" in evaluation.watch.why
