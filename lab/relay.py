"""The uplink of a commune's agent: a Unix socket led on to the collector's, frozen while the link is cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

_CHUNK_BYTES = 65_536


class Relay:
    """A cut freezes what is under way, as it does to TCP: bytes go on after it, if both ends still wait."""

    def __init__(self, collector: Path) -> None:
        self._collector = collector
        self._intact = asyncio.Event()
        self._intact.set()
        self._connections: set[asyncio.Task[None]] = set()
        self.carried_bytes = 0

    def follow(self, *, cut: bool) -> None:
        """Freeze or go on."""
        if cut:
            self._intact.clear()
        else:
            self._intact.set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of the agent until either side ends it."""
        # A task of its own: the one that asyncio made for us complains when it is cancelled.
        serving = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(serving)
        await asyncio.wait({serving})
        self._connections.discard(serving)
        writer.close()

    @property
    def connections(self) -> int:
        """Number of connections that are served now."""
        return len(self._connections)

    async def close(self) -> None:
        """End all connections."""
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await self._intact.wait()
            far_reader, far_writer = await asyncio.open_unix_connection(str(self._collector))
            with closing(far_writer):
                async with asyncio.TaskGroup() as pumps:
                    pumps.create_task(self._pump(reader, far_writer))
                    pumps.create_task(self._pump(far_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                while chunk := await reader.read(_CHUNK_BYTES):
                    await self._intact.wait()
                    self.carried_bytes += len(chunk)
                    writer.write(chunk)
                    await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def open_relay(path: Path, collector: Path) -> AsyncIterator[Relay]:
    """Listen at ``path`` and lead each connection on to ``collector``."""
    relay = Relay(collector)
    server = await asyncio.start_unix_server(relay.accept, str(path))
    try:
        yield relay
    finally:
        server.close()
        await relay.close()
