"""The demo from beginning to end: starts everything, tells of it, and leaves nothing behind; it simulates nothing."""

import asyncio
import errno
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from lab.children import Child, module, start
from lab.configuration import ZONE, Doors, write_configuration
from lab.entrance import CannotEnter, Inside, open_inside, ways
from lab.gateway import open_gateway
from lab.preparation import NAME, PASSWORD, CannotPrepare, prepare
from lab.scenes import count, title
from lab.show import Show
from lab.stage import Stage, set_stage
from lab.status import ask_late, ask_status, is_ready
from lab.terminal import Terminal, open_terminal
from shared.clock import SystemClock

_COLLECTOR_SECONDS = 30.0
_PICTURE_SECONDS = 40.0
_POLL_SECONDS = 0.5
_SECOND_NS = 1_000_000_000
_SETTLED = 0.97
"""The script begins when this share of the sites is known: a lossy link may take its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The command line."""

    sites: int
    port: int
    duration_seconds: float | None
    seed: int


class DemoFailed(Exception):  # noqa: N818 - shown to a person as one line
    """The demo cannot go on; the text is for the terminal."""


def run_demo(wishes: Wishes) -> int:
    """Run until the time is over or somebody ends it; 0, or 1 with one line on standard error."""
    try:
        asyncio.run(_demo(wishes, open_terminal(sys.stdout)))
    except DemoFailed as failed:
        print(f"phusong-lab: {failed}", file=sys.stderr)
        return 1
    return 0


async def _demo(wishes: Wishes, terminal: Terminal) -> None:
    _require_port(wishes.port)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    stage = set_stage(wishes.sites, wishes.seed)
    async with AsyncExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="phusong-demo-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        inside = await _enter(stack, stage, folder, terminal)
        show = Show(stage, terminal, loop.time)
        gateway = await stack.enter_async_context(open_gateway(show.tell_message))
        write_configuration(stage, folder, Doors(wishes.port, gateway, _this_minute()), inside.way)
        performance = asyncio.create_task(_perform(wishes, folder, inside, show, terminal))
        ending = asyncio.create_task(ended.wait())
        await asyncio.wait({performance, ending}, return_when=asyncio.FIRST_COMPLETED)
        terminal.line()
        terminal.line("Ending …")
        ending.cancel()
        performance.cancel()
        await asyncio.wait({performance})
        failure = None if performance.cancelled() else performance.exception()
    if failure is not None:
        raise _first_cause(failure)
    terminal.line("Ended: no process, namespace or file is left behind.")


