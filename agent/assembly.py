"""The agent's composition root: who gets what, opened and closed in order; it holds no rule of its own."""

import asyncio
import logging
import random
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from agent.committer import Committer
from agent.identity.card import read_card
from agent.identity.enrol import post_once
from agent.identity.renewal import renew_regularly
from agent.identity.rotate import rotate
from agent.identity.trust import card_tls
from agent.identity.waiting import look_after
from agent.posting import make_post
from agent.probe import Instrument, Probe, ProbeFailed, Surroundings
from agent.report import INFO, Report
from agent.runner import Job, Runner, commit_regularly
from agent.settings import AgentSettings
from agent.spool.desk import Desk, open_desk
from agent.spool.opening import open_sqlite_spool
from agent.spool.queue import DiskSpool
from agent.spool.shelter import open_shelter
from agent.telemetry import METRICS, RunTally
from agent.timekeeping.keeper import Timekeeper, read_known
from agent.uplink.courier import Courier, Sender
from agent.uplink.meter import Meter
from agent.uplink.purse import Purse
from shared.clock import Clock
from shared.clock_quality import clock_quality
from shared.logs import Limited
from shared.ownership import owned
from shared.release import release
from shared.wire.bounds import MOST_METRICS, WORDS_CHARACTERS
from shared.wire.reading import Metric, Reading

if TYPE_CHECKING:
    from agent.onsite.board import Board

_FLUSH_SECONDS = 3.0
_MEGABYTE = 1_000_000
_PAGE_LOG_SECONDS = 3600.0
"""An address that is not there for days is no news each minute."""


async def run_agent(  # noqa: PLR0913, PLR0917 - what a start has
    settings: AgentSettings,
    probes: Mapping[str, Probe],
    clock: Clock,
    log: logging.Logger,
    stop: asyncio.Event,
    up: Callable[[], None] = lambda: None,
) -> None:
    """Tell ``up`` when all is open; run until ``stop``; then commit, deliver what can be in a few seconds, close."""
    tally = RunTally()
    async with AsyncExitStack() as stack:
        instruments = await _open_instruments(settings, probes, clock, log, stack)
        desk = await asyncio.to_thread(_open_spool, settings, clock, log, stack)
        jobs = _jobs(settings, instruments, tally)
        board = _board(settings, jobs)
        runner = Runner(jobs, clock, tally, log, *([] if board is None else [board.take]))
        times = _timekeeper(settings, clock, log)
        committer = Committer(desk, clock, times.quality)
        purse, meter = _purse(settings, times, clock, log)
        courier = _courier(settings, instruments, desk, (times, purse, meter), clock, log)
        report = Report(settings, clock, tally, desk, courier, times, purse, started_ns=clock.wall_ns())

        async def commit() -> None:
            told = (await report.reading(),) if report.is_due() else ()
            await committer.commit((*runner.take(), *told))
            await times.keep()
            await purse.keep()

        await _begin(settings, jobs, log)
        tasks = [
            asyncio.create_task(runner.run()),
            asyncio.create_task(commit_regularly(commit, settings.file.commit_seconds, clock, runner.urgent)),
            asyncio.create_task(courier.run(committer.news)),
            *_renewal(settings, times, clock, log),
            *_local_page(settings, board, courier, times, (clock, log)),
        ]
        up()
        await _until_stopped(tasks, stop)
        await _end(committer, (*runner.take(), await report.reading()), courier, purse)
        log.info("agent %s: stopped", settings.file.agent)


async def _begin(settings: AgentSettings, jobs: list[Job], log: logging.Logger) -> None:
    log.info("agent %s: %d checks, collector %s", settings.file.agent, len(jobs), settings.file.uplink.url)
    await asyncio.to_thread(look_after, settings.file.state, settings.card_fault, log)


async def _end(committer: Committer, last: tuple[Reading, ...], courier: Courier, purse: Purse) -> None:
    await committer.commit(last)
    await courier.flush(_FLUSH_SECONDS)
    await purse.keep(whole=True)


async def _until_stopped(tasks: list[asyncio.Task[None]], stop: asyncio.Event) -> None:
    """Wait for the stop, or for the first task that fails, which is a bug and raised."""
    stopping = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (stopping, *tasks):
            task.cancel()
        await asyncio.gather(stopping, *tasks, return_exceptions=True)


async def _open_instruments(
    settings: AgentSettings, probes: Mapping[str, Probe], clock: Clock, log: logging.Logger, stack: AsyncExitStack
) -> dict[str, Instrument]:
    """Open the probes in use; one that this machine does not allow is said once, and the others go on."""
    surroundings = Surroundings(clock, settings.credentials, settings.profiles)
    opened: dict[str, Instrument] = {}
    for kind in sorted({kind for kind, _ in settings.checks}):
        try:
            opened[kind] = await stack.enter_async_context(probes[kind].open(surroundings))
        except ProbeFailed as failure:
            log.error("no %s probes on this machine: %s", kind, failure.reason)  # noqa: TRY400 - one line for an operator
    return opened


