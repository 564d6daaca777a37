"""The collector's composition root: who gets what, opened and closed in order; it holds no rule of its own."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from starlette.routing import BaseRoute

from collector.calendar.maintenance import Book
from collector.copying import Tally
from collector.doors import doors
from collector.evaluation import Evaluation
from collector.exposition.discovery import targets
from collector.forward.ledger import Ledger
from collector.forward.opening import open_forwarding
from collector.identity.records import KeyState
from collector.identity.room import IdentityRoom, open_identity_room
from collector.ingest.chronicle import open_chronicle
from collector.ingest.opening import open_inbox
from collector.ingest.shortage import Noting
from collector.ingest.sqlite import SqliteInbox
from collector.inventory.site import Inventory
from collector.journal.sqlite import SqliteJournal, open_sqlite_journal, read_sqlite_journal
from collector.last_day import LastDay, Reader, read_back
from collector.notify.opening import Notify, Surroundings, open_notify
from collector.pages.maintenance import MaintenanceFile
from collector.pages.routes import Shown, page_routes, upkeep_routes
from collector.pages.sheet import Sheets
from collector.pages.stock import Stock
from collector.people.look import Look
from collector.people.opening import People, open_door
from collector.people.readers import Readers
from collector.pipeline import Pipeline
from collector.replay import replay
from collector.series.latest import Latest
from collector.series.store import SeriesStore
from collector.settings import CollectorSettings
from collector.telemetry import Telemetry
from collector.timekeeping.cautious import CautiousClock
from collector.timekeeping.opening import open_watch
from collector.timekeeping.watch import Watch
from collector.tokens import only_of_themselves
from collector.wall.feed import Feed
from collector.wall.pages import Pages
from collector.wall.routes import routes
from collector.wall.screens import Screens
from collector.web import Front, application
from shared.clock import Clock, SystemClock
from shared.clock_quality import clock_quality
from shared.logs import Limited
from shared.release import release, written_ns
from shared.wire.codec import Limits

_SECOND_NS = 1_000_000_000


@dataclass(frozen=True)
class Collector:
    """What is open while the collector runs."""

    app: Front
    feed: Feed
    inbox: SqliteInbox
    telemetry: Telemetry
    evaluate_for_ever: Callable[[], "asyncio.Future[None]"]
    keys: IdentityRoom
    people: People
    copies: Mapping[str, Callable[[Path], Awaitable[Tally]]] = field(default_factory=dict)
    """What copies the smaller databases, by kind."""
    notify: Notify | None = None
    """None where nobody is told."""
    day: LastDay = field(default_factory=LastDay)
    """Loss and RTT of the last day, for the next turn."""
    clock: Clock = field(default_factory=SystemClock)
    """It shows no time that cannot be."""
    unsure: Callable[[], str] = str
    """Why what goes by the wall clock must wait; empty where nothing need."""


@asynccontextmanager
async def open_collector(
    settings: CollectorSettings, inventory: Inventory, machine: Clock, log: logging.Logger, day: LastDay | None = None
) -> AsyncIterator[Collector]:
    """All but the sockets; ``day``: what an earlier turn kept. Raises OSError or sqlite3.Error."""
    async with AsyncExitStack() as stack:
        clock, telemetry = CautiousClock(machine, clock_quality, written_ns()), Telemetry(release())
        inbox = await stack.enter_async_context(_inbox(settings, telemetry, clock, log))
        watch = await stack.enter_async_context(open_watch(clock, inbox.stamps, telemetry.clock_doubtful.set, log))
        journal = stack.enter_context(open_sqlite_journal(settings.state / "journal.sqlite"))
        keys = await stack.enter_async_context(_keys(settings))
        agents, gone = await _agents(settings, keys)
        series, zone = SeriesStore(settings.series), ZoneInfo(settings.retention.time_zone)
        known, limits = day or LastDay(), _limits(settings)
        maintenance = Book(settings.maintenance_file, inventory, zone, Limited(log, clock))
        judging = _judging(settings, maintenance)
        pipeline = judging(inventory, agents, series, journal, quality=None if day else known.quality, gone=gone)
        await known.begin(inbox, pipeline, await replay(inbox, pipeline, clock, limits), clock.wall_ns())
        ledger = await stack.enter_async_context(_forwarding(settings, inventory, inbox, telemetry, watch, clock, log))
        around = partial(Surroundings, settings.state, settings.judgement, inventory, journal, maintenance, zone)
        beside = around(telemetry.registry, clock, log, watch.holds_calls)
        notify = await stack.enter_async_context(open_notify(settings.notify, beside))
        people = await stack.enter_async_context(_people(settings, keys, clock, zone, log))
        feed = _feed(settings, notify)
        state = Evaluation(pipeline, series, telemetry, clock, feed, settings.evaluate_seconds, log, inbox, keys, watch)
        shown = Shown(inventory, journal, known.quality, partial(_fresh, series, clock), clock, _reading(settings))
        pages = _pages(state, settings, shown, zone, notify, Limited(log, clock))
        app = application(
            doors(settings, state, clock.vouched_ns),
            [*people.routes, *pages, *(notify.routes if notify else ())],
            fleet=state.fleet_page,
            registry=telemetry.registry,
            discovery=lambda kind: targets(kind, shown.fresh()),
            ready=state.missing,
            gate=people.gate,
        )
        copies = _copies(notify, people, journal, ledger)
        reader = Reader(known, inbox, pipeline, limits, only_of_themselves(settings, agents), clock, log)
        await stack.enter_async_context(read_back(reader))
        opened = partial(Collector, app, feed, inbox, telemetry, state.begin, keys, people, copies, notify, known)
        yield opened(clock, watch.excuse)


def _inbox(
    settings: CollectorSettings, telemetry: Telemetry, clock: Clock, log: logging.Logger
) -> AbstractAsyncContextManager[SqliteInbox]:
    reserve_bytes = settings.retention.disk_reserve_bytes
    telemetry.disk_reserve.set(reserve_bytes)
    noting = Noting(telemetry.disk_free.set, telemetry.pruned_early.inc, Limited(log, clock))
    return open_inbox(settings.state, reserve_bytes, noting, clock)


def _keys(settings: CollectorSettings) -> AbstractAsyncContextManager[IdentityRoom]:
    return open_identity_room(settings.state / "identity.sqlite", settings.enrolment.keys_a_day)


def _judging(settings: CollectorSettings, maintenance: Book) -> partial[Pipeline]:
    build = f"{release()}-{secrets.token_hex(4)}"  # pages that another run drew load themselves anew
    judging = partial(Pipeline, settings=settings.judgement, build=build)
    return partial(judging, maintained=maintenance.of_site, worked_on=maintenance.of_link)


def _fresh(series: SeriesStore, clock: Clock) -> Iterable[Latest]:
    return series.fresh(clock.monotonic_ns())


def _reading(settings: CollectorSettings) -> Callable[[], AbstractContextManager[SqliteJournal]]:
    """Opens the journal once more, to be read from another thread."""
    return partial(read_sqlite_journal, settings.state / "journal.sqlite")


def _copies(
    notify: Notify | None, people: People, journal: SqliteJournal, ledger: Ledger | None
) -> dict[str, Callable[[Path], Awaitable[Tally]]]:
    """What was told is copied before what it is about: a restore repeats a message rather than forgetting one."""
    told: dict[str, Callable[[Path], Awaitable[Tally]]] = {} if notify is None else {"notify": notify.outbox.copy}
    sent = {} if ledger is None else {"forward": ledger.copy}
    return {**told, "people": people.room.copy, "journal": journal.copy, **sent}


async def _agents(settings: CollectorSettings, keys: IdentityRoom) -> tuple[dict[str, str], set[str]]:
    """The site of each agent, of those that enrolled and of those in the settings; those whose access is over."""
    every = await keys.read(lambda book: book.every_key())
    stated = {agent.name: agent.site for agent in settings.agents}
    welcome = {key.agent for key in every if key.state in {KeyState.ACTIVE, KeyState.SUSPECT}} | stated.keys()
    sites = {key.agent: key.site for key in every} | stated
    return sites, sites.keys() - welcome


def _feed(settings: CollectorSettings, notify: Notify | None) -> Feed:
    tried = settings.notify is not None and settings.notify.trial_at
    return Feed(notify.teller.last_proven_ns if notify is not None and tried else None)


def _pages(  # noqa: PLR0913, PLR0917 - what the pages stand on
    state: Evaluation,
    settings: CollectorSettings,
    shown: Shown,
    zone: ZoneInfo,
    notify: Notify | None,
    complain: Limited,
) -> list[BaseRoute]:
    feed, clock, look, note = state.feed, shown.clock, settings.wall, state.telemetry.drawn
    sheets = Sheets(feed, look, zone)
    beside = page_routes(sheets, shown, None if notify is None else notify.teller, look.outlines, complain)
    stock = Stock(settings.versions_file, str(settings.inventory or ""), clock)
    beside += upkeep_routes(sheets, stock, MaintenanceFile(settings.maintenance_file, shown.inventory, zone, clock))
    screens = Screens(look.screens, look.fresh_seconds, note)
    for name in look.screens:
        note(name, clock.wall_ns() / _SECOND_NS)

    def report(body: bytes) -> None:
        screens.take(body, feed.latest, clock.wall_ns() / _SECOND_NS)

    return [*routes(feed, Pages(feed, look, clock, zone), report), *beside]


@asynccontextmanager
async def _people(
    settings: CollectorSettings, keys: IdentityRoom, clock: Clock, zone: ZoneInfo, log: logging.Logger
) -> AsyncIterator[People]:
    look = Look(settings.wall.title, settings.wall.language, zone)
    readers = Readers(settings.listen.figures_from)
    async with (
        open_door(settings.state / "people.sqlite", settings.people, readers, clock, look, log) as people,
        open_chronicle(keys, people.room, clock, log),
    ):
        yield people


@asynccontextmanager
async def _forwarding(  # noqa: PLR0913, PLR0917 - what the room wants to know
    settings: CollectorSettings,
    inventory: Inventory,
    inbox: SqliteInbox,
    telemetry: Telemetry,
    watch: Watch,
    clock: Clock,
    log: logging.Logger,
) -> AsyncIterator[Ledger | None]:
    """What waits to be forwarded is kept as long as there is room."""
    async with open_forwarding(
        settings.forward,
        settings.state / "forward.sqlite",
        inbox,
        hubs={site.id: site.hub for site in inventory.sites},
        series=settings.series,
        limits=_limits(settings),
        registry=telemetry.registry,
        clock=clock,
        log=log,
        held=lambda: bool(watch.why),
    ) as ledger:
        if ledger is not None:
            inbox.keep_behind(ledger.reached)
        yield ledger


def _limits(settings: CollectorSettings) -> Limits:
    return Limits(encoded_bytes=settings.ingest.encoded_bytes, decoded_bytes=settings.ingest.decoded_bytes)
