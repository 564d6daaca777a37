"""The addresses of the pages; what they say comes from the feed, and from nowhere else."""

from os import PathLike, stat_result

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from collector.wall.feed import Feed
from collector.wall.pages import FOLDER, Pages

_STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def routes(feed: Feed, pages: Pages) -> list[BaseRoute]:
    """Pages, status and events."""

    async def status(_: Request) -> Response:
        if not feed.body:
            return Response('{"error": "nothing was evaluated yet"}', 503, media_type="application/json")
        return Response(feed.body, media_type="application/json", headers={"Cache-Control": "no-store"})

    async def events(_: Request) -> Response:
        return StreamingResponse(feed.watch(), media_type="text/event-stream", headers=_STREAM_HEADERS)

    async def home(_: Request) -> Response:
        return RedirectResponse("/wall")

    return [
        Route("/", home),
        Route("/wall", pages.wall),
        Route("/api/v1/status", status),
        Route("/events", events),
        Mount("/static", _Files(directory=FOLDER / "static")),
    ]


class _Files(StaticFiles):
    """Browsers ask each time whether a file changed: a page of a new release must not run the old one's script."""

    def file_response(
        self, full_path: "str | PathLike[str]", stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """As Starlette answers, with a word to caches."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response