def _this_minute() -> str:
    return datetime.fromtimestamp(SystemClock().wall_ns() // _SECOND_NS, ZoneInfo(ZONE)).strftime("%H:%M")


def _first_cause(failure: BaseException) -> BaseException:
    """The one exception for the terminal, out of the group that a group of tasks makes of it."""
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure


async def _enter(stack: AsyncExitStack, stage: Stage, folder: Path, terminal: Terminal) -> Inside:
    """The best way that is open."""
    refused = ""
    for way in ways():
        try:
            inside = await stack.enter_async_context(open_inside(stage, folder, way))
        except CannotEnter as cannot:
            refused = str(cannot)
            continue
        if not way.real:
            terminal.line(f"No TUN device may be made here ({refused}): SNMP over loopback stands in, without ICMP.")
        return inside
    raise DemoFailed(f"the simulated sites do not start: {refused}")


async def _perform(wishes: Wishes, folder: Path, inside: Inside, show: Show, terminal: Terminal) -> None:
    stage = show.stage
    try:
        await prepare(folder)
    except CannotPrepare as cannot:
        raise DemoFailed(str(cannot)) from None
    async with AsyncExitStack() as stack:
        collector = await stack.enter_async_context(_open_collector(folder, wishes.port))
        inside.say("enter")
        agents = await _move_in(stage, inside)
        _introduce(wishes, stage, terminal, _running(wishes.port, stage, collector, inside, agents))
        stack.callback(show.sum_up)
        async with asyncio.TaskGroup() as tasks:
            telling = tasks.create_task(_tell_events(show, inside))
            await _first_picture(wishes, stage, collector, terminal)
            show.begin()
            inside.say("go")
            watching = tasks.create_task(_tell_statuses(show, wishes.port, collector))
            await asyncio.wait(
                [telling, watching], timeout=wishes.duration_seconds, return_when=asyncio.FIRST_COMPLETED
            )
            telling.cancel()
            watching.cancel()


@asynccontextmanager
async def _open_collector(folder: Path, port: int) -> AsyncIterator[Child]:
    command = module("collector", "run", "--config", str(folder / "collector.yaml"))
    collector = await start("collector", command, folder / "collector.log")
    try:
        async with asyncio.timeout(_COLLECTOR_SECONDS):
            while not await asyncio.to_thread(is_ready, port):
                _require_running(collector)
                await asyncio.sleep(0.1)
        yield collector
    except TimeoutError:
        raise DemoFailed(f"the collector is not ready: {collector.last_words()}") from None
    finally:
        await collector.stop()


async def _move_in(stage: Stage, inside: Inside) -> dict[str, int]:
    agents: dict[str, int] = {}
    while len(agents) < len(stage.hosts) + 1:
        event = await inside.event()
        if event is None:
            raise DemoFailed(f"the simulated sites ended: {inside.last_words()}")
        if event.event == "agent":
            agents[event.name] = event.pid
    return agents


def _introduce(wishes: Wishes, stage: Stage, terminal: Terminal, running: Sequence[tuple[str, str]]) -> None:
    terminal.heading("phusong: a province in a box")
    terminal.line(
        f"  {count(len(stage.sites))} of Hà Giang with their real names and made-up networks; seed {stage.seed}"
    )
    terminal.heading("What runs")
    terminal.pairs(running)
    terminal.heading("Where to look")
    terminal.line(f"  http://127.0.0.1:{wishes.port}/wall")
    terminal.line(f"  To change things there: name '{NAME}', password '{PASSWORD}'. Ctrl-C ends the demo.")


def _running(
    port: int, stage: Stage, collector: Child, inside: Inside, agents: Mapping[str, int]
) -> list[tuple[str, str]]:
    everyone = count(len(stage.sites))
    return [
        ("collector", f"pid {collector.pid}: http://127.0.0.1:{port}, and a Unix socket for the agents"),
        ("sites", f"pid {inside.pid}: {everyone} {inside.way.words}"),
        ("agent", f"pid {agents['province']}: the province's, asks {everyone} from outside"),
        *(("agent", f"pid {agents[host.id]}: of {title(host)}, from inside") for host in stage.hosts),
    ]


async def _first_picture(wishes: Wishes, stage: Stage, collector: Child, terminal: Terminal) -> None:
    try:
        async with asyncio.timeout(_PICTURE_SECONDS):
            while True:
                _require_running(collector)
                status = await asyncio.to_thread(ask_status, wishes.port)
                known = status.known() if status is not None else 0
                if known >= _SETTLED * len(stage.sites):
                    return
                terminal.progress(f"first picture: {known} of {len(stage.sites)} sites have answered")
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        raise DemoFailed(
            "the collector has no picture of the sites; is another program filling this machine?"
        ) from None


async def _tell_events(show: Show, inside: Inside) -> None:
    while (event := await inside.event()) is not None:
        if event.event == "died" and not show.begun:
            raise DemoFailed(f"the agent {event.name} ended: {event.words}")
        show.tell_event(event)
    raise DemoFailed(f"the simulated sites ended: {inside.last_words()}")


async def _tell_statuses(show: Show, port: int, collector: Child) -> None:
    while True:
        _require_running(collector)
        status = await asyncio.to_thread(ask_status, port)
        if status is not None:
            show.tell_status(status.states, status.reasons)
            late = await asyncio.to_thread(ask_late, port) if show.history.wanted else None
            if late is not None:
                show.tell_history(status.reports, late)
        await asyncio.sleep(_POLL_SECONDS)


def _require_running(collector: Child) -> None:
    if not collector.running:
        raise DemoFailed(f"the collector ended: {collector.last_words()}")


def _require_port(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno == errno.EACCES:
                raise DemoFailed(f"port {port} needs root: phusong-lab demo --port {port + 8000}") from None
            raise DemoFailed(f"port {port} is in use: phusong-lab demo --port {port + 1}") from None
