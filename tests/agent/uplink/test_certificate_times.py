"""When a server's certificate is out of its time: refused, unless it is the machine's clock that cannot be right."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.timekeeping.anchors import COLLECTOR, Known
from agent.timekeeping.keeper import is_doubtful
from agent.uplink.connection import AwayError
from agent.uplink.http import HttpPost, UplinkSettings, make_tls
from agent.uplink.proof import Stamp, TokenProof
from shared.release import BUILT_NS
from shared.secret import Secret
from shared.wire.reading import Anchor
from tests.peers.authority import NOT_YET, NOW, Times, authority
from tests.peers.village import HandClock

EXPIRED: Times = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2010, 1, 1, tzinfo=UTC))
DAY_NS = 86_400 * 1_000_000_000


@asynccontextmanager
async def posting(folder: Path, times: Times, doubts: Callable[[], bool] | None) -> AsyncIterator[Callable[[], object]]:
    """Something that says what came of one more post to a server with such a certificate."""
    ca = authority(folder, "authority")
    chain, key = ca.server(folder, "server", times=times)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(chain, key)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    settings = UplinkSettings(url=f"https://127.0.0.1:{port}", ca_file=ca.path)
    post = HttpPost(settings.way(), TokenProof(Secret("t")), make_tls(settings), doubts_clock=doubts)

    async def once() -> str:
        try:
            return str((await post(b"", Stamp("e", 1, 1))).status)
        except AwayError as error:
            return str(error)

    async with server:
        yield once


@pytest.mark.parametrize(
    ("times", "doubts", "said"),
    [
        (NOW, lambda: False, ["200", "200"]),
        (EXPIRED, lambda: False, ["TLS: certificate has expired"] * 2),
        (EXPIRED, lambda: True, ["200", "200"]),
        (EXPIRED, None, ["TLS: certificate has expired"] * 2),
        (NOT_YET, lambda: True, ["200", "200"]),
        (NOT_YET, None, ["TLS: certificate is not yet valid"] * 2),
        (NOT_YET, lambda: False, ["TLS: certificate is not yet valid", "200"]),
    ],
)
async def test_a_certificate_out_of_its_time_is_refused_unless_the_clock_must_be_wrong(
    tmp_path: Path, times: Times, doubts: Callable[[], bool] | None, said: list[str]
) -> None:
    """No server uses a certificate before its time: then the clock is behind, if only by some days."""
    async with posting(tmp_path, times, doubts) as once:
        assert [await once() for _ in said] == said  # type: ignore[misc]


@pytest.mark.parametrize(
    ("wall_ns", "true_ns", "doubtful"),
    [
        (0, None, True),
        (BUILT_NS + 5 * DAY_NS, None, False),
        (BUILT_NS + 30_000 * DAY_NS, None, True),
        (BUILT_NS + 900 * DAY_NS, BUILT_NS + 5 * DAY_NS, True),
        (BUILT_NS + 5 * DAY_NS + 1, BUILT_NS + 5 * DAY_NS, False),
        (0, BUILT_NS, True),
    ],
)
def test_a_clock_is_in_doubt_where_it_cannot_be_right_or_the_collector_said_otherwise_in_this_boot(
    wall_ns: int, true_ns: int | None, doubtful: bool
) -> None:
    class Clock(HandClock):
        def wall_ns(self) -> int:
            return wall_ns

    clock = Clock()
    anchor = Anchor(clock.boot_id(), 0, true_ns or 0, 0, COLLECTOR)
    known = Known(boots={clock.boot_id(): (anchor,)} if true_ns else {})

    assert is_doubtful(known, clock) is doubtful
