"""One of our programs, begun over and over: forked where its modules are loaded already, and killed by its own id.

Each line of its input says how many seconds the next life has; it answers ``killed``, or ``ended`` where the program
was not there any more.
"""

import asyncio
import contextlib
import importlib
import os
import select
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn

from lab.children import die_with_parent, spawn

KILLED = "killed"
_ENDED = "ended"
_CODE = "{spoil}\nfrom lab.prove.fork_server import main\nmain()"


class ForkServer:
    """Our end of one."""

    def __init__(self, asked: asyncio.StreamWriter, answers: asyncio.StreamReader) -> None:
        self._asked = asked
        self._answers = answers

    async def run_for(self, seconds: float) -> bool:
        """Whether the program was there to be killed after that; raises ChildProcessError where the server is gone."""
        self._asked.write(f"{seconds:.6f}\n".encode())
        answer = (await self._answers.readline()).decode().strip()
        if not answer:
            raise ChildProcessError("the fork server ended by itself")
        return answer == KILLED


@asynccontextmanager
async def fork_server(name: str, settings: Path, log: Path, spoil: str = "") -> AsyncIterator[ForkServer]:
    """One for ``agent`` or ``collector``; ``spoil``: code that breaks it on purpose, before anything else runs."""
    command = (sys.executable, "-P", "-c", _CODE.format(spoil=spoil), name, str(settings))
    process = await spawn(command, log, piped=True)
    if process.stdin is None or process.stdout is None:
        raise ChildProcessError("no pipes to the fork server")
    try:
        yield ForkServer(process.stdin, process.stdout)
    finally:
        process.stdin.close()
        await process.wait()


def main() -> None:
    """Lives as they are asked for, until the input ends."""
    name, settings = sys.argv[1:]
    program: Callable[[list[str]], int] = importlib.import_module(f"{name}.__main__").main
    arguments = ["run", "--config", settings, "--log-level", "ERROR"]
    with contextlib.redirect_stdout(sys.stderr):
        program(["check-config", "--config", settings])  # loads what a life needs
    die_too = die_with_parent()
    for line in sys.stdin:
        print(_life(lambda: program(arguments), float(line), die_too), flush=True)


def _life(work: Callable[[], int], seconds: float, die_too: Callable[[], None]) -> str:
    pid = os.fork()
    if pid == 0:
        _child(work, die_too)
    living = os.pidfd_open(pid)
    try:
        select.select([living], [], [], seconds)
        signal.pidfd_send_signal(living, signal.SIGKILL)
    finally:
        _, status = os.waitpid(pid, 0)
        os.close(living)
    return KILLED if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL else _ENDED


def _child(work: Callable[[], int], die_too: Callable[[], None]) -> NoReturn:
    """Nothing of the parent's but its modules and its log; never returns."""
    code = 1
    try:
        die_too()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        code = work()
    except BaseException:  # noqa: BLE001 - whatever it is, it must not come back as a second server
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
