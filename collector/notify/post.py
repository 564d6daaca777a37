"""One HTTP request to where the settings say, and its answer; no redirect is followed, no more read than is needed."""

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import h11
import msgspec

from collector.notify.message import RefusedError, UntoldError
from shared.release import release

_ANSWER_BYTES = 256 * 1024
_READ_BYTES = 16 * 1024
_NEVER = frozenset({400, 413, 414, 415, 422})
"""The message itself is wrong; everything else may be mended at the other end."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer."""

    status: int
    body: bytes
    wait_seconds: float = 0.0
    """``Retry-After``, where it is a number."""


@dataclass(frozen=True)
class Place:
    """Where requests go."""

    host: str
    port: int
    path: str
    """With the query."""
    trust: ssl.SSLContext | None
    """None for plain HTTP."""


def place_of(url: str, ca_file: Path | None = None) -> Place:
    """The parts of a URL; raises ValueError where it is none of ours, OSError where ``ca_file`` cannot be read."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"'{url}' is no URL like https://gateway.example/hook")
    if parts.username is not None or parts.password is not None:
        raise ValueError("user and password have keys of their own")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or any(sign.isspace() for sign in url):
        raise ValueError(f"'{url}' must be percent-encoded")
    tls = parts.scheme == "https"
    trust = ssl.create_default_context(cafile=ca_file) if tls else None
    return Place(parts.hostname, parts.port or (443 if tls else 80), path, trust)


async def request(place: Place, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
    """Ask once on a connection of its own; raises :class:`UntoldError` where there is no answer. Cancel to end it."""
    try:
        reader, writer = await asyncio.open_connection(
            place.host, place.port, ssl=place.trust, server_hostname=place.host if place.trust else None
        )
    except OSError as error:
        raise UntoldError(f"{place.host}:{place.port}: {_line(error)}") from None
    try:
        return await _exchange(reader, writer, place, (method, path), headers, body)
    except (OSError, h11.RemoteProtocolError, EOFError) as error:
        raise UntoldError(f"{place.host}:{place.port}: {_line(error)}") from None
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def demand_taken(reply: Reply, place: Place) -> None:
    """Return where the answer is 2xx; raises :class:`UntoldError` or :class:`RefusedError`."""
    if 200 <= reply.status < 300:
        return
    said = " ".join(reply.body[:200].decode("utf-8", "replace").split())
    what = f"{place.host}:{place.port}: answered {reply.status}{': ' if said else ''}{said}"
    if 300 <= reply.status < 400:
        what = f"{place.host}:{place.port}: answered {reply.status}, and redirects are not followed"
    raise RefusedError(what) if reply.status in _NEVER else UntoldError(what, reply.wait_seconds)


async def _exchange(  # noqa: PLR0913, PLR0917 - one request
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    place: Place,
    line: tuple[str, str],
    headers: Mapping[str, str],
    body: bytes,
) -> Reply:
    connection = h11.Connection(h11.CLIENT)
    host = f"[{place.host}]" if ":" in place.host else place.host
    sent = {
        "Host": f"{host}:{place.port}",
        "User-Agent": f"phusong-collector/{release()}",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }
    head = h11.Request(method=line[0], target=line[1], headers=list(sent.items()))
    for part in (head, h11.Data(data=body), h11.EndOfMessage()):
        writer.write(connection.send(part) or b"")
    await writer.drain()
    status, wait, answer = 0, 0.0, b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_READ_BYTES))
        elif isinstance(event, h11.Response):
            status = event.status_code
            after = dict(event.headers).get(b"retry-after", b"")
            wait = float(after) if after.isdigit() else 0.0
        elif isinstance(event, h11.Data):
            answer += bytes(event.data)
            if len(answer) > _ANSWER_BYTES:
                break
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            break
    return Reply(status=status, body=answer[:_ANSWER_BYTES], wait_seconds=wait)


def _line(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
