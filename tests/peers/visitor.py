"""The real collector in this process on a free port, and visitors who keep cookies as a browser does."""

import asyncio
import http.client
import logging
import re
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from collector.assembly import Collector, open_collector
from collector.inventory.site import Inventory
from collector.notify.settings import NotifySettings
from collector.people.book import Account, Book, open_people
from collector.people.passwords import Passwords
from collector.people.person import Role
from collector.people.proofs import SESSION, session_identity
from collector.people.settings import PeopleSettings
from collector.serving import open_sockets, serve
from collector.settings import CollectorSettings, KnownAgent, ListenSettings
from lab.ports import free_port
from shared.clock import SystemClock

PASSWORD = "đường về Hà Giang 1"
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


@cache
def made() -> str:
    """The hash of the password of everybody here."""
    return Passwords().make(PASSWORD)


@dataclass(frozen=True)
class Answer:
    """What came back; of a stream the head only."""

    status: int
    headers: http.client.HTTPMessage
    text: str


@dataclass
class Visitor:
    """Somebody with a browser."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    context: ssl.SSLContext | None = None
    """Where the port speaks TLS."""
    source: str = "127.0.0.1"
    headers: dict[str, str] = field(default_factory=lambda: {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"})

    async def ask(self, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None) -> Answer:
        """One request; redirects are not followed."""
        return await asyncio.to_thread(self._ask, method, path, body, {**self.headers, **(headers or {})})

    async def get(self, path: str) -> Answer:
        """Read a page."""
        return await self.ask("GET", path)

    async def post(self, path: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        """Send a form as it is given."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self.ask("POST", path, urlencode(fields), {**kind, **(headers or {})})

    async def submit(self, page: str, path: str, fields: Mapping[str, str]) -> Answer:
        """Load the page, then send a form of it."""
        found = _TOKEN.search((await self.get(page)).text)
        assert found, f"{page} has no form"
        return await self.post(path, {"form_token": found[1], **fields})

    async def log_in(self, name: str, password: str = PASSWORD) -> Answer:
        """Through the form."""
        return await self.submit("/login", "/login", {"name": name, "password": password})

    @property
    def session(self) -> str:
        """The cookie."""
        return self.cookies.get(SESSION, "")

    def _ask(self, method: str, path: str, body: str, headers: dict[str, str]) -> Answer:
        place = (self.source, 0)
        if self.context is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20, source_address=place)
        else:
            connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=20, source_address=place, context=self.context
            )
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        connection.request(
            method, path, body.encode() if body else None, {**headers, **(cookie if self.cookies else {})}
        )
        answer = connection.getresponse()
        for line in answer.headers.get_all("set-cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
                if morsel["max-age"] == "0":
                    del self.cookies[name]
        streamed = "event-stream" in answer.headers.get("content-type", "")
        text = "" if streamed else answer.read().decode()
        connection.close()
        return Answer(answer.status, answer.headers, text)


@dataclass
class House:
    """A collector that runs."""

    port: int
    path: Path
    """The book of people."""
    collector: Collector

    def visitor(self) -> Visitor:
        """Somebody new."""
        return Visitor(self.port)

    def add(self, name: str, role: Role, password: str = "") -> None:
        """Write a person down, as another program does."""
        with open_people(self.path) as book, book.transaction():
            book.add(Account(name, role, password or made(), disabled=False, added_wall_ns=0))

    def enter(self, name: str) -> Visitor:
        """Somebody with a session as the login makes it, without the work of a login."""
        visitor = self.visitor()
        visitor.cookies[SESSION] = secrets.token_urlsafe(32)
        identity, now_ns = session_identity(visitor.session), time.time_ns()
        self.change(lambda book: book.begin_session(identity, name, now_ns, 0))
        return visitor

    def change(self, work: "object") -> None:
        """Change the book as another program does."""
        with open_people(self.path) as book, book.transaction():
            work(book)  # type: ignore[operator]

    def log(self) -> list[tuple[str, str, str, str]]:
        """Actor, action, subject and detail of each row."""
        with open_people(self.path) as book:
            return [(row.actor, row.action, row.subject, row.detail) for row, _ in book.log()]


@asynccontextmanager
async def house(
    folder: Path,
    notify: NotifySettings | None = None,
    inventory: Inventory | None = None,
    listen: Mapping[str, object] | None = None,
    agents: Sequence[KnownAgent] = (),
    **people: object,
) -> AsyncIterator[House]:
    """The whole collector behind its real server."""
    port = free_port()
    settings = CollectorSettings(
        state=folder,
        listen=ListenSettings(port=port, **(listen or {})),  # type: ignore[arg-type]
        notify=notify,
        agents=list(agents),
        people=PeopleSettings(**people),  # type: ignore[arg-type]
    )
    stop = asyncio.Event()
    async with open_collector(
        settings, inventory or Inventory(), SystemClock(), logging.getLogger("house")
    ) as collector:
        with open_sockets(settings.listen) as sockets:
            for each in sockets:
                each.listen(64)  # who connects before the server is up waits
            evaluating = collector.evaluate_for_ever()
            serving = asyncio.create_task(serve(collector.app, sockets, settings.listen, collector.telemetry, stop))
            try:
                yield House(port, folder / "people.sqlite", collector)
            finally:
                stop.set()
                collector.feed.close()
                await serving
                evaluating.cancel()


__all__ = ["PASSWORD", "Book", "House", "Visitor", "house"]