def _jobs(settings: AgentSettings, instruments: Mapping[str, Instrument], tally: RunTally) -> list[Job]:
    jobs = [
        Job(check, kind, target, instruments[kind])
        for kind, check in settings.checks
        for target in settings.targets
        if kind in instruments and (not check.roles or target.role in check.roles)
    ]
    tally.disabled = _wanted(settings) - len(jobs)
    return jobs


def _wanted(settings: AgentSettings) -> int:
    pairs = ((check, target) for _, check in settings.checks for target in settings.targets)
    return sum(not check.roles or target.role in check.roles for check, target in pairs)


def _open_spool(settings: AgentSettings, clock: Clock, log: logging.Logger, stack: AsyncExitStack) -> Desk:
    """Runs in a thread: a disk that is slow or hangs must not stop the loop, which says that the agent lives."""

    @contextmanager
    def opening(folder: Path) -> Iterator[DiskSpool]:
        # The state folder's own lock may be missing: at the start there may have been no disk to lock it on.
        with owned(folder), open_sqlite_spool(folder, settings.file.spool, tell) as spool:
            yield spool

    tell = Limited(log, clock).warning
    shelter = open_shelter(settings.file.state / "spool", opening, tell)
    return stack.enter_context(open_desk(shelter))


def _timekeeper(settings: AgentSettings, clock: Clock, log: logging.Logger) -> Timekeeper:
    known = read_known(settings.file.state)
    complain = Limited(log, clock)
    return Timekeeper(settings.file.state, known, clock=clock, kernel=clock_quality, complain=complain)


def _purse(settings: AgentSettings, times: Timekeeper, clock: Clock, log: logging.Logger) -> tuple[Purse, Meter]:
    limit, meter = settings.file.uplink.monthly_megabytes, Meter()
    limit_bytes = None if limit is None else limit * _MEGABYTE
    state, complain = settings.file.state, Limited(log, clock)
    return Purse(state, limit_bytes, meter, clock=clock, times=times, complain=complain), meter


def _courier(  # noqa: PLR0913, PLR0917 - the composition root hands everything on
    settings: AgentSettings,
    instruments: Mapping[str, Instrument],
    desk: Desk,
    accounts: tuple[Timekeeper, Purse, Meter],
    clock: Clock,
    log: logging.Logger,
) -> Courier:
    times, purse, meter = accounts
    complain = Limited(log, clock)
    sender = Sender(settings.file.agent, release(), lambda: _descriptions(instruments))
    post = make_post(settings, complain, meter, times.doubts_clock)
    return Courier(
        sender,
        desk,
        post,
        clock=clock,
        times=times,
        complain=complain,
        draw=random.random,
        purse=purse,
        backoff=settings.file.uplink.backoff(),
    )


def _descriptions(instruments: Mapping[str, Instrument]) -> tuple[Metric, ...]:
    """What the series mean, as much of it as a batch takes; a series that is not described is shown all the same."""
    known = {metric.name: metric for instrument in instruments.values() for metric in instrument.metrics}
    every = (*METRICS, INFO, *known.values())[:MOST_METRICS]
    return tuple(Metric(metric.name, metric.kind, metric.help[:WORDS_CHARACTERS]) for metric in every)


def _renewal(settings: AgentSettings, times: Timekeeper, clock: Clock, log: logging.Logger) -> list[asyncio.Task[None]]:
    """The task that renews the machine's key; none where it did not join."""
    if settings.card is None and not settings.card_fault:
        return []
    state, uplink = settings.file.state, settings.file.uplink

    async def rotate_once() -> None:
        card = read_card(state)
        if card is not None:
            tls = card_tls(card, uplink, doubts_clock=times.doubts_clock())
            ask = partial(post_once, uplink.way(), tls)
            await asyncio.to_thread(rotate, card, state, ask, secrets.token_bytes(32))

    return [asyncio.create_task(renew_regularly(state, rotate_once, clock, Limited(log, clock)))]


def _board(settings: AgentSettings, jobs: list[Job]) -> "Board | None":
    """Where the page at the site takes its facts from; None, and nothing of it in memory, where there is no page."""
    if settings.file.local_page is None:
        return None
    from agent.onsite.board import Board, watch_of  # noqa: PLC0415

    watches = (watch_of(job.kind, job.check, job.target, settings.file.site) for job in jobs)
    return Board(watch for watch in watches if watch is not None)


def _local_page(
    settings: AgentSettings,
    board: "Board | None",
    courier: Courier,
    times: Timekeeper,
    tools: tuple[Clock, logging.Logger],
) -> list[asyncio.Task[None]]:
    """The task that serves the page at the site; none where there is no page."""
    file, (clock, log) = settings.file, tools
    if file.local_page is None or board is None:
        return []
    from agent.onsite.opening import Collector, open_page  # noqa: PLC0415

    rhythm_seconds = file.commit_seconds + file.report_seconds
    collector = Collector(file.uplink.url, file.uplink.socket is not None, rhythm_seconds, courier.tally)
    complain = Limited(log, clock, _PAGE_LOG_SECONDS)
    return [asyncio.create_task(open_page(file.local_page, board, collector, times, clock, complain).run())]
