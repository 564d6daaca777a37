"""The collector's own server on real sockets: slow, silent, endless and ambiguous clients beside an honest one."""

import asyncio
import contextlib
import gc
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from collector.serving import ListenError, open_sockets, serve, tls_context
from collector.settings import ListenSettings, TlsSettings
from collector.telemetry import Telemetry
from lab.ports import free_port
from tests.peers.authority import authority

HEAD = b"POST /x HTTP/1.1\r\nHost: a\r\n"
AMBIGUOUS = {
    "both lengths": HEAD + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
    "both lengths, chunks first": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n1\r\nA\r\n0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nAB",
    "a folded header": HEAD + b"X-A: b\r\n c\r\nContent-Length: 2\r\n\r\nAB",
    "two hosts": HEAD + b"Host: b\r\nContent-Length: 2\r\n\r\nAB",
    "no host": b"POST /x HTTP/1.1\r\nContent-Length: 2\r\n\r\nAB",
    "chunks of 1.0": b"POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a fragment": b"POST /x#y HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nAB",
    "no HTTP": b"\x16\x03\x01\x02\x00",
}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers at once, or reads all first at ``/whole``, or sends without end at ``/much``."""
    more = scope["path"] == "/whole"
    while more:
        message = await receive()
        more = message.get("more_body", False)
    much = scope["path"] == "/much"
    length = 64 * 1024 * 1024 if much else 2
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(length).encode())]})
    for _ in range(1024 if much else 0):
        await send({"type": "http.response.body", "body": bytes(64 * 1024), "more_body": True})
    await send({"type": "http.response.body", "body": b"" if much else b"ok"})


class House:
    def __init__(self, port: int, telemetry: Telemetry) -> None:
        self.port = port
        self.telemetry = telemetry

    async def send(self, *pieces: bytes, address: str = "127.0.0.1") -> tuple[asyncio.StreamReader, Any]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))
        for piece in pieces:
            writer.write(piece)
        return reader, writer

    async def ask(self, path: str = "/") -> bytes:
        reader, writer = await self.send(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        with contextlib.closing(writer):
            return await asyncio.wait_for(reader.read(), 10)

    def refused(self, reason: str) -> float:
        name = "phusong_collector_connections_refused_total"
        return self.telemetry.registry.get_sample_value(name, {"reason": reason}) or 0.0

    def open(self) -> float:
        return self.telemetry.registry.get_sample_value("phusong_collector_connections") or 0.0


async def until(held: Callable[[], bool]) -> None:
    for _ in range(500):
        if held():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


@asynccontextmanager
async def house(**wishes: Any) -> AsyncIterator[House]:
    listen = ListenSettings(port=free_port(), **{"head_seconds": 0.3, "rest_seconds": 0.4, **wishes})
    telemetry, stop = Telemetry("test"), asyncio.Event()
    with open_sockets(listen) as sockets:
        sockets[0].listen(2048)  # who connects before the server is up waits
        serving = asyncio.create_task(serve(app, sockets, listen, telemetry, stop))
        found = House(listen.port, telemetry)
        try:
            yield found
        finally:
            stop.set()
            await serving


async def read(reader: asyncio.StreamReader) -> bytes:
    with contextlib.suppress(ConnectionResetError):
        return await asyncio.wait_for(reader.read(), 10)
    return b""


async def test_a_head_that_never_ends_is_told_408_although_its_bytes_keep_coming() -> None:
    async with house() as found:
        reader, writer = await found.send(b"GET / HTTP/1.1\r\n")

        async def trickle() -> None:
            while not writer.is_closing():
                writer.write(b"X-A: b\r\n")
                await asyncio.sleep(0.02)

        trickling = asyncio.create_task(trickle())
        answer = await read(reader)
        trickling.cancel()
        writer.close()

        assert answer.startswith(b"HTTP/1.1 408 ")
        assert found.refused("slow") == 1


async def test_who_says_nothing_is_hung_up_on() -> None:
    async with house() as found:
        reader, writer = await found.send()

        assert await read(reader) == b""
        assert found.refused("silent") == 1
        writer.close()


async def test_a_connection_that_is_kept_has_a_new_deadline_for_each_request() -> None:
    async with house() as found:
        reader, writer = await found.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT")

        assert b"408" in await read(reader)
        writer.close()


async def test_the_rest_of_a_request_that_was_answered_already_comes_in_time_or_not_at_all() -> None:
    async with house() as found:
        reader, writer = await found.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")

        assert (await read(reader)).startswith(b"HTTP/1.1 200")
        writer.close()


async def test_a_client_that_does_not_take_its_answer_in_is_cut_off() -> None:
    async with house() as found:
        _, writer = await found.send(b"GET /much HTTP/1.1\r\nHost: a\r\n\r\n")
        writer.transport.pause_reading()
        await until(lambda: found.refused("reader") == 1)
        writer.close()


@pytest.mark.parametrize(
    "endless",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 200_000,
        b"GET /" + b"a" * 200_000,
        b"GET /whole HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"a" * 200_000,
    ],
    ids=["header", "address", "trailer"],
)
async def test_what_the_parser_would_keep_for_ever_has_a_size(endless: bytes) -> None:
    async with house(head_seconds=5) as found:
        reader, writer = await found.send(endless)
        await read(reader)

        assert found.refused("head") == 1
        writer.close()


@pytest.mark.parametrize("request_", AMBIGUOUS.values(), ids=AMBIGUOUS)
async def test_what_two_servers_could_read_in_two_ways_is_400_and_the_connection_ends(request_: bytes) -> None:
    async with house(head_seconds=5) as found:
        reader, writer = await found.send(request_, b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = await read(reader)

        assert answer.startswith(b"HTTP/1.1 400 ")
        assert answer.count(b"HTTP/1.1 ") == 1
        assert found.refused("malformed") == 1
        writer.close()


async def test_of_hundreds_of_requests_at_once_the_first_few_are_read_and_no_more() -> None:
    """Each costs the loop a tenth of a millisecond before anybody could say that it is one too many."""
    asked = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    async with house(head_seconds=5) as found:
        reader, writer = await found.send(asked * 200)
        await until(lambda: found.refused("head") == 1)

        assert sum(isinstance(each, RequestResponseCycle) for each in gc.get_objects()) < 20
        await read(reader)
        assert found.refused("malformed") == 0
        writer.close()


async def test_an_honest_client_comes_in_while_the_slow_ones_fill_every_place() -> None:
    async with house(head_seconds=30, connections=20) as found:
        slow = [await found.send(b"GET / HTTP/1.1\r\nX") for _ in range(60)]

        assert (await found.ask()).startswith(b"HTTP/1.1 200")
        assert found.open() <= 20
        assert found.refused("crowd") >= 40
        for _, writer in slow:
            writer.close()


async def test_it_speaks_tls_by_itself_and_nothing_older_than_1_2(tmp_path: Path) -> None:
    signer = authority(tmp_path, "ca")
    certificate, key = signer.server(tmp_path, "collector")
    trust = ssl.create_default_context(cafile=str(signer.path))
    async with house(tls=TlsSettings(certificate=certificate, key=key), head_seconds=5) as found:
        reader, writer = await asyncio.open_connection("127.0.0.1", found.port, ssl=trust)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert (await read(reader)).startswith(b"HTTP/1.1 200")
        assert writer.get_extra_info("ssl_object").version() == "TLSv1.3"
        writer.close()
        assert not (await found.ask()).startswith(b"HTTP/1.1 200")
    assert tls_context(TlsSettings(certificate=certificate, key=key)).minimum_version == ssl.TLSVersion.TLSv1_2


async def test_a_key_that_is_not_the_certificates_is_told_in_one_line(tmp_path: Path) -> None:
    signer = authority(tmp_path, "ca")
    certificate, _ = signer.server(tmp_path, "one")
    _, key = signer.server(tmp_path, "two")

    with pytest.raises(ListenError, match="they do not belong together"):
        tls_context(TlsSettings(certificate=certificate, key=key))


async def test_one_address_alone_cannot_have_every_place_and_a_proxy_may() -> None:
    async with house(head_seconds=30, connections_per_address=5) as found:
        many = [await found.send(b"GET", address=f"127.0.0.{1 + number % 2}") for number in range(30)]
        await found.ask()

        assert found.refused("address") == 10
        for _, writer in many:
            writer.close()
