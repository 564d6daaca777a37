"""One POST over TCP, TLS or a Unix socket by the standard library; it follows nothing and believes no length."""

import asyncio
import http.client
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from agent.uplink.answer import Reply
from agent.uplink.backoff import USUAL, BackoffSettings
from agent.uplink.connection import AwayError, Line, Way, connection_to, heed_time, in_a_line
from agent.uplink.meter import FAILED_CONNECT_BYTES, FAILED_HANDSHAKE_BYTES, Meter, Tap
from agent.uplink.proof import Proof, Stamp
from shared.secret import Secret
from shared.wire.codec import CONTENT_TYPE
from shared.wire.seal import HEADER as SEAL

_ANSWER_LIMIT_BYTES = 64 * 1024
_PATH = "/api/v1/batches"
_NOT_YET_VALID = 9  # X509_V_ERR_CERT_NOT_YET_VALID


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
    retry_first_seconds: float = USUAL.first_seconds
    retry_cap_seconds: float = USUAL.cap_seconds
    monthly_megabytes: int | None = None
    """How many millions of bytes a calendar month (UTC) may cost, both ways, headers and TLS included."""

    def backoff(self) -> BackoffSettings:
        """How long it is waited between tries."""
        return BackoffSettings(first_seconds=self.retry_first_seconds, cap_seconds=self.retry_cap_seconds)

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

    def __init__(  # noqa: PLR0913 - the composition root fills these in, once
        self,
        way: Way,
        proof: Proof,
        tls: ssl.SSLContext | None,
        renew: Callable[[], ssl.SSLContext | None] | None = None,
        meter: Meter | None = None,
        *,
        doubts_clock: Callable[[], bool] | None = None,
    ) -> None:
        """``renew`` is asked for other TLS where the server's authority is not one that is trusted.

        ``doubts_clock`` tells whether the time in certificates can be compared with this machine's; without it ``tls``
        stays as it is.

        ``meter`` counts what all this costs on the line.
        """
        self._way = way
        self._proof = proof
        self._tls = tls
        self._renew = renew
        self._meter = meter or Meter()
        self._doubts_clock = doubts_clock
        self._behind = False
        """Whether the last certificate was not valid yet: none is in use before its time, so the clock is behind."""

    async def __call__(self, body: bytes, stamp: Stamp) -> Reply:
        """See :class:`Post`."""
        line = Line(connection_to(self._way, self._tls))
        if self._tls is not None and self._doubts_clock is not None:
            heed_time(self._tls, heed=not (self._behind or self._doubts_clock()))
        limit_seconds = self._way.timeout_seconds * 2
        sending = asyncio.ensure_future(asyncio.to_thread(self._send, body, stamp, line))
        sending.add_done_callback(_look)
        try:
            async with asyncio.timeout(limit_seconds) as deadline:
                return await asyncio.shield(sending)
        except TimeoutError:
            if not line.cut():  # the answer is here, and goes onto the disk
                return await sending
            late = f"no whole answer in {limit_seconds:g} s" if deadline.expired() else "timed out"
            raise AwayError(late) from None
        except (OSError, http.client.HTTPException) as error:
            raise AwayError(in_a_line(error)) from None
        finally:
            line.cut()

    def _send(self, body: bytes, stamp: Stamp, line: Line) -> Reply:
        """In a thread that nobody may wait for any more: what is presented is looked up once there is a connection."""
        tap: Tap | None = None
        try:
            self._connect(line.connection)
            tap = Tap(line.connection.sock, self._meter)
            with self._proof.turn():
                line.go_on()
                headers = self._proof.headers(_PATH, body, stamp)
                reply = _exchange(line.connection, body, headers)
                line.keep()
                return self._proof.believe(headers, reply)
        finally:
            if tap is not None:
                tap.close(otherwise=len(body))
            line.connection.close()

    def _connect(self, connection: http.client.HTTPConnection) -> None:
        try:
            connection.connect()
        except ssl.SSLError as error:
            self._meter.add(FAILED_HANDSHAKE_BYTES)
            self._behind = getattr(error, "verify_code", 0) == _NOT_YET_VALID
            if isinstance(error, ssl.SSLCertVerificationError) and self._renew is not None:
                self._tls = self._renew() or self._tls
            raise
        except OSError:
            self._meter.add(FAILED_CONNECT_BYTES)
            raise
        self._behind = False


def _exchange(connection: http.client.HTTPConnection, body: bytes, headers: dict[str, str]) -> Reply:
    connection.request("POST", _PATH, body, {"Content-Type": CONTENT_TYPE, "Connection": "close", **headers})
    answer = connection.getresponse()
    told = answer.headers
    text = answer.read(_ANSWER_LIMIT_BYTES)
    return Reply(answer.status, text, told.get("Retry-After") or "", told.get(SEAL) or "", told.get("Date") or "")


def _look(sending: "asyncio.Future[Reply]") -> None:
    """At the end of one that was given up: nobody else asks how it ended."""
    if not sending.cancelled():
        sending.exception()


def make_tls(settings: UplinkSettings) -> ssl.SSLContext | None:
    """TLS as the settings say, None without; raises OSError where the certificates cannot be read."""
    if not settings.url.startswith("https://"):
        return None
    return ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
