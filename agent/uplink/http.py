"""One POST over TCP, TLS or a Unix socket by the standard library; it follows nothing and believes no length."""

import asyncio
import http.client
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from agent.uplink.answer import Reply
from agent.uplink.connection import AwayError, Line, Way, connection_to, in_a_line
from agent.uplink.proof import Proof, Stamp
from shared.secret import Secret
from shared.wire.codec import CONTENT_TYPE
from shared.wire.seal import HEADER as SEAL

_ANSWER_LIMIT_BYTES = 64 * 1024
_PATH = "/api/v1/batches"


class UplinkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the collector is and how the agent proves who it is, where a join code did not say it."""

    url: str = ""
    """For example ``https://collector.example:8443``; the path is ours."""
    socket: Path | None = None
    """Unix socket to talk HTTP over, instead of TCP to the URL's host."""
    token: Secret | None = None
    token_file: Path | None = None
    ca_file: Path | None = None
    """Certificates to trust instead of the system's."""
    proxy: Secret | None = None
    """``http://user:password@host:port``: an HTTP proxy that is asked to CONNECT."""
    timeout_seconds: float = 20.0

    def way(self) -> Way:
        """How the collector is reached."""
        return Way(self.url, self.timeout_seconds, self.socket, self.proxy)


class Post(Protocol):
    """Sends a body and gives the answer, or raises :class:`AwayError`."""

    async def __call__(self, body: bytes, stamp: Stamp) -> Reply:
        """Send once."""
        ...


class HttpPost:
    """A connection for each batch: nothing to keep alive over a line that fails, and no state between tries."""

    def __init__(
        self,
        way: Way,
        proof: Proof,
        tls: ssl.SSLContext | None,
        renew: Callable[[], ssl.SSLContext | None] | None = None,
    ) -> None:
        """``renew`` is asked for other TLS where the server's authority is not one that is trusted."""
        self._way = way
        self._proof = proof
        self._tls = tls
        self._renew = renew

    async def __call__(self, body: bytes, stamp: Stamp) -> Reply:
        """See :class:`Post`."""
        line = Line()
        limit_seconds = self._way.timeout_seconds * 2
        try:
            async with asyncio.timeout(limit_seconds) as deadline:
                return await asyncio.to_thread(self._send, body, stamp, line)
        except TimeoutError:
            late = f"no whole answer in {limit_seconds:g} s" if deadline.expired() else "timed out"
            raise AwayError(late) from None
        except (OSError, http.client.HTTPException) as error:
            raise AwayError(in_a_line(error)) from None
        finally:
            line.cut()

    def _send(self, body: bytes, stamp: Stamp, line: Line) -> Reply:
        connection = connection_to(self._way, self._tls)
        headers = self._proof.headers(_PATH, body, stamp)
        try:
            self._connect(connection)
            line.end = connection.sock
            connection.request("POST", _PATH, body, {"Content-Type": CONTENT_TYPE, "Connection": "close", **headers})
            answer = connection.getresponse()
            told = answer.headers
            text = answer.read(_ANSWER_LIMIT_BYTES)
            reply = Reply(answer.status, text, told.get("Retry-After") or "", told.get(SEAL) or "")
        finally:
            connection.close()
        return self._proof.believe(headers, reply)

    def _connect(self, connection: http.client.HTTPConnection) -> None:
        try:
            connection.connect()
        except ssl.SSLCertVerificationError:
            if self._renew is not None:
                self._tls = self._renew() or self._tls
            raise


def make_tls(settings: UplinkSettings) -> ssl.SSLContext | None:
    """TLS as the settings say, None without; raises OSError where the certificates cannot be read."""
    if not settings.url.startswith("https://"):
        return None
    return ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
