"""``run`` and ``check-config``: settings in, an exit code out."""

import asyncio
import gc
import logging
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import uvloop

from collector.assembly import Collector, open_collector
from collector.calendar.almanac import open_almanac
from collector.commands.admission import admit, missing
from collector.commands.backup import do_nightly_work
from collector.commands.loading import authorities_at_fault, load_all
from collector.commands.night import nights_of
from collector.commands.restore import finish
from collector.commands.staging import is_half_done
from collector.commands.upkeep import Upkeep
from collector.disk import NoRoomError
from collector.identity.room import IdentityFailedError
from collector.ingest.inbox import InboxFailedError
from collector.inventory.site import Inventory
from collector.last_day import LastDay
from collector.notify.channels import gaps_in_words, load_roster
from collector.serving import ListenError, open_sockets, serve
from collector.serving.files import room_for
from collector.settings import CollectorSettings, load_collector_settings
from shared import logs
from shared.clock import Clock, SystemClock
from shared.ownership import StateTakenError, owned
from shared.settings import SettingsError
from shared.supervision import Supervisor

_INPUT_IS_WRONG = 2
_SWITCH_SECONDS = 0.001
"""Large bodies are unpacked in threads: Python's own 5 ms would be what the loop waits for its turn."""
_FEW_FILES = (
    "the limit of open files leaves room for %d of the %d connections that listen.connections allows:"
    " raise it (LimitNOFILE in the unit, ulimit -n in a shell)"
)
_HEAD = "the log of who did what ends at %s"
"""Kept with the machine's journal, or wherever it is sent: see ``phusong-collector audit --head``."""


def check_config(path: Path) -> int:
    """0 where settings and inventory are right, 2 with a line for each thing to mend."""
    loaded = load_all(path)
    if loaded is None:
        return _INPUT_IS_WRONG
    settings, inventory = loaded
    print(f"{path}: good ({len(inventory.sites)} sites, {len(settings.agents)} agents)")
    zone = ZoneInfo(settings.retention.time_zone)
    roster = load_roster(settings.notify.roster, zone) if settings.notify is not None else None
    for fault in authorities_at_fault(settings.enrolment):
        print(f"note: {fault}: 'invite' needs it, a run does not")
    if told := missing(settings, inventory):
        print(f"note: {told}")
    for gap in gaps_in_words(roster, SystemClock().wall_ns(), zone) if roster is not None else ():
        print(f"note: {gap}")
    return 0


def run(path: Path, level: str) -> int:
    """Run until SIGTERM or SIGINT; SIGHUP reads the inventory again."""
    if not _end_restore(path):
        return 1
    loaded = load_all(path)
    if loaded is None:
        return _INPUT_IS_WRONG
    logs.configure(level, libraries=("apscheduler", "uvicorn"))
    log = logs.logger("phusong.collector")
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        uvloop.run(_run(path, *loaded, log))
    except (ListenError, StateTakenError, InboxFailedError, IdentityFailedError) as error:
        print(f"phusong-collector: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"phusong-collector: {loaded[0].state}: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 1
    except sqlite3.Error as error:
        print(f"phusong-collector: {loaded[0].state}: {error}", file=sys.stderr)
        return 1
    return 0


def _end_restore(path: Path) -> bool:
    """Before anything else is read: what a restore left half done; False where that cannot be done, which is told."""
    try:
        state = load_collector_settings(path).state
        if is_half_done(state):
            with owned(state):
                print(f"phusong-collector: {finish(state)}", file=sys.stderr)
    except SettingsError:
        return True  # told in a moment
    except (StateTakenError, OSError) as error:
        print(f"phusong-collector: a restore was interrupted and cannot be ended: {error}", file=sys.stderr)
        return False
    return True


async def _run(path: Path, settings: CollectorSettings, inventory: Inventory, log: logging.Logger) -> None:
    stop, clock, loop = asyncio.Event(), SystemClock(), asyncio.get_running_loop()
    supervisor = Supervisor(os.environ, os.getpid())

    def end() -> None:
        supervisor.ending()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    living = loop.create_task(supervisor.stand_by(clock))
    wanted = settings.listen.connections
    if (room := room_for(wanted)) < wanted:
        log.warning(_FEW_FILES, room, wanted)
    with owned(settings.state), open_sockets(settings.listen) as sockets:
        upkeep = Upkeep(path, settings, admit(settings, inventory, clock, log), clock, log)
        loop.add_signal_handler(signal.SIGHUP, upkeep.asked.set)
        day: LastDay | None = None
        while not stop.is_set():
            # The sockets stay open from one turn to the next: who comes meanwhile waits.
            day = await _turn(settings, upkeep, [each.dup() for each in sockets], clock, log, stop, supervisor.up, day)
    living.cancel()


async def _night(collector: Collector, settings: CollectorSettings, log: logging.Logger) -> None:
    try:
        report = await do_nightly_work(collector, settings, collector.clock)
        if report.not_done:
            log.error("tonight nothing is copied or forgotten: %s", report.not_done)
        if report.read_back_only:
            log.warning("tonight's backup was read back, and not restored beside: %s", report.read_back_only)
    except NoRoomError as error:
        log.error("no backup tonight, the one before stays: %s", error.strerror)  # noqa: TRY400 - no fault
    log.info(_HEAD, await collector.people.room.read(lambda book: book.head()))


async def _turn(  # noqa: PLR0913, PLR0917 - what a start has
    settings: CollectorSettings,
    upkeep: Upkeep,
    sockets: list[socket.socket],
    clock: Clock,
    log: logging.Logger,
    stop: asyncio.Event,
    up: Callable[[], None],
    day: LastDay | None,
) -> LastDay:
    """Until it is stopped, or until the inventory is another: then all is opened anew around it, as at a start.

    Only the last day of the sites goes on from turn to turn: nothing else has it.
    """
    async with open_collector(settings, upkeep.inventory, clock, log, day) as collector:
        nightly = partial(_night, collector, settings, log)
        over = asyncio.Event()
        with open_almanac(nightly, nights_of(settings), log, collector.clock, lambda: not collector.unsure()):
            _settle()
            scheme = "http" if settings.listen.tls is None else "https"
            where = sockets[0].getsockname()[:2]
            log.info("%d sites, wall at %s://%s:%d/wall", len(upkeep.inventory.sites), scheme, *where)
            evaluating = collector.evaluate_for_ever()
            serving = asyncio.create_task(serve(collector.app, sockets, settings.listen, collector.telemetry, over, up))
            ends: list[asyncio.Future[Any]] = [
                *(asyncio.create_task(each) for each in (stop.wait(), upkeep.changed())),
                evaluating,
            ]
            await asyncio.wait([*ends, serving], return_when=asyncio.FIRST_COMPLETED)
            if evaluating.done():
                stop.set()
            over.set()
            collector.feed.close()
            await serving
            await _end(ends)
            return collector.day


async def _end(tasks: Iterable[asyncio.Future[Any]]) -> None:
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _settle() -> None:
    """What is here now stays to the end, and little that comes later refers to itself: look at all of it seldom."""
    gc.set_threshold(10_000, 20, 50)
    gc.unfreeze()
    gc.collect()
    gc.freeze()
