"""The addresses of the pages; what they say comes from the feed, and from nowhere else."""

from collections.abc import Callable
from os import PathLike, stat_result

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from collector.wall.feed import Feed
from collector.wall.pages import FOLDER, Pages
from collector.wall.rotation import first
from collector.wall.screens import NotBelieved

_STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


_REPORT_BYTES = 1000


def routes(feed: Feed, pages: Pages, report: Callable[[bytes], None]) -> list[BaseRoute]:
    """Pages, status and events; ``report`` takes what a screen has drawn, or raises :class:`NotBelieved`."""

    async def status(_: Request) -> Response:
        if not feed.body:
            return Response('{"error": "nothing was evaluated yet"}', 503, media_type="application/json")
        return Response(feed.body, media_type="application/json", headers={"Cache-Control": "no-store"})

    async def events(_: Request) -> Response:
        return StreamingResponse(feed.watch(), media_type="text/event-stream", headers=_STREAM_HEADERS)

    async def drawn(request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _REPORT_BYTES:
                return Response("this is no report of a screen\n", 413, media_type="text/plain")
        try:
            report(bytes(body))
        except NotBelieved as why:
            return Response(f"{why}\n", 409, media_type="text/plain")
        return Response(status_code=204)

    async def home(_: Request) -> Response:
        return RedirectResponse("/wall")

    async def rotate(request: Request) -> Response:
        return RedirectResponse(first(request.query_params), 303)

    return [
        Route("/", home),
        Route("/wall", pages.wall),
        Route("/wall/rotate", rotate),
        Route("/api/v1/status", status),
        Route("/api/v1/screens", drawn, methods=["POST"]),
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
