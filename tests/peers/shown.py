"""The pages beside the wall over a story: what the pipeline made of it, behind real routes."""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from starlette.applications import Starlette

from collector.pages.routes import Shown, page_routes
from collector.pages.sheet import Sheets
from collector.wall.feed import Feed
from collector.wall.settings import WallSettings
from tests.peers.story import Story


@dataclass
class StoryClock:
    """The story's time."""

    story: Story

    def wall_ns(self) -> int:
        """Nanoseconds since 1970."""
        return self.story.wall_ns


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status_code: int
    headers: dict[str, str]
    text: str


class Client:
    """Asks an application in this process."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    async def get(self, url: str, params: dict[str, str] | None = None) -> Answer:
        """One GET."""
        path, _, query = url.partition("?")
        query = urlencode(params) if params else query
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "server": ("collector", 80),
            "client": ("127.0.0.1", 1),
            "root_path": "",
            "path": path,
            "raw_path": path.encode(),
            "query_string": quote(query, safe="=&%+").encode(),
            "headers": [],
        }
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(dict(message))

        await self._app(scope, receive, send)
        body = b"".join(message.get("body", b"") for message in sent)
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], headers, body.decode())


@contextmanager
def shown(story: Story, language: Literal["vi", "en"] = "vi", own_outlines: Path | None = None) -> Iterator[Client]:
    """A client of the story's pages, as they are now."""
    feed = Feed()
    feed.publish(story.picture)
    sheets = Sheets(feed, WallSettings(title="Hà Giang", language=language), ZoneInfo("Asia/Ho_Chi_Minh"))
    clock = StoryClock(story)
    reading = partial(nullcontext, story.journal)
    content = Shown(story.inventory, story.journal, story.quality, story.readings, clock, reading)  # type: ignore[arg-type]
    yield Client(Starlette(routes=page_routes(sheets, content, own_outlines=own_outlines)))
