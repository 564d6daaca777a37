"""Listens on the LAN and carries bytes between clients and the page; whatever they do, the agent measures on.

There are few connections at once; a newcomer takes the place of the one that has waited longest without a whole head,
for an honest one's is there within milliseconds. Newcomers are let in one after the other, so many a second: a crowd
waits in the kernel's queue and costs the agent nothing.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from http import HTTPStatus

from agent.onsite.request import Asked, Dialogue, Document, Refused, refusal
from shared.clock import Clock
from shared.logs import Limited

_CONNECTIONS = 16
_PACE_SECONDS = 0.02
_HEAD_SECONDS = 5.0
_ANSWER_SECONDS = 5.0
_LINGER_SECONDS = 1.0
_LINGER_BYTES = 64 * 1024
_CHUNK_BYTES = 4096
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 1.0, 60.0


class Server:
    """One listening socket, however long it takes until there is one."""

    def __init__(
        self,
        place: tuple[str, int],
        hosts: tuple[str, ...],
        answer: Callable[[Asked], Document],
        clock: Clock,
        complain: Limited,
    ) -> None:
        self._place = place
        self._hosts = hosts
        self._answer = answer
        self._clock = clock
        self._complain = complain
        self._waiting: dict[asyncio.Task[None], None] = {}
        """Who has not sent a whole head yet, or was answered already, the longest waiting first."""
        self._all: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve until cancelled; an address that is not there, or is taken, is tried again and again."""
        wait_seconds = _FIRST_WAIT_SECONDS
        try:
            while True:
                try:
                    with _listening(self._place) as listener:
                        wait_seconds = _FIRST_WAIT_SECONDS
                        await self._serve(listener)
                except OSError as error:
                    host, port = self._place
                    why = f"{host} port {port}: {(error.strerror or str(error)).lower()}"
                    self._complain.warning("the local page cannot be served, it is tried again", why)
                await self._clock.sleep(wait_seconds)
                wait_seconds = min(_LONGEST_WAIT_SECONDS, 2 * wait_seconds)
        finally:
            for task in self._all:
                task.cancel()
            await asyncio.gather(*self._all, return_exceptions=True)

    async def _serve(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            with contextlib.suppress(ConnectionAbortedError):
                client, _ = await loop.sock_accept(listener)
                await self._let_in(client)
            await self._clock.sleep(_PACE_SECONDS)

    async def _let_in(self, client: socket.socket) -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(client.close)
            while len(self._all) >= _CONNECTIONS:
                await self._make_room()
            stack.pop_all()
        task = asyncio.create_task(self._attend(client))
        self._all.add(task)
        self._waiting[task] = None
        task.add_done_callback(lambda done: self._forget(done, client))

    async def _make_room(self) -> None:
        """End the one that waited longest for its own head, or wait for one that is being answered."""
        if self._waiting:
            oldest = next(iter(self._waiting))
            oldest.cancel()
            await asyncio.wait([oldest])
        else:
            await asyncio.wait(self._all, return_when=asyncio.FIRST_COMPLETED)

    def _forget(self, task: asyncio.Task[None], client: socket.socket) -> None:
        client.close()
        self._all.discard(task)
        self._waiting.pop(task, None)

    async def _attend(self, client: socket.socket) -> None:
        """One connection; the client's errors are its own, and a fault of ours ends it alone."""
        try:
            client.settimeout(0)
            await self._converse(client)
        except (OSError, TimeoutError):
            return
        except Exception as fault:  # noqa: BLE001 - a bug of the page must not end the agent
            self._complain.warning("fault of the local page", f"{type(fault).__name__}: {fault}")

    async def _converse(self, client: socket.socket) -> None:
        loop, dialogue = asyncio.get_running_loop(), Dialogue(self._hosts)
        said: Asked | Refused | None = None
        async with asyncio.timeout(_HEAD_SECONDS):
            while said is None:
                said = dialogue.hear(await loop.sock_recv(client, min(_CHUNK_BYTES, dialogue.room_bytes)))
        with self._kept():
            async with asyncio.timeout(_ANSWER_SECONDS):
                await loop.sock_sendall(client, dialogue.say(self._document(said)))
        client.shutdown(socket.SHUT_WR)
        await _read_to_the_end(client)

    @contextlib.contextmanager
    def _kept(self) -> Iterator[None]:
        """Who is being answered makes room for nobody."""
        task = asyncio.current_task()
        if task is None:
            yield
            return
        self._waiting.pop(task, None)
        try:
            yield
        finally:
            self._waiting[task] = None

    def _document(self, said: Asked | Refused) -> Document:
        if isinstance(said, Refused):
            return refusal(said.status)
        try:
            return self._answer(said)
        except Exception as fault:  # noqa: BLE001 - whoever asks is told as much as the log
            self._complain.warning("fault of the local page", f"{type(fault).__name__}: {fault}")
            return refusal(HTTPStatus.INTERNAL_SERVER_ERROR)


async def _read_to_the_end(client: socket.socket) -> None:
    """Let what is still under way come: an end at once would tear up the answer."""
    loop, left = asyncio.get_running_loop(), _LINGER_BYTES
    with contextlib.suppress(TimeoutError, OSError):
        async with asyncio.timeout(_LINGER_SECONDS):
            while left > 0 and (data := await loop.sock_recv(client, _CHUNK_BYTES)):
                left -= len(data)


@contextlib.contextmanager
def _listening(place: tuple[str, int]) -> Iterator[socket.socket]:
    host, _ = place
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.settimeout(0)
        listener.bind(place)
        listener.listen(_CONNECTIONS)
        yield listener
