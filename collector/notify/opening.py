"""Opens everything that tells and ends it; it tells nobody itself."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry
from starlette.routing import BaseRoute

from collector.calendar.canary import judged_loss
from collector.calendar.maintenance import Book
from collector.inventory.site import Inventory
from collector.journal.journal import Journal
from collector.judgement.settings import JudgementSettings
from collector.notify.alertmanager import AlertmanagerSettings
from collector.notify.channel import Workshop, secret_of
from collector.notify.channels import gaps_in_words, link_key, load_roster
from collector.notify.courier import Courier
from collector.notify.hours import time_of_day
from collector.notify.letters import Letters
from collector.notify.message import Channel
from collector.notify.outbox import Outbox, open_outbox
from collector.notify.pages import LinkPages
from collector.notify.roster import Roster
from collector.notify.settings import NotifySettings
from collector.notify.silencer import Silencer
from collector.notify.telemetry import NotifyTelemetry
from collector.notify.teller import Desk, Route, Teller
from collector.notify.text import Places
from shared.clock import Clock
from shared.logs import Limited


@dataclass(frozen=True)
class Notify:
    """What is open."""

    teller: Teller
    outbox: Outbox
    routes: list[BaseRoute]


@dataclass(frozen=True)
class Surroundings:
    """What telling stands on."""

    state: Path
    judgement: JudgementSettings
    inventory: Inventory
    journal: Journal
    maintenance: Book
    zone: ZoneInfo
    registry: CollectorRegistry
    clock: Clock
    log: logging.Logger
    held: Callable[[], bool] = lambda: False
    """See :class:`collector.notify.teller.Teller`."""


@asynccontextmanager
async def open_notify(settings: NotifySettings | None, around: Surroundings) -> AsyncIterator[Notify | None]:
    """Tell in the background while the block runs; without settings nobody is told, and the log says so.

    Raises OSError, ValueError, sqlite3.Error or :class:`shared.settings.SettingsError` where files are of no use.
    """
    if settings is None:
        around.log.warning("the settings have no key 'notify': incidents are shown, nobody is told")
        yield None
        return
    clock, complain = around.clock, Limited(around.log, around.clock)
    async with AsyncExitStack() as stack:
        outbox = await stack.enter_async_context(open_outbox(around.state / "notify.sqlite"))
        roster = load_roster(settings.roster, around.zone)
        if roster is not None:
            _tell_gaps(roster, around)
        places, people = Places(around.inventory, around.zone), roster.people if roster else {}
        key = link_key(settings.key_file, around.state / "notify.key")
        telemetry = NotifyTelemetry(around.registry)
        teller = Teller(_desk(settings, roster, around), outbox, around.journal, clock, telemetry, complain)
        teller.held = around.held
        await teller.begin()
        shop = Workshop(places, lambda: _thread(stack), complain, settings.refresh_seconds)
        letters = Letters(places, people, key, settings.address, settings.link_hours)
        couriers = [_courier(each.made(shop), outbox, letters, teller, settings) for each in settings.channels]
        teller.wake = lambda: _wake(couriers)
        tasks = [asyncio.ensure_future(silencer.run_for_ever()) for silencer in _silencers(settings, around)]
        tasks += [asyncio.ensure_future(courier.run_for_ever()) for courier in couriers]
        tasks.append(asyncio.ensure_future(teller.run_for_ever()))
        try:
            yield Notify(teller, outbox, LinkPages(teller, places, people, key, clock).routes())
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _courier(channel: Channel, outbox: Outbox, letters: Letters, teller: Teller, settings: NotifySettings) -> Courier:
    return Courier(
        channel,
        outbox,
        letters,
        clock=teller.clock,
        draw=random.SystemRandom().random,
        telemetry=teller.telemetry,
        complain=teller.complain,
        proven=teller.prove,
        deadline_seconds=settings.deadline_seconds,
        give_up_hours=settings.give_up_hours,
        refresh_seconds=settings.refresh_seconds,
    )


def _desk(settings: NotifySettings, roster: Roster | None, around: Surroundings) -> Desk:
    return Desk(
        rules=settings.rules,
        roster=roster,
        quiet=(time_of_day(settings.quiet_from), time_of_day(settings.quiet_until)),
        trial_at=time_of_day(settings.trial_at) if settings.trial_at else None,
        zone=around.zone,
        judged=lambda now_ns: judged_loss(now_ns, around.judgement) is not None,
        routes={each.name: Route(each.audience, each.least, each.trial) for each in settings.channels},
    )


def _wake(couriers: list[Courier]) -> None:
    for courier in couriers:
        courier.news.set()


def _thread(stack: AsyncExitStack) -> ThreadPoolExecutor:
    thread = ThreadPoolExecutor(1, "notify")
    stack.callback(thread.shutdown, wait=False, cancel_futures=True)
    return thread


def _silencers(settings: NotifySettings, around: Surroundings) -> list[Silencer]:
    complain = Limited(around.log, around.clock)
    return [
        Silencer(
            each.name,
            each.api(),
            around.maintenance,
            clock=around.clock,
            complain=complain,
            token=secret_of(each.token, each.token_file),
        )
        for each in settings.channels
        if isinstance(each, AlertmanagerSettings) and each.silences
    ]


def _tell_gaps(roster: Roster, around: Surroundings) -> None:
    for gap in gaps_in_words(roster, around.clock.wall_ns(), around.zone):
        around.log.warning("roster: %s", gap)
