"""What somebody hostile does to a port that speaks TLS before there is any request; it judges no answer."""

import asyncio
import contextlib
import ssl
import subprocess
import time
from functools import cache

from lab.prove.hostile_acts import Act, Enemy, deaf, long_head, noise, slow_body, slow_head

PATIENCE_SECONDS = 4.0
"""For a collector that gives a handshake half of this: who is still there then was forgotten."""
_EVERY_SECONDS = 0.25
_RECORD = b"\x16\x03\x01\x40\x00"
"""The head of a record of a handshake, of the largest size."""


@cache
def client_hello(most: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> bytes:
    """The first that a client says."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = most
    said = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), said, server_hostname="collector").do_handshake()
    return said.read()


async def _hold(enemy: Enemy, *parts: bytes, pause: float = 0.0) -> str:
    """Say this below TLS and stay; gives ``cut``, or ``kept`` where nobody ended it."""
    if enemy.is_tame:
        return await enemy.say(*parts)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await enemy.connect(bare=True)
            try:
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(pause)
                while await reader.read(65536):
                    pass
            finally:
                writer.close()
    except TimeoutError:
        return "kept"
    except OSError:
        return "cut"
    return "cut"


async def silent(enemy: Enemy) -> str:
    """A connection that says nothing."""
    return await _hold(enemy)


async def half_hello(enemy: Enemy) -> str:
    """Half of the first message, and silence."""
    return await _hold(enemy, client_hello()[:150])


async def hello_only(enemy: Enemy) -> str:
    """The first message, and no second one: the server has signed for nothing."""
    return await _hold(enemy, client_hello())


async def slow_hello(enemy: Enemy) -> str:
    """The first message a byte at a time."""
    return await _hold(enemy, *(bytes((byte,)) for byte in client_hello()[:40]), pause=_EVERY_SECONDS)


async def torn_record(enemy: Enemy) -> str:
    """A record that says it is large, and comes in drops."""
    return await _hold(enemy, _RECORD, *(b"\x01\x00\x3f\xfc" for _ in range(30)), pause=_EVERY_SECONDS)


async def garbage(enemy: Enemy) -> str:
    """No TLS at all."""
    return await _hold(enemy, enemy.dice.randbytes(2000))


async def garbage_after_hello(enemy: Enemy) -> str:
    """A good first message, then none."""
    return await _hold(enemy, client_hello(), enemy.dice.randbytes(2000), pause=0.05)


async def plain_http(enemy: Enemy) -> str:
    """A request without TLS."""
    return await _hold(enemy, b"GET /healthz HTTP/1.1\r\nHost: c\r\n\r\n")


async def old_hello(enemy: Enemy) -> str:
    """A version that is not spoken any more."""
    hello = client_hello(ssl.TLSVersion.TLSv1_2)
    return await _hold(enemy, hello[:9] + b"\x03\x01" + hello[11:])


async def handshake_and_leave(enemy: Enemy) -> str:
    """All the work of a handshake, for nothing."""
    if enemy.is_tame:
        return await enemy.say(client_hello())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            _, writer = await enemy.connect()
            writer.transport.abort()
    except (OSError, TimeoutError):
        return "cut"
    return "left"


async def handshake_and_silence(enemy: Enemy) -> str:
    """A handshake, and no request."""
    if enemy.is_tame:
        return await enemy.say(client_hello())
    try:
        async with asyncio.timeout(2 * PATIENCE_SECONDS):
            reader, writer = await enemy.connect()
            try:
                await reader.read()
            finally:
                writer.transport.abort()
    except TimeoutError:
        return "kept"
    except OSError:
        return "cut"
    return "cut"


async def renegotiate(enemy: Enemy) -> str:
    """Asks TLS 1.2 for another handshake, over and over; ``openssl`` does, Python's library would not."""
    if enemy.is_tame:
        return await enemy.say(client_hello())
    return await asyncio.to_thread(_renegotiate, enemy.port)


def _renegotiate(port: int) -> str:
    command = ("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2", "-legacy_renegotiation")
    try:
        client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        return "absent"
    deadline = time.monotonic() + PATIENCE_SECONDS
    with client:
        while client.poll() is None and client.stdin is not None:
            if time.monotonic() > deadline:
                client.kill()
                return "kept"
            with contextlib.suppress(BrokenPipeError):
                client.stdin.write(b"R\n")
                client.stdin.flush()
            time.sleep(_EVERY_SECONDS)
    return "cut"


HANDSHAKES: tuple[Act, ...] = (
    silent, half_hello, hello_only, slow_hello, torn_record, garbage, garbage_after_hello, plain_http, old_hello,
    handshake_and_leave, handshake_and_silence,
)  # fmt: skip
WITHIN: tuple[Act, ...] = (slow_head, slow_body, deaf, long_head, noise)
"""Slow and wrong requests, within TLS."""
