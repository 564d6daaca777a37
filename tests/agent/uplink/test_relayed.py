"""A collector without TLS behind an office's proxy, which is told whole addresses and opens no ways to odd ports."""

from pathlib import Path

import pytest

from agent.uplink.connection import AwayError, Way, connection_to
from agent.uplink.http import HttpPost
from agent.uplink.proof import Stamp, TokenProof
from shared.secret import Secret
from shared.wire.codec import encode_batch
from tests.peers.bad_collector import Collector, listening
from tests.peers.connect_proxy import connect_proxy
from tests.peers.enrolled import batch

STAMP = Stamp("e", 1, 1)
A_BATCH = encode_batch(batch("a", [1], sites=("s",)))


async def test_a_batch_goes_through_it_and_the_proxys_password_no_further() -> None:
    async with listening(Collector()) as collector:
        with connect_proxy() as proxy:
            way = Way(f"http://127.0.0.1:{collector.port}", 10, proxy=Secret(proxy.url))
            reply = await HttpPost(way, TokenProof(Secret("the-token")), None)(A_BATCH, STAMP)

    assert reply.status == 200
    assert collector.stored == [1]
    assert proxy.asked == [f"POST http://127.0.0.1:{collector.port}/api/v1/batches"]
    head = bytes(proxy.carried).partition(b"\r\n\r\n")[0].decode().lower().split("\r\n")
    assert f"host: 127.0.0.1:{collector.port}" in head
    assert "authorization: bearer the-token" in head
    assert not any(line.startswith("proxy-authorization") for line in head)


async def test_a_proxy_that_wants_a_password_is_named_and_not_taken_for_the_collector() -> None:
    with connect_proxy() as proxy:
        way = Way("http://192.0.2.1:8080/", 10, proxy=Secret(f"http://127.0.0.1:{proxy.port}"))
        with pytest.raises(AwayError, match=r"^the proxy refuses: 407 Proxy Authentication Required$"):
            await HttpPost(way, TokenProof(Secret("t")), None)(b"", STAMP)

    assert (proxy.refused, proxy.asked) == (1, [])


def test_nothing_of_it_concerns_tls_or_a_socket(tmp_path: Path) -> None:
    proxy = Secret("http://127.0.0.1:1")

    assert connection_to(Way("http://c", 1, socket=tmp_path / "s", proxy=proxy), None).host == "localhost"
    with pytest.raises(ValueError, match="no TLS"):
        connection_to(Way("https://c", 1, proxy=proxy), None)
