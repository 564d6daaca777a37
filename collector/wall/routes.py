"""The addresses of the pages; what they say comes from the feed, and from nowhere else."""

from collections.abc import Callable
from os import PathLike, stat_result

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from collector.wall.edition import STATIC, edition, modules
from collector.wall.feed import Feed
from collector.wall.pages import Pages
from collector.wall.rotation import first
from collector.wall.screens import NotBelieved

_STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_KEPT = "public, max-age=31536000, immutable"
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

    edition()  # the modules are read now, not when somebody looks
    return [
        Route("/", home),
        Route("/wall", pages.wall),
        Route("/wall/rotate", rotate),
        Route("/api/v1/status", status),
        Route("/api/v1/screens", drawn, methods=["POST"]),
        Route("/events", events),
        Mount("/static", _Files(directory=STATIC)),
    ]


class _Files(StaticFiles):
    """Browsers ask each time whether a file changed: a page of a new release must not show the old one's looks.

    Modules of this release are kept by browsers, under the name of its edition. A page that is older finds none there,
    rather than some that were written for another page.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A module of ours, or a file."""
        named, _, rest = path.partition("/")
        text = modules().get(rest) if named == edition() else None
        if text is None:
            return await super().get_response(path, scope)
        return Response(text, media_type="text/javascript", headers={"Cache-Control": _KEPT})

    def file_response(
        self, full_path: "str | PathLike[str]", stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """As Starlette answers, with a word to caches."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response
