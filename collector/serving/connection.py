"""One connection with deadlines: head, rest and answer have their time and size; it never looks at what is asked."""

import asyncio
from collections.abc import Callable

import msgspec
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from collector.serving.crowd import Crowd

_HEAD_BYTES = 64 * 1024
"""Of a head, and of what stands between the pieces of a body; the parser keeps it all in memory and has no limit."""
_PIPELINED = 8
_LINGER_SECONDS = 1.0
_LINGERING = 64
"""So many that must make room are told why at once; each holds a file until it has heard."""
_WORDS = {
    400: "Bad Request",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long a client may take."""

    head_seconds: float
    """For the whole head of a request, from the connection or from the first byte of the next one."""
    rest_seconds: float
    """For what is left of a request that was answered already, and for taking the answer in."""


class Connection(HttpToolsProtocol):
    """uvicorn's protocol, which waits for ever for a head, with an end to each wait.

    Its own timer runs between two requests only and stops with the first byte.
    """

    def __init__(  # noqa: PLR0913 - uvicorn's arguments and ours
        self,
        config: Config,
        state: ServerState,
        loop: asyncio.AbstractEventLoop,
        *,
        crowd: "Crowd[Connection]",
        patience: Patience,
        refused: Callable[[str], None],
    ) -> None:
        super().__init__(config, state, {}, loop)
        self._crowd = crowd
        self._patience = patience
        self._refused = refused
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._asked = False
        """Whether the head of a request is there that was not answered yet."""
        self._whole = True
        """Whether the newest request is there to its last byte."""
        self._begun = False
        """Whether a head has begun that is not at its end."""
        self._loose_bytes = 0
        self._ended = False
        self._last = False
        """Whether the client wants no answer after this one."""
        self._hang_up: Callable[[], None] | None = None
        """How to end it while there is no transport: until the handshake of TLS is over."""

    def arrived(self, client: tuple[str, int] | None, hang_up: Callable[[], None]) -> None:
        """It is accepted and has said nothing: it counts, and its time runs; who waits longest may have to leave."""
        self.client, self._hang_up = client, hang_up
        self._arm(self._patience.head_seconds)
        limit, leaving = self._crowd.enter(self, client[0] if client else "")
        if leaving is not None:
            leaving.end(503, limit)

    def led_in(self) -> None:
        """The handshake is over; where it came to no good end, so is the connection."""
        if self._hang_up is not None:
            self._crowd.leave(self)
            self._disarm()
            if not self._ended:
                self._refused("handshake")

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Hear it; its time for the head begins."""
        client, self._hang_up = self.client, None
        super().connection_made(transport)
        self.client = client
        self._arm(self._patience.head_seconds)
        if self._ended:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it out."""
        self._crowd.leave(self)
        self._disarm()
        self._flowing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes; a head that begins must come to its end in time."""
        if self._ended:
            return
        if self._deadline is None and not self._asked:
            self._arm(self._patience.head_seconds)
        self._loose_bytes += len(data)
        super().data_received(data)
        if self._loose_bytes > _HEAD_BYTES:
            self.end(431, "head")

    def on_message_begin(self) -> None:
        """The first byte of a head; what is asked for too early is not even read."""
        if len(self.pipeline) > _PIPELINED:
            raise ValueError("too many requests at once")
        self._begun = True
        super().on_message_begin()
        self.scope["state"]["peer"] = self.client  # whoever asks for others is put before it, where he is believed

    def on_headers_complete(self) -> None:
        """A head is there: its request is worked on, whatever comes next."""
        hosts = sum(name == b"host" for name, _ in self.headers)
        old = self.parser.get_http_version() == "1.0"
        if hosts > 1 or (not hosts and not old):
            raise ValueError("a request names one host (RFC 9112, 3.2)")
        if old and any(name == b"transfer-encoding" for name, _ in self.headers):
            raise ValueError("HTTP/1.0 knows no chunks (RFC 9112, 6.1)")
        if b"#" in self.url:
            raise ValueError("a request asks for no fragment (RFC 9112, 3.2)")
        self._disarm()
        self._loose_bytes = 0
        self._asked, self._whole, self._begun = True, False, False
        self._crowd.work(self)
        super().on_headers_complete()
        # uvicorn would hang up at once after an answer: who still sends then never reads why it was refused.
        self._last, self.cycle.keep_alive = not self.cycle.keep_alive, True

    def on_body(self, body: bytes) -> None:
        """A piece of the body: the application counts them."""
        self._loose_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The last byte of a request."""
        self._loose_bytes = 0
        self._whole = True
        if not self._asked and self._last:
            self.transport.close()
        elif not self._asked:  # answered long ago; uvicorn's own timer has stopped with the bytes that came since
            self._arm(self._patience.head_seconds)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Answered: what is left of the request has its time, then the next may begin."""
        more = bool(self.pipeline)
        super().on_response_complete()
        if more or self.transport.is_closing():
            return
        self._asked = False
        self._crowd.wait(self)
        if not self._whole:
            self._arm(self._patience.rest_seconds)
        elif self._last:
            self.transport.close()
        elif self._begun:
            self._arm(self._patience.head_seconds)

    def pause_writing(self) -> None:
        """The client does not take its answer in."""
        super().pause_writing()
        self._flowing()
        self._stalled = self.loop.call_later(self._patience.rest_seconds, self._abort, "reader")

    def resume_writing(self) -> None:
        """It does again."""
        self._flowing()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is counted, not logged."""
        if len(self.pipeline) > _PIPELINED:
            self.end(431, "head")
        elif not self.transport.is_closing():
            self._refused("malformed")
            super().send_400_response(msg)

    def end(self, status: int, reason: str) -> None:
        """Say why, as far as the client listens, and hang up; where an answer is on its way, nothing is said."""
        if self._ended or (self._hang_up is None and self.transport.is_closing()):
            return
        self._ended = True
        self._disarm()
        self._refused(reason)
        if self._hang_up is not None:
            self._hang_up()
        elif status == 503 and self._crowd.leaving > _LINGERING:
            self.transport.abort()
        else:
            self._say(status)

    def _say(self, status: int) -> None:
        if not self._asked:
            words = _WORDS[status]
            head = f"HTTP/1.1 {status} {words}\r\nconnection: close\r\ncontent-length: {len(words) + 1}\r\n"
            retry = "retry-after: 5\r\n" if status == 503 else ""
            self.transport.write(f"{head}{retry}content-type: text/plain\r\n\r\n{words}\n".encode())
        if status == 503 or not self.transport.can_write_eof():
            self.transport.close()
        else:  # its next bytes would tear up the answer: they are read and thrown away for a moment
            self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.abort)

    def _late(self) -> None:
        self._deadline = None
        if self._hang_up is not None:
            self.end(408, "handshake")
        elif self._begun:
            self.end(408, "slow")
        else:
            self._abort("silent")

    def _abort(self, reason: str) -> None:
        if not self.transport.is_closing():
            self._refused(reason)
        self.transport.abort()

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._deadline = self.loop.call_later(seconds, self._late)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _flowing(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _unsupported_upgrade_warning(self) -> None:
        """Nobody is asked to log what strangers wish."""
        self._refused("upgrade")

    def _should_upgrade(self) -> bool:
        return False
