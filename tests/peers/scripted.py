"""Servers on loopback that say exactly what a test wrote down: the network's ways to misbehave."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast


@asynccontextmanager
async def tcp_server(answer: bytes, *, tls: ssl.SSLContext | None = None, hang: bool = False) -> AsyncIterator[int]:
    """Reads one request, sends ``answer`` and closes, or never closes with ``hang``; gives the port."""
    held: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        await reader.read(4096)
        writer.write(answer)
        if not hang:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in held:
            writer.transport.abort()


class _Scripted(asyncio.DatagramProtocol):
    def __init__(self, answer: Callable[[bytes], list[bytes]]) -> None:
        self._answer = answer
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self.transport is not None
        for reply in self._answer(data):
            self.transport.sendto(reply, addr)


@asynccontextmanager
async def udp_server(answer: Callable[[bytes], list[bytes]]) -> AsyncIterator[int]:
    """Answers each datagram with the datagrams that ``answer`` gives; yields the port."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Scripted(answer), local_addr=("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@asynccontextmanager
async def closed_port() -> AsyncIterator[int]:
    """A port of 127.0.0.1 on which nobody listens while the block runs: bound, not listening."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, start_serving=False)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
