"""The uplink freezes with the link and goes on with it, and nothing of it stays open."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lab.relay import Relay, open_relay


@pytest.fixture
async def collector(tmp_path: Path) -> AsyncIterator[Path]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    path = tmp_path / "collector.sock"
    server = await asyncio.start_unix_server(echo, str(path))
    yield path
    server.close()
    await server.wait_closed()


@pytest.fixture
async def relay(tmp_path: Path, collector: Path) -> AsyncIterator[Relay]:
    async with open_relay(tmp_path / "agent.sock", collector) as opened:
        yield opened


async def test_an_intact_uplink_carries_both_ways(relay: Relay, tmp_path: Path) -> None:
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / "agent.sock"))
    writer.write(b"hello\n")

    assert await reader.readline() == b"HELLO\n"
    assert relay.carried_bytes == 12
    writer.close()
    await writer.wait_closed()


async def test_a_cut_uplink_is_silent_and_goes_on_when_it_is_back(relay: Relay, tmp_path: Path) -> None:
    relay.follow(cut=True)
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / "agent.sock"))
    writer.write(b"hello\n")
    answer = asyncio.create_task(reader.readline())
    done, _ = await asyncio.wait({answer}, timeout=0.1)
    assert not done

    relay.follow(cut=False)
    assert await asyncio.wait_for(answer, 5) == b"HELLO\n"
    writer.close()
    await writer.wait_closed()


async def test_an_asker_that_gave_up_during_the_cut_hurts_nobody(relay: Relay, tmp_path: Path) -> None:
    relay.follow(cut=True)
    _, writer = await asyncio.open_unix_connection(str(tmp_path / "agent.sock"))
    writer.write(b"hello\n")
    writer.transport.abort()
    relay.follow(cut=False)

    reader, writer = await asyncio.open_unix_connection(str(tmp_path / "agent.sock"))
    writer.write(b"again\n")
    assert await asyncio.wait_for(reader.readline(), 5) == b"AGAIN\n"
    writer.close()
    await writer.wait_closed()


async def test_closing_ends_frozen_connections_too(tmp_path: Path, collector: Path) -> None:
    async with open_relay(tmp_path / "agent.sock", collector) as relay:
        relay.follow(cut=True)
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "agent.sock"))
        writer.write(b"hello\n")
        async with asyncio.timeout(5):
            while not relay.connections:  # noqa: ASYNC110 - the relay tells nobody of its connections
                await asyncio.sleep(0)

    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    await writer.wait_closed()
