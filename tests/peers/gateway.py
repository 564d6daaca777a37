"""Other ends of notifications on the loopback: HTTP and SMTP servers that take, put off, refuse or hang."""

import asyncio
import contextlib
import ssl
from base64 import b64decode
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
    logins: list[str] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    """Recipients that the SMTP server does not know."""
    defers: set[str] = field(default_factory=set)
    """Recipients, or words of paths, for which there is no room now."""


@asynccontextmanager
async def running_http_gateway(tls: ssl.SSLContext | None = None) -> AsyncIterator[Gateway]:
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
        if any(word in head[0] for word in gateway.defers):
            writer.write(b"HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        if gateway.mode == "take":
            gateway.bodies.append(body)
            gateway.headers.append(headers)
            gateway.paths.append(head[0].split()[1])
        where = f"Location: http://127.0.0.1:{gateway.port}/else\r\n" if gateway.mode == "redirect" else ""
        writer.write(f"HTTP/1.1 {answers[gateway.mode]}\r\n{where}Content-Length: 2\r\n\r\nhm".encode())
        await writer.drain()

    async with _running(gateway, serve, tls):
        yield gateway


@asynccontextmanager
async def running_smtp_server(tls: ssl.SSLContext | None = None, starttls: bool = False) -> AsyncIterator[Gateway]:
    """As much of RFC 5321, 3207 and 4954 as a client that behaves needs."""
    gateway = Gateway()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = _Talk(gateway, reader, writer, tls if starttls else None)
        await talk.say("220 peer ESMTP")
        while line := (await reader.readline()).decode("latin-1").strip():
            verb = line.split()[0].upper()
            await getattr(talk, f"do_{verb.lower()}", talk.do_other)(line)
            if verb == "QUIT":
                return

    async with _running(gateway, serve, None if starttls else tls):
        yield gateway


@dataclass
class _Talk:
    """One client of the mail server."""

    gateway: Gateway
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    tls: ssl.SSLContext | None

    async def say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self.writer.drain()

    async def do_ehlo(self, _: str) -> None:
        plain = self.tls is not None and self.writer.get_extra_info("sslcontext") is None
        await self.say("250-peer", "250-STARTTLS" if plain else "250-AUTH PLAIN", "250 8BITMIME")

    async def do_starttls(self, _: str) -> None:
        assert self.tls is not None
        await self.say("220 go on")
        await self.writer.start_tls(self.tls)

    async def do_auth(self, line: str) -> None:
        self.gateway.logins.append(b64decode(line.split()[2]).decode())
        await self.say("235 welcome")

    async def do_rcpt(self, line: str) -> None:
        address = line.partition("<")[2].partition(">")[0]
        if address in self.gateway.defers:
            await self.say("452 4.2.2 mailbox full")
            return
        unknown = address in self.gateway.refuses
        self.gateway.recipients += [] if unknown else [address]
        await self.say("550 5.1.1 no such user" if unknown else "250 OK")

    async def do_data(self, _: str) -> None:
        self.gateway.tries += 1
        await self.say("354 go on")
        letter = await self.reader.readuntil(b"\r\n.\r\n")
        if self.gateway.mode == "hang":
            await _hang(self.gateway, self.reader)
            return
        if self.gateway.mode == "take":
            self.gateway.bodies.append(letter[:-5].replace(b"\r\n..", b"\r\n."))
        await self.say({"take": "250 OK", "later": "451 4.3.0 later"}.get(self.gateway.mode, "554 5.6.0 never"))

    async def do_quit(self, _: str) -> None:
        await self.say("221 bye")

    async def do_other(self, _: str) -> None:
        await self.say("250 OK")


async def _hang(gateway: Gateway, reader: asyncio.StreamReader) -> None:
    gateway.hanging += 1
    try:
        await reader.read()  # until the other side gives up
    finally:
        gateway.hanging -= 1


@asynccontextmanager
async def _running(gateway: Gateway, serve: object, tls: ssl.SSLContext | None) -> AsyncIterator[None]:
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await serve(reader, writer)  # type: ignore[operator]
        except (OSError, asyncio.IncompleteReadError):  # ssl.SSLError is one of the first
            pass
        finally:
            tasks.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    gateway.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
