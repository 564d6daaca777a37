"""The collector's composition root: who gets what, opened and closed in order; it holds no rule of its own."""

import asyncio
import contextlib
import logging
import secrets
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.arrival import Arrival
from collector.calendar.maintenance import Book
from collector.exposition.discovery import targets
from collector.exposition.page import page
from collector.forward.ledger import Ledger
from collector.forward.opening import open_forwarding
from collector.identity.room import IdentityFailedError, IdentityRoom, open_identity_room
from collector.ingest.accounts import Books
from collector.ingest.admission import Register
from collector.ingest.endpoint import BatchEndpoint
from collector.ingest.enrolment import EnrolEndpoint
from collector.ingest.entrance import Entrance
from collector.ingest.inbox import Inbox
from collector.ingest.reconciliation import Reconciliation
from collector.ingest.rotation import RotateEndpoint
from collector.ingest.sqlite import SqliteInbox, open_sqlite_inbox
from collector.inventory.site import Inventory
from collector.journal.sqlite import open_sqlite_journal
from collector.notify.opening import Notify, Surroundings, open_notify
from collector.pages.routes import Shown, page_routes
from collector.pages.sheet import Sheets
from collector.people.look import Look
from collector.people.opening import People, open_door
from collector.picture import Picture
from collector.pipeline import Pipeline
from collector.replay import replay
from collector.series.quality import Quality
from collector.series.store import SeriesStore
from collector.settings import CollectorSettings, KnownAgent
from collector.telemetry import Telemetry
from collector.wall.feed import Feed
from collector.wall.pages import Pages
from collector.wall.routes import routes
from collector.web import App, Front, application
from shared.clock import Clock
from shared.logs import Limited
from shared.release import release
from shared.secret import Secret, read_secret
from shared.wire.codec import Limits
from shared.wire.enrolment import PATH as ENROL
from shared.wire.enrolment import ROTATE_PATH as ROTATE

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
    copies: Mapping[str, Callable[[Path], Awaitable[None]]] = field(default_factory=dict)
    """What copies the smaller databases, by kind."""
    notify: Notify | None = None
    """None where nobody is told."""


@asynccontextmanager
async def open_collector(
    settings: CollectorSettings, inventory: Inventory, clock: Clock, log: logging.Logger
) -> AsyncIterator[Collector]:
    """Open everything but the sockets; what arrived lately is read back first.

    Raises OSError or sqlite3.Error where the state folder cannot be written.
    """
    async with AsyncExitStack() as stack:
        inbox = await stack.enter_async_context(open_sqlite_inbox(settings.state / "inbox.sqlite"))
        journal = stack.enter_context(open_sqlite_journal(settings.state / "journal.sqlite"))
        telemetry = Telemetry(release())
        series = SeriesStore(settings.series)
        keys = await stack.enter_async_context(open_identity_room(settings.state / "identity.sqlite"))
        agents = {key.agent: key.site for key in await keys.read(lambda book: book.every_key())}
        agents |= {agent.name: agent.site for agent in settings.agents}
        build = f"{release()}-{secrets.token_hex(4)}"
        zone, quality = ZoneInfo(settings.retention.time_zone), Quality()
        maintenance = Book(settings.maintenance_file, inventory, zone, Limited(log, clock))
        judging = partial(Pipeline, settings=settings.judgement, build=build, maintained=maintenance.of_site)
        pipeline = judging(inventory, agents, series, journal, quality=quality)
        await replay(inbox, pipeline, clock, _limits(settings))
        ledger = await stack.enter_async_context(_forwarding(settings, inventory, inbox, telemetry, clock, log))
        around = Surroundings(settings.state, inventory, journal, maintenance, zone, telemetry.registry, clock, log)
        notify = await stack.enter_async_context(open_notify(settings.notify, around))
        people = await stack.enter_async_context(_people(settings, clock, zone))
        copies = {"people": people.room.copy, "journal": journal.copy}
        copies |= {} if ledger is None else {"forward": ledger.copy}
        copies |= {} if notify is None else {"notify": notify.outbox.copy}
        state = _State(pipeline, series, telemetry, clock, Feed(), settings.evaluate_seconds, log, inbox, keys)
        shown = Shown(inventory, journal, quality, lambda: series.fresh(clock.monotonic_ns()), clock)
        pages = [*people.routes, *routes(state.feed, Pages(state.feed, settings.wall, clock, zone))]
        pages += page_routes(Sheets(state.feed, settings.wall, zone), shown)
        app = application(
            _doors(settings, state),
            [*pages, *(notify.routes if notify else ())],
            fleet=state.fleet_page,
            registry=telemetry.registry,
            discovery=lambda kind: targets(kind, series.fresh(clock.monotonic_ns())),
            ready=state.missing,
            gate=people.gate,
        )
        yield Collector(app, state.feed, inbox, telemetry, state.begin, keys, people, copies, notify)


