"""Asks before each page who wants it and whether the table lets them; it draws no page and keeps no session."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.people.person import Person
from collector.people.table import Table, Verdict, judge

App = Callable[[Any, Any, Any], Awaitable[None]]
_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Visitor:
    """Whom a request's cookies prove."""

    person: Person | None = None
    watcher: bool = False
    """Whether a wall's token came along."""


Recognise = Callable[[Request], Awaitable[Visitor]]


class Gate:
    """ASGI middleware: sets ``request.state.person`` (a :class:`Person` or None), or answers itself."""

    def __init__(self, app: App, table: Table, recognise: Recognise, *, required: bool) -> None:
        self._app = app
        self._table = table
        self._recognise = recognise
        self._required = required

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on, or answer 303 (log in), 401, 403, 404 or 405."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        rule = self._table.find(request.method, scope["path"])
        if rule is None:
            await self._unknown(request)(scope, receive, send)
            return
        visitor = await self._recognise(request)
        verdict = judge(rule.need, visitor.person, watcher=visitor.watcher, required=self._required)
        if verdict is not Verdict.PASS:
            await refusal(request, verdict)(scope, receive, send)
            return
        state = {**scope.get("state", {}), "person": visitor.person}
        await self._app({**scope, "state": state}, receive, send)

    def _unknown(self, request: Request) -> Response:
        path = request.scope["path"]
        if self._table.knows(path):
            return Response(f"{request.method} is not for {path!a}\n", 405, media_type="text/plain")
        return Response(f"there is nothing at {path!a}\n", 404, media_type="text/plain")


def refusal(request: Request, verdict: Verdict) -> Response:
    """The way to the login for who reads with a browser, otherwise one line."""
    if verdict is Verdict.FORBIDDEN:
        text = "Vai trò của bạn không được phép làm việc này.\nYour role does not allow this.\n"
        return Response(text, 403, media_type="text/plain")
    wants_page = request.method not in _WRITING and "text/html" in request.headers.get("accept", "")
    if wants_page:
        query = request.url.query
        target = request.scope["path"] + (f"?{query}" if query else "")
        return RedirectResponse(f"/login?next={quote(target, safe='')}", 303)
    return Response("Hãy đăng nhập.\nLog in first.\n", 401, media_type="text/plain")
