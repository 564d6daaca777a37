"""One of our programs, begun over and over: forked where its modules are loaded already, and killed by its own id.

Run as ``python -m lab.prove.cradle agent|collector SETTINGS``. Each line of its input says how many seconds the next
life has; it answers ``killed``, or ``ended`` where the program was not there any more.
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

from lab.children import die_with_parent, environment

KILLED = "killed"
_ENDED = "ended"
_CODE = "{spoil}\nfrom lab.prove.cradle import main\nmain()"


class Cradle:
    """The other side of it."""

    def __init__(self, asked: asyncio.StreamWriter, answers: asyncio.StreamReader) -> None:
        self._asked = asked
        self._answers = answers

    async def life(self, seconds: float) -> bool:
        """Whether the program was there to be killed after that; raises ChildProcessError where the cradle is gone."""
        self._asked.write(f"{seconds:.6f}\n".encode())
        answer = (await self._answers.readline()).decode().strip()
        if not answer:
            raise ChildProcessError("the cradle ended by itself")
        return answer == KILLED


@asynccontextmanager
async def cradle(name: str, settings: Path, log: Path, spoil: str = "") -> AsyncIterator[Cradle]:
    """One for ``agent`` or ``collector``; ``spoil``: code that breaks it on purpose, before anything else runs."""
    with log.open("ab") as sink:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", _CODE.format(spoil=spoil), name, str(settings)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=sink,
            env=environment(),
            start_new_session=True,
            preexec_fn=die_with_parent(),
        )
    if process.stdin is None or process.stdout is None:
        raise ChildProcessError("no pipes to the cradle")
    try:
        yield Cradle(process.stdin, process.stdout)
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
    mourn = die_with_parent()
    for line in sys.stdin:
        print(_life(lambda: program(arguments), float(line), mourn), flush=True)


def _life(work: Callable[[], int], seconds: float, mourn: Callable[[], None]) -> str:
    pid = os.fork()
    if pid == 0:
        _be_born(work, mourn)
    living = os.pidfd_open(pid)
    try:
        select.select([living], [], [], seconds)
        signal.pidfd_send_signal(living, signal.SIGKILL)
    finally:
        _, status = os.waitpid(pid, 0)
        os.close(living)
    return KILLED if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL else _ENDED


def _be_born(work: Callable[[], int], mourn: Callable[[], None]) -> NoReturn:
    """Nothing of the parent's but its modules and its log; never returns."""
    code = 1
    try:
        mourn()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        code = work()
    except BaseException:  # noqa: BLE001 - whatever it is, it must not come back as a second cradle
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
