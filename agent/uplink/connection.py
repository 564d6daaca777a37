"""A connection to the collector: Unix socket, TCP or TLS, straight or by a proxy's CONNECT; it sends no request."""

import base64
import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.secret import Secret

_HTTPS_PORT = 443
_REFUSED = "Tunnel connection failed: "
"""As :mod:`http.client` says it where a proxy opens no way."""
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME


class AwayError(Exception):
    """No answer: the collector is away, or the line broke; the message is one line."""


@dataclass(frozen=True, slots=True)
class Way:
    """How the collector is reached."""

    url: str
    timeout_seconds: float
    socket: Path | None = None
    proxy: Secret | None = None
    """``http://user:password@host:port``."""


def connection_to(way: Way, tls: ssl.SSLContext | None) -> http.client.HTTPConnection:
    """A connection that is not open yet; without ``tls`` an ``https`` URL is an error of ours."""
    parts = urlsplit(way.url)
    host, timeout = parts.hostname or "localhost", way.timeout_seconds
    if way.socket is not None:
        return _UnixConnection(way.socket, timeout)
    if parts.scheme != "https":
        if way.proxy is None:
            return http.client.HTTPConnection(host, parts.port, timeout=timeout)
        return _RelayedConnection(way.proxy, way.url.rstrip("/"), timeout)
    if tls is None:
        raise ValueError("no TLS for an https address")
    first, port = (host, parts.port) if way.proxy is None else _proxy(way.proxy)
    made = http.client.HTTPSConnection(first, port, timeout=timeout, context=tls)
    if way.proxy is not None:
        made.set_tunnel(host, parts.port or _HTTPS_PORT, _proxy_headers(way.proxy))
    return made


def heed_time(tls: ssl.SSLContext, *, heed: bool) -> None:
    """Whether the time in certificates counts; a clock that begins in 1970 must not lock a machine out."""
    flags = int(tls.verify_flags)
    tls.verify_flags = ssl.VerifyFlags(flags & ~_NO_CHECK_TIME if heed else flags | _NO_CHECK_TIME)


def proxy_problem(proxy: Secret) -> str:
    """What is wrong with a proxy's address, nothing where it is right; its password is not repeated."""
    try:
        parts = urlsplit(proxy.reveal())
        right = parts.scheme == "http" and bool(parts.hostname) and parts.port is not None
    except ValueError:
        right = False
    return "" if right else "must be http://host:port or http://user:password@host:port"


def in_a_line(error: Exception) -> str:
    """A network's or TLS's error in the words of an operator."""
    if isinstance(error, ssl.SSLError):
        return f"TLS: {getattr(error, 'verify_message', '') or error.reason}"
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if isinstance(error, OSError) and _REFUSED in str(error):
        return f"the proxy refuses: {str(error).rpartition(_REFUSED)[2]}"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class _RelayedConnection(http.client.HTTPConnection):
    """To a proxy that is told the whole address (RFC 9112, 3.2.2): many open no way to a port that is not TLS's."""

    def __init__(self, proxy: Secret, origin: str, timeout: float) -> None:
        super().__init__(*_proxy(proxy), timeout=timeout)
        self._proxy = proxy
        self._origin = origin

    def putrequest(self, method: str, url: str, *more: Any, **named: Any) -> None:
        """See the library."""
        super().putrequest(method, self._origin + url, *more, **named)
        for name, value in _proxy_headers(self._proxy).items():
            self.putheader(name, value)

    def getresponse(self) -> http.client.HTTPResponse:
        """See the library; what only a proxy says is no answer of the collector."""
        answer = super().getresponse()
        if answer.status == http.HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            raise OSError(f"{_REFUSED}{answer.status} {answer.reason}")
        return answer


def _proxy(proxy: Secret) -> tuple[str, int | None]:
    parts = urlsplit(proxy.reveal())
    return parts.hostname or "", parts.port


def _proxy_headers(proxy: Secret) -> dict[str, str]:
    parts = urlsplit(proxy.reveal())
    if parts.username is None:
        return {}
    both = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}


class Line:
    """A connection that one thread waits on and another may cut: it is given up or its answer is kept, never both."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self.connection = connection
        self._lock = threading.Lock()
        self._over = False
        self._kept = False

    def cut(self) -> bool:
        """Give it up, whatever it waits for: nothing more is sent or believed. False where the answer is kept already.

        A look-up of a name cannot be ended; nothing is sent after it.
        """
        with self._lock:
            self._over = self._over or not self._kept
            end = self.connection.sock
        if self._over and end is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(end, socket.SHUT_RDWR)
        return self._over

    def go_on(self) -> None:
        """Before something is sent; raises :class:`AwayError` where it was given up."""
        with self._lock:
            if self._over:
                raise AwayError("given up")

    def keep(self) -> None:
        """From here on the answer counts; raises :class:`AwayError` where it was given up before."""
        with self._lock:
            if self._over:
                raise AwayError("given up")
            self._kept = True


@contextmanager
def limited(line: Line, seconds: float) -> Iterator[None]:
    """Cut after so long, however often something small arrives; for a thread that nobody watches."""
    timer = threading.Timer(seconds, line.cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
