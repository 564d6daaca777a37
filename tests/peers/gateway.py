"""Other ends of notifications on the loopback: HTTP and SMTP servers that take, put off, refuse or hang."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["take", "later", "never", "hang", "redirect"]


@dataclass
class Gateway:
    """What it does with messages, and what it took."""

    port: int = 0
    mode: Mode = "take"
    bodies: list[bytes] = field(default_factory=list)
    """Of requests, or letters as they came over the line."""
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    tries: int = 0
    hanging: int = 0
    """Connections that wait for an answer which does not come."""
    recipients: list[str] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    """Recipients that the SMTP server does not know."""


@asynccontextmanager
async def running_http_gateway() -> AsyncIterator[Gateway]:
    """HTTP/1.1, one request a connection."""
    gateway = Gateway()
    answers = {"take": "200 OK", "later": "503 Later", "never": "400 Never", "redirect": "302 Elsewhere"}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        gateway.tries += 1
        if gateway.mode == "hang":
            await _hang(gateway, reader)
            return
        if gateway.mode == "take":
            gateway.bodies.append(body)
            gateway.headers.append(headers)
            gateway.paths.append(head[0].split()[1])
        where = f"Location: http://127.0.0.1:{gateway.port}/else\r\n" if gateway.mode == "redirect" else ""
        writer.write(f"HTTP/1.1 {answers[gateway.mode]}\r\n{where}Content-Length: 2\r\n\r\nhm".encode())
        await writer.drain()

    async with _running(gateway, serve):
        yield gateway


@asynccontextmanager
async def running_smtp_server() -> AsyncIterator[Gateway]:
    """As much of RFC 5321 as a client that behaves needs."""
    gateway = Gateway()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        await say("220 peer ESMTP")
        while line := (await reader.readline()).decode("latin-1").strip():
            verb = line.split()[0].upper()
            if verb == "RCPT":
                address = line.partition("<")[2].partition(">")[0]
                unknown = address in gateway.refuses
                gateway.recipients += [] if unknown else [address]
                await say("550 5.1.1 no such user" if unknown else "250 OK")
            elif verb == "DATA":
                gateway.tries += 1
                await say("354 go on")
                letter = await reader.readuntil(b"\r\n.\r\n")
                if gateway.mode == "hang":
                    await _hang(gateway, reader)
                    return
                if gateway.mode == "take":
                    gateway.bodies.append(letter[:-5].replace(b"\r\n..", b"\r\n."))
                await say({"take": "250 OK", "later": "451 4.3.0 later"}.get(gateway.mode, "554 5.6.0 never"))
            elif verb == "QUIT":
                await say("221 bye")
                return
            else:
                await say("250 OK")

    async with _running(gateway, serve):
        yield gateway


async def _hang(gateway: Gateway, reader: asyncio.StreamReader) -> None:
    gateway.hanging += 1
    try:
        await reader.read()  # until the other side gives up
    finally:
        gateway.hanging -= 1


@asynccontextmanager
async def _running(gateway: Gateway, serve: object) -> AsyncIterator[None]:
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await serve(reader, writer)  # type: ignore[operator]
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            tasks.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    gateway.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
