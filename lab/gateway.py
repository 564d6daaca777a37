"""A made-up SMS gateway for the demo: it takes each message, reaches nobody, and says what they would have read."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_HEAD_BYTES, _BODY_BYTES = 16 * 1024, 1024 * 1024
_TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_REFUSED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@asynccontextmanager
async def open_gateway(hear: Callable[[str, str], None]) -> AsyncIterator[int]:
    """Its port on the loopback while the block runs; ``hear`` gets a name and a text for each telephone."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            told = _texts(await _body(reader))
            writer.write(_TAKEN)
            for name, text in told:
                hear(name, text)
            await writer.drain()
        except (ValueError, KeyError, TypeError):
            writer.write(_REFUSED)
        except (OSError, EOFError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=_HEAD_BYTES)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _body(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    length = next((int(line.partition(":")[2]) for line in head if line.startswith("content-length:")), 0)
    if not 0 <= length <= _BODY_BYTES:
        raise ValueError("too long")
    return await reader.readexactly(length)


def _texts(body: bytes) -> list[tuple[str, str]]:
    """Who reads what, of a message as ``docs/reference.md`` has it."""
    said = json.loads(body)
    return [(one["name"], said["text"][one["language"]]["sms"]) for one in said["recipients"] if one["phone"]]
