"""Starts the process of the sites in the best network that the machine allows; it knows no script."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from lab.children import last_words, module, spawn
from lab.inside import Event
from lab.ports import free_port
from lab.stage import Stage

_READY_SECONDS = 30.0
_END_SECONDS = 12.0


@dataclass(frozen=True, slots=True)
class Way:
    """How the sites' network is made."""

    prefix: tuple[str, ...]
    words: str
    loopback_port: int | None = None

    @property
    def real(self) -> bool:
        """Whether the sites are behind a TUN device."""
        return self.loopback_port is None


class CannotEnter(Exception):  # noqa: N818 - it ends one way, and the next is tried
    """This way is not open on this machine; the text says why."""


class Inside:
    """The running process."""

    def __init__(self, process: asyncio.subprocess.Process, way: Way, log: Path) -> None:
        self._process = process
        self._log = log
        self.way = way

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def say(self, word: str) -> None:
        """``enter`` lets the agents move in, ``go`` starts the script."""
        if self._process.stdin is not None:
            self._process.stdin.write(f"{word}\n".encode())

    async def event(self) -> Event | None:
        """What happens next; None when the process has ended."""
        line = await self._process.stdout.readline() if self._process.stdout is not None else b""
        return msgspec.json.decode(line, type=Event) if line else None

    def last_words(self) -> str:
        """The last line that it wrote to standard error."""
        return last_words(self._log) or "no reason given"

    async def stop(self) -> None:
        """End it by closing its input; it ends its agents first."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


def ways() -> tuple[Way, ...]:
    """Best first."""
    unshare = shutil.which("unshare")
    as_user = Way(
        (unshare or "", "--user", "--map-root-user", "--net"), "behind a TUN device in a user's own network namespace"
    )
    as_root = Way((unshare or "", "--net"), "behind a TUN device in a network namespace")
    real = () if unshare is None else (as_root, as_user) if os.geteuid() == 0 else (as_user,)
    return (*real, Way((), "on loopback addresses, which answer SNMP alone", free_port(kind=socket.SOCK_DGRAM)))


@asynccontextmanager
async def open_inside(stage: Stage, folder: Path, way: Way) -> AsyncIterator[Inside]:
    """Start the sites this way; ended with the block. Raises CannotEnter where the machine does not allow it."""
    arguments = ["--sites", str(len(stage.sites)), "--seed", str(stage.seed), "--folder", str(folder)]
    if way.loopback_port is not None:
        arguments += ["--loopback-port", str(way.loopback_port)]
    log = folder / "inside.log"
    log.unlink(missing_ok=True)
    process = await spawn((*way.prefix, *module("lab.inside", *arguments)), log, piped=True)
    inside = Inside(process, way, log)
    try:
        async with asyncio.timeout(_READY_SECONDS):
            first = await inside.event()
        if first is None:
            raise CannotEnter(inside.last_words())
        yield inside
    finally:
        await inside.stop()
