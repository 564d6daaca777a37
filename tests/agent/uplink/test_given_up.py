"""A request that was given up is given up: it is not sent later, and its answer is not believed."""

import asyncio
import socket
import ssl
import threading
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from agent.identity.enrol import post_once
from agent.uplink.answer import Reply
from agent.uplink.connection import AwayError, Way
from agent.uplink.http import HttpPost
from agent.uplink.proof import Stamp, TokenProof
from shared.secret import Secret
from shared.wire.codec import encode_batch
from tests.peers.bad_collector import DRIP, Collector, listening
from tests.peers.enrolled import batch
from tests.peers.programs import until
from tests.peers.slow_proxy import slow_proxy

STAMP = Stamp("e", 1, 1)
TIMEOUT_SECONDS = 0.3
A_BATCH = encode_batch(batch("a", [1], sites=("s",)))


async def test_a_proxy_that_is_slow_to_open_the_way_gets_nothing_of_a_request_that_was_given_up() -> None:
    with slow_proxy(TIMEOUT_SECONDS / 4) as proxy:
        way = Way("https://192.0.2.1", TIMEOUT_SECONDS, proxy=Secret(f"http://127.0.0.1:{proxy.port}"))
        with pytest.raises(AwayError, match=r"^no whole answer in 0.6 s$"):
            await HttpPost(way, TokenProof(Secret("t")), ssl.create_default_context())(b"body", STAMP)
        await asyncio.to_thread(until, "the way was opened, or left", lambda: proxy.left.is_set() or proxy.carried)

    assert bytes(proxy.carried) == b""


async def test_a_name_that_is_found_too_late_is_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a resolver that does not answer: nothing ends a look-up."""
    found, real = threading.Event(), socket.getaddrinfo

    def slow(*words: Any, **more: Any) -> Any:
        found.wait(20)
        return real(*words, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        way = Way(f"http://127.0.0.1:{listener.getsockname()[1]}", TIMEOUT_SECONDS)
        with pytest.raises(AwayError):
            await HttpPost(way, TokenProof(Secret("t")), None)(b"body", STAMP)
        found.set()
        client, _ = await asyncio.to_thread(listener.accept)
        with client:
            client.settimeout(20)
            assert await asyncio.to_thread(client.recv, 1) == b""


class Slow(TokenProof):
    """Takes its time to put an answer onto the disk."""

    def __init__(self) -> None:
        super().__init__(Secret("t"))
        self.here, self.on_disk = threading.Event(), threading.Event()
        self.held = 0

    def turn(self) -> AbstractContextManager[None]:
        self.held += 1
        return nullcontext()

    def believe(self, sent: dict[str, str], reply: Reply) -> Reply:
        self.here.set()
        self.on_disk.wait(20)
        return super().believe(sent, reply)


async def test_an_answer_that_goes_onto_the_disk_is_not_given_up_in_the_middle() -> None:
    proof = Slow()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(65536)
                client.sendall(b"HTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\n{}")

        serving = threading.Thread(target=serve)
        serving.start()
        way = Way(f"http://127.0.0.1:{listener.getsockname()[1]}", TIMEOUT_SECONDS)
        posting = asyncio.ensure_future(HttpPost(way, proof, None)(b"body", STAMP))
        assert await asyncio.to_thread(proof.here.wait, 20)
        done, _ = await asyncio.wait([posting], timeout=TIMEOUT_SECONDS * 4)
        proof.on_disk.set()
        serving.join()

        assert not done
        assert (await posting).status == 200
        assert proof.held == 1


async def test_an_answer_to_a_join_or_a_rotation_that_drips_for_ever_comes_to_an_end() -> None:
    async with listening(Collector(acts=[lambda _: DRIP])) as collector:
        way = Way(f"http://127.0.0.1:{collector.port}", TIMEOUT_SECONDS)
        with pytest.raises(AwayError):
            async with asyncio.timeout(10):
                await asyncio.to_thread(post_once, way, None, "/api/v1/rotate", A_BATCH, {})
        await asyncio.to_thread(until, "the server sees it go", lambda: collector.left)