def _people(settings: CollectorSettings, clock: Clock, zone: ZoneInfo) -> AbstractAsyncContextManager[People]:
    look = Look(settings.wall.title, settings.wall.language, zone)
    return open_door(settings.state / "people.sqlite", settings.people, clock, look)


def _doors(settings: CollectorSettings, state: "_State") -> dict[str, App]:
    """What machines talk to, by path."""
    telemetry, clock = state.telemetry, state.clock
    entrance = Entrance(_register(settings), state.keys, _reach(settings), clock)
    books = Books(state.pipeline.site_of, telemetry.balanced, telemetry.site_balanced)
    batches = BatchEndpoint(
        entrance,
        state.inbox,
        state.accept,
        settings=settings.ingest,
        clock=clock,
        refused=telemetry.refused,
        foreign=telemetry.foreign,
        complain=Limited(state.log, clock),
        reconciliation=Reconciliation(state.inbox, books.note, clock, Limited(state.log, clock)),
    )
    enrolling = EnrolEndpoint(state.keys, state.pipeline.know, telemetry.enrolment, clock)
    return {"/api/v1/batches": batches, ENROL: enrolling, ROTATE: RotateEndpoint(entrance, state.keys, clock)}


def _forwarding(  # noqa: PLR0913, PLR0917 - what the room wants to know
    settings: CollectorSettings,
    inventory: Inventory,
    inbox: Inbox,
    telemetry: Telemetry,
    clock: Clock,
    log: logging.Logger,
) -> AbstractAsyncContextManager[Ledger | None]:
    return open_forwarding(
        settings.forward,
        settings.state / "forward.sqlite",
        inbox,
        hubs={site.id: site.hub for site in inventory.sites},
        series=settings.series,
        limits=_limits(settings),
        registry=telemetry.registry,
        clock=clock,
        log=log,
    )


def _limits(settings: CollectorSettings) -> Limits:
    return Limits(encoded_bytes=settings.ingest.encoded_bytes, decoded_bytes=settings.ingest.decoded_bytes)


def token_of(agent: KnownAgent) -> Secret | None:
    """The agent's token, from the settings or its file; raises OSError or ValueError where the file holds none."""
    return agent.token if agent.token_file is None else read_secret(agent.token_file)


def _register(settings: CollectorSettings) -> Register:
    tokens = {agent.name: token for agent in settings.agents if (token := token_of(agent)) is not None}
    return Register(tokens, {agent.name: agent.site for agent in settings.agents})


def _reach(settings: CollectorSettings) -> Callable[[str, bool], bool]:
    """Whether an agent, with a key or without, may tell of sites that are not its own."""
    said = {agent.name: agent.reports_on for agent in settings.agents}
    return lambda agent, has_key: (said.get(agent) or ("own" if has_key else "all")) == "all"


@dataclass
class _State:
    """The moving parts between the endpoint, the evaluation and the pages."""

    pipeline: Pipeline
    series: SeriesStore
    telemetry: Telemetry
    clock: Clock
    feed: Feed
    every_seconds: float
    log: logging.Logger
    inbox: SqliteInbox
    keys: IdentityRoom
    picture: Picture | None = None
    evaluated_monotonic_ns: int = 0

    def accept(self, arrival: Arrival) -> bool:
        self.telemetry.arrived(arrival)
        return self.pipeline.accept(arrival)

    def fleet_page(self) -> bytes:
        return page(self.picture, self.series.fresh(self.clock.monotonic_ns()), self.series.metrics())

    def missing(self) -> str:
        age = (self.clock.monotonic_ns() - self.evaluated_monotonic_ns) / _SECOND_NS
        if self.picture is None:
            return "nothing was evaluated yet"
        if age > 5 * self.every_seconds + 5:
            return f"the last evaluation is {age:.0f} s old"
        return self.inbox.failing

    def begin(self) -> "asyncio.Future[None]":
        return asyncio.ensure_future(self.evaluate_for_ever())

    async def evaluate_for_ever(self) -> None:
        complain = Limited(self.log, self.clock)
        while True:
            begun_ns = self.clock.monotonic_ns()
            try:
                self.picture = self.pipeline.evaluate(self.clock.wall_ns(), begun_ns)
                self.evaluated_monotonic_ns = begun_ns
                self.feed.publish(self.picture)
            except sqlite3.Error as error:
                # Nothing is shown that is not written: screens cover themselves until the disk takes it.
                self.telemetry.evaluation_faults.inc()
                complain.warning("the journal cannot be written, nothing is shown", str(error))
            await self._count_suspects()
            spent = (self.clock.monotonic_ns() - begun_ns) / _SECOND_NS
            self.telemetry.evaluated(spent, self.series.tally)
            await self.clock.sleep(max(0.05, self.every_seconds - spent))

    async def _count_suspects(self) -> None:
        with contextlib.suppress(IdentityFailedError):
            self.telemetry.suspected(await self.keys.read(lambda book: book.suspects()))
