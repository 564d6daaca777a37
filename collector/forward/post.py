"""One POST of a body over a connection that stays open; it follows no redirect and judges no answer."""

import asyncio
import contextlib
import http.client
import ssl
from typing import Protocol
from urllib.parse import urlsplit

import cramjam

from collector.forward.answers import Reply
from collector.forward.settings import DestinationSettings, authorization
from shared.release import release
from shared.secret import Secret

_ANSWER_BYTES = 16 * 1024
_TYPES = {
    1: ("application/x-protobuf", "0.1.0"),
    2: ("application/x-protobuf;proto=io.prometheus.write.v2.Request", "2.0.0"),
}


class AwayError(Exception):
    """No answer: the destination is away, or the line broke; the message is one line."""


class Post(Protocol):
    """Sends a body and gives the answer, or raises :class:`AwayError`."""

    async def __call__(self, plain: bytes, version: int) -> Reply:
        """Compress and send once."""
        ...


class HttpPost:
    """By the standard library in a thread: one destination, one connection, one request at a time."""

    def __init__(self, settings: DestinationSettings, authorization: Secret | None, tls: ssl.SSLContext | None) -> None:
        parts = urlsplit(settings.url)
        self._host, self._port = parts.hostname or "", parts.port
        self._path = parts.path + (f"?{parts.query}" if parts.query else "")
        self._settings = settings
        self._authorization = authorization
        self._tls = tls
        self._connection: http.client.HTTPConnection | None = None
        self._ended = False

    async def __call__(self, plain: bytes, version: int) -> Reply:
        """See :class:`Post`."""
        sending = asyncio.ensure_future(asyncio.to_thread(self._send, plain, version))
        # Who is cancelled here leaves at once; the thread ends with its connection, and its fault is nobody's any more.
        sending.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        done, _ = await asyncio.wait({sending}, timeout=self._settings.timeout_seconds * 2)
        if not done:  # the thread waits for a server that trickles: the closed socket ends it
            self.close()
            await asyncio.wait({sending}, timeout=self._settings.timeout_seconds)
            raise AwayError(f"no answer within {self._settings.timeout_seconds * 2:g} s")
        return sending.result()

    def close(self) -> None:
        """End the connection; a request under way fails."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                if connection.sock is not None:
                    connection.sock.shutdown(2)
            connection.close()

    def end(self) -> None:
        """Close for good: a thread that is still at work closes what it opens itself."""
        self._ended = True
        self.close()

    def _send(self, plain: bytes, version: int) -> Reply:
        body = bytes(cramjam.snappy.compress_raw(plain))
        try:
            if self._connection is not None:
                # A server may close an idle connection at any time: that is no failure of the destination.
                with contextlib.suppress(ConnectionError, http.client.BadStatusLine, http.client.NotConnected):
                    return self._exchange(self._connection, body, version)
                self.close()
            self._connection = self._connect()
            return self._exchange(self._connection, body, version)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise AwayError(f"{self._host}: {_line(error)}") from error
        finally:
            if self._ended:
                self.close()

    def _connect(self) -> http.client.HTTPConnection:
        seconds = self._settings.timeout_seconds
        if self._tls is not None:
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                self._host, self._port, timeout=seconds, context=self._tls
            )
        else:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=seconds)
        connection.connect()
        connection.auto_open = 0
        return connection

    def _exchange(self, connection: http.client.HTTPConnection, body: bytes, version: int) -> Reply:
        connection.request("POST", self._path, body, self._headers(version))
        answer = connection.getresponse()
        text = answer.read(_ANSWER_BYTES).decode("utf-8", "replace")
        if not answer.isclosed():  # more than anybody needs: the rest is not waited for
            self.close()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, headers, text)

    def _headers(self, version: int) -> dict[str, str]:
        content, number = _TYPES[version]
        headers = {
            "Content-Encoding": "snappy",
            "Content-Type": content,
            "X-Prometheus-Remote-Write-Version": number,
            "User-Agent": f"phusong-collector/{release()}",
        }
        if self._authorization is not None:
            headers["Authorization"] = self._authorization.reveal()
        if self._settings.tenant:
            headers["X-Scope-OrgID"] = self._settings.tenant
        return headers


def tls_of(settings: DestinationSettings) -> ssl.SSLContext | None:
    """What is trusted, None for plain HTTP; raises OSError where ``ca_file`` cannot be read."""
    if urlsplit(settings.url).scheme != "https":
        return None
    return ssl.create_default_context(cafile=settings.ca_file)


def unusable(settings: DestinationSettings) -> str:
    """Why the files that the settings name are of no use, one line; empty where they are good."""
    try:
        authorization(settings)
        tls_of(settings)
    except OSError as error:
        return f"{error.filename or settings.ca_file or ''}: {_line(error)}"
    except ValueError as error:
        return str(error)
    return ""


def _line(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
