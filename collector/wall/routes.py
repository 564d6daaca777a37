"""The addresses of the pages; what they say comes from the feed, and from nowhere else."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

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
        Mount("/static", StaticFiles(directory=FOLDER / "static")),
    ]
