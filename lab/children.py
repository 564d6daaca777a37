"""Programs that the demo starts: each logs into a file, dies with its parent and is ended by its own process id."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PATIENCE_SECONDS = 6.0
_TAIL_BYTES = 4000


class Child:
    """A running program with its log."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self._process = process
        self._log = log

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    async def wait(self) -> int:
        """Its exit code, once it has one."""
        return await self._process.wait()

    def last_words(self) -> str:
        """The last line of its log."""
        return last_words(self._log)

    async def stop(self) -> None:
        """End it: asked first, forced after a while."""
        if self.running:
            self._process.terminate()
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
        await self._process.wait()


def last_words(log: Path) -> str:
    """The last line of a program's log; empty where there is none."""
    try:
        lines = log.read_bytes()[-_TAIL_BYTES:].decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return lines[-1] if lines else ""


async def start(name: str, command: Sequence[str], log: Path) -> Child:
    """Start a program whose output goes to its log."""
    return Child(name, await spawn(command, log), log)


async def spawn(command: Sequence[str], log: Path, *, piped: bool = False) -> asyncio.subprocess.Process:
    """A process that dies with its parent; its output goes to its log. ``piped``: its errors alone, the rest to us."""
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    with log.open("ab") as sink:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=pipe if piped else nowhere,
            stdout=pipe if piped else sink,
            stderr=sink,
            env=environment(),
            start_new_session=True,
            preexec_fn=die_with_parent(),
        )


def environment() -> Mapping[str, str]:
    """Ours, with this installation's modules to be found from any folder."""
    parent = str(Path(__file__).resolve().parents[1])
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{parent}:{known}" if known else parent, "PYTHONUNBUFFERED": "1"}


def module(name: str, *arguments: str) -> list[str]:
    """The command that runs one of our programs with our own interpreter; -P: the present folder hides none of them."""
    return [sys.executable, "-P", "-m", name, *arguments]


class die_with_parent:  # noqa: N801 - used like a function
    """For ``preexec_fn``: the kernel sends SIGTERM when the parent is gone, however it went."""

    def __init__(self) -> None:
        # Loaded here, because nothing but the call itself may happen between fork and exec.
        self._prctl = ctypes.CDLL(None).prctl

    def __call__(self) -> None:
        """Runs in the child, between fork and exec."""
        self._prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
