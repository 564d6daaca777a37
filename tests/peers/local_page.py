"""The page at the site served from facts that a test sets, on a loop of its own; and clients of every kind."""

import asyncio
import http.client
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta, timezone
from typing import Any

from agent.onsite.ladder import Facts
from agent.onsite.opening import STYLE
from agent.onsite.page import Page
from agent.onsite.reception import Reception
from agent.onsite.request import Asked, Document
from agent.onsite.server import Server
from agent.onsite.settings import LocalPageSettings
from lab.ports import free_port
from shared.clock import SystemClock
from shared.logs import Limited
from tests.peers.village import Heard
from tests.peers.way_out import WayOut

HANOI = timezone(timedelta(hours=7))
WALL_NS = 1_795_926_391 * 1_000_000_000


class Scene:
    """What the page is made of now."""

    def __init__(self, settings: LocalPageSettings) -> None:
        self.settings = settings
        self.way = WayOut()
        self.page = Page(STYLE.read_text(encoding="utf-8"))
        self.break_down = False

    def facts(self) -> Facts:
        return self.way.facts()

    def answer(self, asked: Asked) -> Document:
        if self.break_down:
            raise ZeroDivisionError("a bug of the page")
        reception = Reception(self.settings, self.page, HANOI, self.facts, lambda: WALL_NS)
        return reception.answer(asked)


@contextmanager
def looped(run: Callable[[], Coroutine[Any, Any, None]]) -> Iterator[None]:
    """A coroutine on a loop in a thread until the block is left."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    task = asyncio.run_coroutine_threadsafe(run(), loop)
    try:
        yield
    finally:
        task.cancel()
        asyncio.run_coroutine_threadsafe(_rest(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _rest() -> None:
    """Wait for everything that was cancelled."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)


@contextmanager
def serving(
    title: str = "", place: tuple[str, int] | None = None, log: Heard | None = None, **settings: Any
) -> Iterator[tuple[Scene, int]]:
    """The page on the loopback; gives what it shows and its port."""
    host, port = place or ("127.0.0.1", free_port())
    written = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    scene = Scene(LocalPageSettings(listen=written, title=title, **settings))
    clock = SystemClock()
    complain = Limited(log or Heard(), clock, 3600)
    server = Server((host, port), scene.settings.hosts, scene.answer, clock, complain)
    with looped(server.run):
        yield scene, port


def fetch(port: int, path: str = "/", host: str = "127.0.0.1", method: str = "GET") -> tuple[int, str]:
    """Status and text of one answer."""
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def answered(port: int, seconds: float = 10.0) -> bool:
    """Whether an honest client gets the page in that time."""
    with suppress(OSError, http.client.HTTPException), socket.create_connection(("127.0.0.1", port), seconds) as client:
        client.settimeout(seconds)
        client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        got = b""
        while data := client.recv(65536):
            got += data
        return got.startswith(b"HTTP/1.1 200 ") and got.endswith(b"</html>\n")
    return False
