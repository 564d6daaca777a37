"""A real HTTP server on the loopback that answers as a script says: well, badly, half, late or not at all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec

from shared.wire.codec import Limits, decode_batch
from shared.wire.reading import Acknowledgement, Batch

Act = Callable[[Batch], bytes | None]
"""The bytes of the answer to a batch; None is silence until the client goes."""


DRIP = b"a byte now and then"


def answer(status: int, body: bytes = b"", head: str = "") -> bytes:
    return f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body


@dataclass
class Collector:
    """Plays its acts one after another, then takes everything; ``stored`` is what it acknowledged."""

    acts: list[Act] = field(default_factory=list)
    metrics_wanted: bool = False
    port: int = 0
    stored: list[int] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    left: int = 0
    """Clients that gave up on a dripping answer."""

    def take(self, batch: Batch) -> bytes:
        sequences = [record.sequence for record in batch.records]
        new = [sequence for sequence in sequences if sequence not in self.stored]
        self.stored += new
        said = Acknowledgement(
            stored=len(new),
            duplicates=len(sequences) - len(new),
            server_time_ns=1,
            metrics_wanted=self.metrics_wanted,
        )
        return answer(200, msgspec.json.encode(said))

    def take_and_break_off(self, batch: Batch) -> bytes:
        """Committed, but the answer is cut: the batch will come again."""
        return self.take(batch)[:-10]

    def mute(self, _batch: Batch) -> None:
        return None

    async def _drip(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A byte now and then, each in time, the whole never, until the other side goes."""
        gone = asyncio.create_task(reader.read())
        writer.write(b"HTTP/1.1 200 x\r\nContent-Length: 100000\r\n\r\n")
        while not gone.done():
            writer.write(b" ")
            await asyncio.wait([gone], timeout=0.05)
        self.left += 1

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            size = int(next(line for line in head.lower().splitlines() if line.startswith("content-length")).split()[1])
            batch = decode_batch(await reader.readexactly(size), Limits())
            self.heads.append(head)
            self.batches.append(batch)
            said = (self.acts.pop(0) if self.acts else self.take)(batch)
            if said is None:
                await reader.read()
            elif said == DRIP:
                await self._drip(reader, writer)
            else:
                writer.write(said)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening(collector: Collector) -> AsyncIterator[Collector]:
    server = await asyncio.start_server(collector.serve, "127.0.0.1", 0)
    collector.port = server.sockets[0].getsockname()[1]
    try:
        yield collector
    finally:
        server.close()
        await server.wait_closed()
