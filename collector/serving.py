"""The application on TCP and on a Unix socket at once, by uvicorn; it ends when it is asked to."""

import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from collector.settings import ListenSettings
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


async def serve(app: App, sockets: list[socket.socket], stop: asyncio.Event) -> None:
    """Answer requests until ``stop`` is set."""
    config = uvicorn.Config(
        app,
        http="httptools",
        loop="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        backlog=_BACKLOG,
    )
    server = _Server(config)
    logger("uvicorn.error").addFilter(_unless_cancelled)
    serving = asyncio.create_task(server.serve(sockets=sockets))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.should_exit = True
    await serving


def _unless_cancelled(record: logging.LogRecord) -> bool:
    """Whoever was still sending when the program ended is cut off on purpose: a line for each tells nobody anything."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


class _Server(uvicorn.Server):
    """Signals are the program's business, not the server's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


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
