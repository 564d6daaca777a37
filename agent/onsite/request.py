"""What a client's bytes ask for, as HTTP/1.1 knows it, and the bytes of an answer; it reads and writes no socket.

A web page from elsewhere whose name leads here all at once (DNS rebinding) may make a browser on the LAN ask for this
one. It could read no more than a state, telephone numbers and a contract number, and change nothing; yet that is
nobody's business, and to refuse costs nothing: whoever asks by a name must ask by one that the settings know. An
address is no name, so that the one on the sheet of paper beside the computer always works.
"""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus

import h11

HEAD_BYTES = 8 * 1024
_METHODS = ("GET", "HEAD")
_VERSIONS = (b"1.0", b"1.1")
_LOCAL = "localhost"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that may be answered."""

    path: str
    query: str


@dataclass(frozen=True, slots=True)
class Refused:
    """One that may not."""

    status: HTTPStatus


@dataclass(frozen=True, slots=True)
class Document:
    """What is sent back."""

    body: str
    kind: str = "text/plain"
    policy: str = "default-src 'none'; frame-ancestors 'none'"
    status: HTTPStatus = HTTPStatus.OK


class Dialogue:
    """One request and its answer."""

    def __init__(self, hosts: Collection[str]) -> None:
        self._hosts = hosts
        self._machine = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
        self._method = "GET"
        self.room_bytes = HEAD_BYTES + 1
        """How many bytes it may still be given."""

    def hear(self, data: bytes) -> Asked | Refused | None:
        """Take bytes, none at the end of what the client sends; None while the head is not whole."""
        self.room_bytes -= len(data)
        try:
            self._machine.receive_data(data)
            event = self._machine.next_event()
        except h11.RemoteProtocolError as error:
            return Refused(_status(error.error_status_hint))
        if event is h11.NEED_DATA:
            return None
        if not isinstance(event, h11.Request):
            return Refused(HTTPStatus.BAD_REQUEST)
        return self._judge(event)

    def say(self, document: Document) -> bytes:
        """The whole answer; the connection ends with it."""
        body = document.body.encode("utf-8")
        headers = [
            ("Content-Type", f"{document.kind}; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", document.policy),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-store"),
            ("Connection", "close"),
        ]
        if document.status is HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append(("Allow", ", ".join(_METHODS)))
        return _head(document.status, headers) + (b"" if self._method == "HEAD" else body)

    def _judge(self, request: h11.Request) -> Asked | Refused:
        headers = dict(request.headers)
        method = request.method.decode("ascii")
        if request.http_version not in _VERSIONS:
            return Refused(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
        if method not in _METHODS:
            return Refused(HTTPStatus.METHOD_NOT_ALLOWED)
        self._method = method
        if headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers:
            return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if not is_ours(headers.get(b"host", b"").decode("latin-1"), self._hosts):
            return Refused(HTTPStatus.MISDIRECTED_REQUEST)
        path, _, query = request.target.decode("latin-1").partition("?")
        return Asked(path, query)


def refusal(status: HTTPStatus) -> Document:
    """The answer to what may not be answered otherwise."""
    return Document(f"{status.value} {status.phrase}\n", status=status)


def is_ours(host: str, hosts: Collection[str]) -> bool:
    """Whether a Host header names this page: by an address, a name of the settings, or not at all (HTTP/1.0)."""
    name = host.rpartition(":")[0] if _has_port(host) else host
    if name.lower() in {"", _LOCAL, *hosts}:
        return True
    try:
        ipaddress.ip_address(name[1:-1] if name.startswith("[") and name.endswith("]") else name)
    except ValueError:
        return False
    return True


def _has_port(host: str) -> bool:
    return ":" in host and not host.endswith("]")


def _head(status: HTTPStatus, headers: list[tuple[str, str]]) -> bytes:
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _status(hint: int) -> HTTPStatus:
    try:
        return HTTPStatus(hint)
    except ValueError:
        return HTTPStatus.BAD_REQUEST
