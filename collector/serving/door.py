"""Takes connections in from a listening socket, counted and on the clock before they say a word; it reads nothing."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from functools import partial

from collector.serving.connection import Connection

_AT_ONCE = 256
"""Connections a turn: of a listening socket of its own, the loop would take one, and a turn in which a large batch is
decoded lasts tens of milliseconds, so that a crowd would wait for seconds with the collector half idle. Nobody counts
who waits in the kernel, and he cannot even be sent away."""
_LEAVING = 64
"""So many leave where the kernel has no file for a newcomer."""
_REST_SECONDS = 0.05
_MAPPED = "::ffff:"


class Door:
    """One listening socket; :meth:`close` and :meth:`wait_closed` are what uvicorn asks of a server."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        bound: socket.socket,
        make: Callable[[], Connection],
        make_room: Callable[[int], None],
        secure: ssl.SSLContext | None,
    ) -> None:
        """``make_room`` ends so many connections that wait: the kernel has no file for a newcomer."""
        self._loop = loop
        self._bound = bound
        self._make = make
        self._make_room = make_room
        self._secure = secure
        self._resting: asyncio.TimerHandle | None = None
        self._leading: dict[asyncio.Task[None], socket.socket] = {}

    def open(self) -> None:
        """Let in, from now on."""
        self._resting = None
        self._loop.add_reader(self._bound, self._knocked)

    def close(self) -> None:
        """Let nobody in any more; who is in the midst of a handshake is sent away."""
        if self._resting is not None:
            self._resting.cancel()
        self._loop.remove_reader(self._bound)
        for client in self._leading.values():
            _hang_up(client)

    async def wait_closed(self) -> None:
        """Until the last of those is gone."""
        await asyncio.gather(*self._leading, return_exceptions=True)

    def _knocked(self) -> None:
        for taken in range(_AT_ONCE):
            try:
                client, address = self._bound.accept()
            except BlockingIOError:
                return
            except ConnectionError:
                continue
            except OSError:
                # No file or memory for one more: it would knock again at once, and again, and the loop do nothing else.
                # The kernel looks for a file before it looks for a connection: but the first time somebody is there.
                if not taken:
                    self._rest()
                return
            self._take(client, _plain(address))

    def _rest(self) -> None:
        self._loop.remove_reader(self._bound)
        self._make_room(_LEAVING)
        self._resting = self._loop.call_later(_REST_SECONDS, self.open)

    def _take(self, client: socket.socket, address: tuple[str, int] | None) -> None:
        client.setblocking(False)  # noqa: FBT003 - the argument has no name
        newcomer = self._make()
        task = self._loop.create_task(self._lead_in(client, newcomer))
        self._leading[task] = client
        task.add_done_callback(self._leading.pop)
        newcomer.arrived(address, partial(_hang_up, client))

    async def _lead_in(self, client: socket.socket, newcomer: Connection) -> None:
        try:
            # Without a handshake an OSError; RuntimeError is uvloop's word for a connection that is gone already.
            with contextlib.suppress(OSError, RuntimeError):
                await self._loop.connect_accepted_socket(lambda: newcomer, client, ssl=self._secure)
        finally:
            newcomer.led_in()


def _hang_up(client: socket.socket) -> None:
    """Whatever state the handshake is in, its loop sees the end at the next turn and closes the file."""
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)


def _plain(address: tuple[str, int] | str) -> tuple[str, int] | None:
    """Host and port, IPv4 as IPv4 also where one socket speaks both; None of a Unix socket."""
    if isinstance(address, str | bytes):
        return None
    host = address[0]
    return (host.removeprefix(_MAPPED) if "." in host else host), address[1]
