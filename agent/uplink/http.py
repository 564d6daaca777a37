"""One POST over TCP, TLS or a Unix socket by the standard library; it follows nothing and believes no length."""

import asyncio
import contextlib
import http.client
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from agent.uplink.answer import Reply
from shared.secret import Secret
from shared.wire.codec import CONTENT_TYPE

_ANSWER_LIMIT_BYTES = 64 * 1024


class UplinkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the collector is and how the agent proves who it is."""

    url: str
    """For example ``https://collector.example:8443``; the path is ours."""
    socket: Path | None = None
    """Unix socket to talk HTTP over, instead of TCP to the URL's host."""
    token: Secret | None = None
    token_file: Path | None = None
    ca_file: Path | None = None
    """Certificates to trust instead of the system's."""
    timeout_seconds: float = 20.0


class AwayError(Exception):
    """No answer: the collector is away, or the line broke; the message is one line."""


class Post(Protocol):
    """Sends a body and gives the answer, or raises :class:`AwayError`."""

    async def __call__(self, body: bytes) -> Reply:
        """Send once."""
        ...


class HttpPost:
    """A connection for each batch: nothing to keep alive over a line that fails, and no state between tries."""

    def __init__(self, settings: UplinkSettings, token: Secret, tls: ssl.SSLContext | None) -> None:
        self._settings = settings
        self._token = token
        self._tls = tls

    async def __call__(self, body: bytes) -> Reply:
        """See :class:`Post`."""
        line = _Line()
        limit_seconds = self._settings.timeout_seconds * 2
        try:
            async with asyncio.timeout(limit_seconds) as deadline:
                return await asyncio.to_thread(self._send, body, line)
        except TimeoutError:
            late = f"no whole answer in {limit_seconds:g} s" if deadline.expired() else "timed out"
            raise AwayError(late) from None
        except (OSError, http.client.HTTPException) as error:
            raise AwayError(_line(error)) from None
        finally:
            line.cut()

    def _send(self, body: bytes, line: "_Line") -> Reply:
        connection = self._connection()
        try:
            connection.connect()
            line.end = connection.sock
            connection.request("POST", "/api/v1/batches", body, self._headers())
            answer = connection.getresponse()
            return Reply(answer.status, answer.read(_ANSWER_LIMIT_BYTES), answer.headers.get("Retry-After") or "")
        finally:
            connection.close()

    def _headers(self) -> dict[str, str]:
        return {"Content-Type": CONTENT_TYPE, "Authorization": f"Bearer {self._token.reveal()}", "Connection": "close"}

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self._settings.url)
        host, timeout = parts.hostname or "localhost", self._settings.timeout_seconds
        if self._settings.socket is not None:
            return _UnixConnection(self._settings.socket, timeout)
        if self._tls is not None:
            return http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=self._tls)
        return http.client.HTTPConnection(host, parts.port, timeout=timeout)


@dataclass
class _Line:
    """What a thread waits on, so that it can be told to wait no longer."""

    end: socket.socket | None = None

    def cut(self) -> None:
        """End whatever still goes on; nothing where it is over."""
        if self.end is not None:
            with contextlib.suppress(OSError):
                self.end.shutdown(socket.SHUT_RDWR)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def make_post(settings: UplinkSettings, token: Secret) -> HttpPost:
    """A sender for the settings; reads the certificates to trust, raises OSError where they cannot be read."""
    tls = None
    if settings.url.startswith("https://"):
        tls = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    return HttpPost(settings, token, tls)


def _line(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"TLS: {getattr(error, 'verify_message', '') or error.reason}"
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
