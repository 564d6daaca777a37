"""The application on TCP and on a Unix socket at once, by uvicorn, with own deadlines; it answers nothing itself."""

import asyncio
import contextlib
import errno
import logging
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import uvicorn

from collector.serving.connection import Connection, Patience
from collector.serving.crowd import Crowd, CrowdLimits
from collector.serving.door import Door
from collector.serving.files import room_for
from collector.settings import ListenSettings, TlsSettings
from collector.telemetry import Telemetry
from collector.web import App
from shared.logs import logger

_BACKLOG = 2048
_GRACE_SECONDS = 3


class ListenError(Exception):
    """The address cannot be listened on; one line says why and what to do."""


@contextmanager
def open_sockets(listen: ListenSettings) -> Iterator[list[socket.socket]]:
    """Bound sockets, closed at the end; the Unix socket's file goes with it."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(_tcp(listen))]
        if listen.socket is not None:
            sockets.append(stack.enter_context(_unix(listen.socket)))
            stack.callback(listen.socket.unlink, missing_ok=True)
        yield sockets


async def serve(  # noqa: PLR0913, PLR0917 - what a server has
    app: App,
    sockets: list[socket.socket],
    listen: ListenSettings,
    telemetry: Telemetry,
    stop: asyncio.Event,
    up: Callable[[], None] = lambda: None,
) -> None:
    """Answer requests until ``stop`` is set; ``up`` is told once they can come.

    Raises :class:`ListenError` where certificate or key cannot be used.
    """
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        loop="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        forwarded_allow_ips=list(listen.proxies),
        server_header=False,
        date_header=False,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        backlog=_BACKLOG,
    )
    server = _Server(config, listen, telemetry, up)
    logger("uvicorn.error").addFilter(_unless_cancelled)
    serving = asyncio.create_task(server.serve(sockets=sockets))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.should_exit = True
    await serving


def tls_context(tls: TlsSettings) -> ssl.SSLContext:
    """TLS 1.2 or newer, AEAD with forward secrecy; raises :class:`ListenError` where certificate or key are no good."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.options |= ssl.OP_NO_RENEGOTIATION
    for path in (tls.certificate, tls.key):
        try:
            path.read_bytes()
        except OSError as error:
            raise ListenError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    try:
        context.load_cert_chain(tls.certificate, tls.key)
    except ssl.SSLError as error:
        what = "they do not belong together" if error.reason == "KEY_VALUES_MISMATCH" else str(error.reason).lower()
        raise ListenError(f"{tls.certificate} and {tls.key}: no certificate and key in PEM ({what})") from None
    return context


def _unless_cancelled(record: logging.LogRecord) -> bool:
    """Not what strangers cause, who are counted: who was cut off at the end on purpose, and what is no HTTP."""
    if record.msg == "Invalid HTTP request received.":
        return False
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


class _Server(uvicorn.Server):
    """Signals are the program's business, connections and deadlines ours."""

    def __init__(
        self, config: uvicorn.Config, listen: ListenSettings, telemetry: Telemetry, up: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._up = up
        self._listen = listen
        self._telemetry = telemetry

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        listen, loop = self._listen, asyncio.get_running_loop()
        limits = CrowdLimits(
            connections=room_for(listen.connections),
            per_address=listen.connections_per_address,
            shared=frozenset({"", *listen.proxies}),
        )
        crowd: Crowd[Connection] = Crowd(limits)
        self._telemetry.connections.set_function(lambda: len(crowd))
        made = partial(
            Connection,
            self.config,
            self.server_state,
            loop,
            crowd=crowd,
            patience=Patience(head_seconds=listen.head_seconds, rest_seconds=listen.rest_seconds),
            refused=self._telemetry.connection_refused,
        )

        def make_room(number: int) -> None:
            for leaving in crowd.make_room(number):
                leaving.end(503, "files")

        context = tls_context(listen.tls) if listen.tls is not None else None
        self.servers = []
        for bound in sockets or []:
            bound.listen(_BACKLOG)
            bound.setblocking(False)  # noqa: FBT003 - the argument has no name
            door = Door(loop, bound, made, make_room, context if bound.family != socket.AF_UNIX else None)
            door.open()
            self.servers.append(door)  # type: ignore[arg-type]
        self.started = True
        self._up()


def _tcp(listen: ListenSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in listen.address else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((listen.address, listen.port))
    except OSError as error:
        found.close()
        where = f"{listen.address} port {listen.port}"
        if error.errno == errno.EADDRINUSE:
            raise ListenError(f"{where} is in use: end the other program or set 'listen.port'") from None
        raise ListenError(f"cannot listen on {where}: {(error.strerror or str(error)).lower()}") from None
    return found


def _unix(path: Path) -> socket.socket:
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)
        found.bind(str(path))
        os.chmod(path, 0o660)  # noqa: PTH101 - a socket's mode, by its path
    except OSError as error:
        found.close()
        raise ListenError(f"cannot listen on {path}: {(error.strerror or str(error)).lower()}") from None
    return found
