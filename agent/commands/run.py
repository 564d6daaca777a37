"""``run`` and ``check-config``: settings in, an exit code out; they measure nothing themselves."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from agent.assembly import run_agent
from agent.posting import make_post
from agent.probes import load_probes
from agent.roles import Roles
from agent.settings import AgentSettings, load_agent_settings
from shared import logs
from shared.clock import SystemClock
from shared.logs import Limited
from shared.ownership import StateTakenError, owned
from shared.settings import SettingsError
from shared.supervision import Supervisor

_INPUT_IS_WRONG = 2


def check_config(path: Path) -> int:
    """0 where the settings are right, 2 with a line for each thing to mend."""
    settings = _load(path)
    if settings is None:
        return _INPUT_IS_WRONG
    if settings.card is None and settings.card_fault:
        print(f"{path}: state: {settings.card_fault}", file=sys.stderr)
        return _INPUT_IS_WRONG
    checks, targets = len(settings.checks), len(settings.targets)
    print(f"{path}: good ({checks} {'check' if checks == 1 else 'checks'}, {targets} targets)")
    if settings.card_fault:
        print(f"note: {settings.card_fault}")
    if settings.file.local_page is not None:
        print(f"page for the people at the site: http://{settings.file.local_page.listen}/")
    if settings.file.roles != Roles():
        print("\n".join(_plan(settings)))
    return 0


def run(path: Path, level: str) -> int:
    """Run until SIGTERM or SIGINT."""
    settings = _load(path)
    if settings is None:
        return _INPUT_IS_WRONG
    logs.configure(level)
    try:
        # Modules and settings stay to the end: visiting them again and again would hold up packets' time stamps.
        gc.collect()
        gc.freeze()
        with _owned_if_possible(settings.file.state):
            asyncio.run(_run(settings))
    except (OSError, SettingsError, StateTakenError) as error:
        print(f"phusong-agent: {error}", file=sys.stderr)
        return 1
    return 0


def _plan(settings: AgentSettings) -> Iterator[str]:
    """What will be measured: a line for each check and target, for whoever wrote roles only."""
    rows = [("check", "every", "target", "address")]
    rows += [
        (check.name or kind, f"{check.every_seconds:g} s", target.name, target.address)
        for kind, check in settings.checks
        for target in settings.targets
        if not check.roles or target.role in check.roles
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


@contextmanager
def _owned_if_possible(state: Path) -> Iterator[None]:
    """Two agents on one spool would send each other's records; where the folder cannot be written there is no spool."""
    with ExitStack() as stack:
        with suppress(OSError):
            stack.enter_context(owned(state))
        yield


async def _run(settings: AgentSettings) -> None:
    stop, clock, loop = asyncio.Event(), SystemClock(), asyncio.get_running_loop()
    supervisor = Supervisor(os.environ, os.getpid())

    def end() -> None:
        supervisor.ending()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    living = loop.create_task(supervisor.stand_by(clock))
    await run_agent(settings, load_probes(), clock, logs.logger("phusong.agent"), stop, supervisor.up)
    living.cancel()


def _load(path: Path) -> AgentSettings | None:
    try:
        settings = load_agent_settings(path, load_probes())
        make_post(settings, Limited(logs.logger("phusong.agent"), SystemClock()))
    except SettingsError as error:
        print("\n".join(error.problems), file=sys.stderr)
    except (OSError, ValueError) as error:
        what = f"{error.filename}: {(error.strerror or '').lower()}" if isinstance(error, OSError) else str(error)
        print(f"{path}: uplink.token_file: {what}", file=sys.stderr)
    else:
        return settings
    return None
