"""The process of the sites plays the script, and ends with its input whatever happens."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from lab.inside import Event
from tests.peers.sites import namespace

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def inside(folder: Path, *more: str, prefix: tuple[str, ...] = ()) -> AsyncIterator[asyncio.subprocess.Process]:
    arguments = [*prefix, sys.executable, "-m", "lab.inside", "--sites", "12", "--seed", "1", "--folder", str(folder)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *arguments, *more, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def event(process: asyncio.subprocess.Process) -> Event:
    assert process.stdout is not None
    return msgspec.json.decode(await asyncio.wait_for(process.stdout.readline(), 20), type=Event)


async def test_it_is_ready_plays_the_first_fault_and_ends_with_its_input(tmp_path: Path) -> None:
    async with inside(tmp_path, prefix=tuple(namespace())) as process:
        assert process.stdin is not None
        assert (await event(process)).event == "ready"
        process.stdin.write(b"go\n")
        assert await event(process) == Event(event="begins", round=0, fault=0)
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 10) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_too(tmp_path: Path, number: signal.Signals, unused_udp_port: int) -> None:
    async with inside(tmp_path, "--loopback-port", str(unused_udp_port)) as process:
        assert (await event(process)).event == "ready"
        process.send_signal(number)
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_where_no_device_may_be_made_it_says_so_in_one_line(tmp_path: Path) -> None:
    """Without the right of an administrator over the network."""
    powerless = ("setpriv", "--bounding-set=-net_admin", "--inh-caps=-all") if os.geteuid() == 0 else ()
    async with inside(tmp_path, prefix=powerless) as process:
        _, errors = await process.communicate()

    assert process.returncode == 3
    assert len(errors.decode().splitlines()) == 1
