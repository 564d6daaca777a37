"""What somebody hostile does to a collector, as bytes and pauses on a connection; it judges no answer."""

import asyncio
import contextlib
import os
import random
import re
import ssl
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from lab.fleet import name, token
from shared.wire.codec import CONTENT_TYPE, MAGIC, VERSION, encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample

SMUGGLED = 999_999
"""Sequence of the batch that is hidden in another request: it must never be stored."""
_FLOOD_READINGS, _FLOOD_SAMPLES = 20, 150
_WAIT_SECONDS, _LONG_SECONDS = 5.0, 30.0
STAMPS = (1_000_000_000, 1_790_000_000_000_000_000)

_LARGEST_BYTES = 1024 * 1024

Act = Callable[["Enemy"], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an enemy stands, and before what."""

    port: int
    authority: str = ""
    """PEM of whom to trust, where the port speaks TLS."""
    address: str = "127.0.0.1"
    tame: bool = False
    """Sends as many harmless bytes instead, for comparison."""


class Enemy:
    """Knows the port, one token (a commune's machine that somebody took over) and how to throw dice."""

    def __init__(self, place: "Place", agent: int, dice: random.Random, bombs: tuple[bytes, ...]) -> None:
        self.bombs = bombs
        self.agent = agent
        self.dice = dice
        self.sequence = 0
        self._next = 2 * SMUGGLED
        self._place = place
        self._trust = ssl.create_default_context(cadata=place.authority) if place.authority else None

    def head(self, length: str, more: str = "") -> bytes:
        """Of a POST that is authorised."""
        return (
            f"POST /api/v1/batches HTTP/1.1\r\nHost: c\r\nAuthorization: Bearer {token(self.agent)}\r\n"
            f"Content-Type: {CONTENT_TYPE}\r\n{length}{more}\r\n"
        ).encode()

    async def say(self, *parts: bytes, pause: float = 0.0, read: bool = True, bare: bool = False) -> str:
        """Send the parts, with a pause between them; gives the status, or ``cut``. ``bare``: below TLS."""
        if self._place.tame:
            parts, pause, read, bare = (self._harmless(sum(map(len, parts))),), 0.0, True, False
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                reader, writer = await self.connect(bare=bare)
                try:
                    for part in parts:
                        writer.write(part)
                        await writer.drain()
                        if pause:
                            await asyncio.sleep(pause)
                    answer = await reader.read(200) if read else b""
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return "cut"
        return answer.split(b" ", 2)[1].decode("ascii", "replace") if answer.startswith(b"HTTP/1.1 ") else "cut"

    async def post(self, *bodies: bytes) -> str:
        """Send batches over one connection, one after another; gives the last status."""
        status = "cut"
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(_LONG_SECONDS):
                reader, writer = await self.connect()
                with contextlib.closing(writer):
                    for body in bodies:
                        whole = self.head(f"Content-Length: {len(body)}\r\n") + body
                        writer.write(self._harmless(len(whole)) if self._place.tame else whole)
                        told = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                        status = told.split(" ", 2)[1]
                        length = re.search(r"content-length: (\d+)", told)
                        await reader.readexactly(int(length[1]) if length else 0)
        return status

    def take(self, numbers: int) -> int:
        """The first of so many sequences that were not used."""
        self._next, first = self._next + numbers, self._next
        return first

    async def connect(self, *, bare: bool = False) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """From this enemy's own address."""
        trust = None if bare else self._trust
        return await asyncio.open_connection(
            "127.0.0.1", self._place.port, ssl=trust, local_addr=(self._place.address, 0)
        )

    @property
    def port(self) -> int:
        """Of the collector."""
        return self._place.port

    @property
    def is_tame(self) -> bool:
        """Whether what it says is replaced by as many harmless bytes."""
        return self._place.tame

    def _harmless(self, size: int) -> bytes:
        """An honest request of this many bytes in all, or of a whole batch's; its body is no batch and soon refused."""
        length = min(size, _LARGEST_BYTES)
        return self.head(f"Content-Length: {length}\r\n") + bytes(length)


def make_bombs() -> tuple[bytes, ...]:
    """One far over every limit, one a little over the limit of a decoded batch: each costs its maker time."""
    return tuple(frame(zlib.compress(bytes(size), 9)) for size in (500_000_000, 9_000_000))


def frame(compressed: bytes) -> bytes:
    """A body as this release writes it."""
    return MAGIC + bytes((VERSION,)) + compressed


def _batch(agent: int, sequence: int, readings: tuple[Reading, ...]) -> bytes:
    record = Record(sequence, Cycle("boot", ClockQuality.SYNCHRONISED, readings))
    return encode_batch(Batch(name(agent), "enemy", "boot", STAMPS[0], STAMPS[1], Lane.LIVE, (record,)))


async def bomb(enemy: Enemy) -> str:
    """Kilobytes that would be many megabytes."""
    body = enemy.dice.choice(enemy.bombs)
    return await enemy.say(enemy.head(f"Content-Length: {len(body)}\r\n"), body)


async def nested(enemy: Enemy) -> str:
    """Arrays in arrays, as deep as they go."""
    body = frame(zlib.compress(b"\x91" * 200_000))
    return await enemy.say(enemy.head(f"Content-Length: {len(body)}\r\n"), body)


async def huge(enemy: Enemy) -> str:
    """A length that no batch has."""
    return await enemy.say(enemy.head("Content-Length: 99999999999\r\n"), b"x" * 65536)


async def two_lengths(enemy: Enemy) -> str:
    """A proxy and a server that believe different lengths: the second request hides in the first one's body."""
    hidden = enemy.head("Content-Length: 10\r\n") + b"x" * 10
    return await enemy.say(enemy.head(f"Content-Length: 5\r\nContent-Length: {len(hidden)}\r\n"), b"12345" + hidden)


async def smuggle(enemy: Enemy) -> str:
    """Content-Length beside Transfer-Encoding, behind it a batch in another's name."""
    body = _batch(enemy.agent, SMUGGLED, ())
    hidden = enemy.head(f"Content-Length: {len(body)}\r\n") + body
    head = enemy.head(f"Content-Length: {len(hidden) + 5}\r\n", "Transfer-Encoding: chunked\r\n")
    return await enemy.say(head, b"0\r\n\r\n" + hidden)


async def bad_chunks(enemy: Enemy) -> str:
    """Sizes of chunks that are none."""
    size = enemy.dice.choice([b"-1", b"0x10", b"1e3", b"ffffffffffffffff1", b" 5", b"\x00"])
    return await enemy.say(enemy.head("Transfer-Encoding: chunked\r\n"), size + b"\r\nhello\r\n0\r\n\r\n")


async def long_head(enemy: Enemy) -> str:
    """A header that does not end."""
    return await enemy.say(b"GET /wall HTTP/1.1\r\nHost: c\r\nX: ", *(b"y" * 16384 for _ in range(20)))


async def noise(enemy: Enemy) -> str:
    """No HTTP at all."""
    return await enemy.say(enemy.dice.randbytes(400), b"\r\n\r\n")


async def pipelined(enemy: Enemy) -> str:
    """Hundreds of requests at once."""
    return await enemy.say(b"GET /healthz HTTP/1.1\r\nHost: c\r\n\r\n" * 300)


async def slow_head(enemy: Enemy) -> str:
    """A header a byte at a time."""
    return await enemy.say(*(bytes((byte,)) for byte in b"POST /api/v1/bat"), pause=0.25)


async def slow_body(enemy: Enemy) -> str:
    """A body of which little comes, and late."""
    return await enemy.say(enemy.head("Content-Length: 50000\r\n"), *(b"phs\x01" for _ in range(8)), pause=0.5)


async def deaf(enemy: Enemy) -> str:
    """Asks for much and reads nothing."""
    await enemy.say(b"GET /metrics HTTP/1.1\r\nHost: c\r\n\r\n" * 8, pause=2.0, read=False)
    return "cut"


async def flood(enemy: Enemy) -> str:
    """Ever new series from a machine that may send: taken, and held no further than its cap."""
    enemy.sequence += 1
    mark = os.urandom(4).hex()
    readings = tuple(
        Reading(
            f"c{mark}{number}",
            "icmp",
            name(enemy.agent),
            f"t{number}",
            "router",
            Outcome.OK,
            *STAMPS,
            1,
            tuple(Sample(f"m_{mark}_{number}_{one}", 1.0) for one in range(_FLOOD_SAMPLES)),
        )
        for number in range(_FLOOD_READINGS)
    )
    body = _batch(enemy.agent, enemy.sequence, readings)
    return await enemy.say(enemy.head(f"Content-Length: {len(body)}\r\n"), body)


REFUSED: tuple[Act, ...] = (
    bomb, nested, huge, two_lengths, smuggle, bad_chunks, long_head, noise, slow_head, slow_body, deaf,
)  # fmt: skip
"""None of these may be answered with 200."""
BORNE: tuple[Act, ...] = (pipelined, flood)
"""These may be answered, and must hurt nobody."""
