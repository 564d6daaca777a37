"""Asks before each page who wants it and whether the table lets them; it draws no page and keeps no session."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from html import escape
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from collector.language import LANGUAGES, marked
from collector.people.forms import FIELD, HEADER, FormError, demand_same_origin, read_form
from collector.people.origin import address_of, is_spoken_for, reached_at
from collector.people.person import Person
from collector.people.proofs import BEFORE, WALL, form_token, is_form_token
from collector.people.readers import Readers
from collector.people.refusals import LATER, nothing_at, refused
from collector.people.room import PeopleFailedError
from collector.people.stream import Watched
from collector.people.table import READ, Need, Rule, Table, Verdict, judge
from collector.people.vocabulary import language_in
from shared.clock import Clock

App = Callable[[Any, Any, Any], Awaitable[None]]
_OPEN_FORM_BYTES = 16_384
_FORM_BYTES = 2_097_152
_YEAR_SECONDS = 31_536_000
_NO_COOKIE = marked(
    "The browser did not send the cookie back: log in over HTTPS, or on the collector's own machine.",
)
_NO_READER = "figures are for the machines that stand in listen.figures_from of the collector's settings\n"
_NOTHING = "default-src 'none'; frame-ancestors 'none'"
_AGAIN = (
    '<!doctype html><html lang="vi"><meta charset="utf-8"><title>phusong</title>'
    '<meta http-equiv="refresh" content="0;url={target}"><a href="{target}">{onward}</a></html>'
)
RENEWAL = "phusong-renewal"
"""Of requests that a page makes by itself: a page that was left open keeps nobody logged in."""
COOKIE: dict[str, Any] = {"path": "/", "secure": True, "httponly": True, "samesite": "strict"}


@dataclass(frozen=True)
class Visitor:
    """Whom a request's cookies prove."""

    person: Person | None = None
    watcher: bool = False
    """Whether a wall's token came along."""
    token: str = ""
    """Of the person's session."""


class Recognises(Protocol):
    """What the gate asks."""

    async def recognise(self, request: Request, *, used: bool) -> Visitor:
        """Whom the cookies prove; ``used`` keeps the session from being idle."""
        ...

    async def knows_wall(self, token: str) -> bool:
        """Whether a wall's token is in force."""
        ...

    async def audit(self, actor: str, action: str, subject: str = "", detail: str = "") -> None:
        """Append to the chained log."""
        ...


class Gate:
    """ASGI middleware: answers itself, or sets four things in ``request.state``.

    ``person`` is a :class:`Person` or None, ``form`` the fields of a form that was checked, ``form_token`` what the
    forms of a page must carry in the field ``form_token``, ``audit(actor, action, subject, detail)`` writes a row.
    """

    def __init__(  # noqa: PLR0913 - the composition root fills these in, once
        self, app: App, table: Table, sessions: Recognises, clock: Clock, *, readers: Readers, required: bool
    ) -> None:
        self._app = app
        self._readers = readers
        self._table = table
        self._sessions = sessions
        self._clock = clock
        self._required = required

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on, or answer 303 (log in), 400, 401, 403, 404, 405, 413 or 503."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        rule = self._table.find(request.method, scope["path"])
        if rule is None:
            await self._unknown(request)(scope, receive, send)
            return
        if rule.need in {Need.MACHINE, Need.FIGURES}:
            app = self._app if self._may_read(request, rule) else Response(_NO_READER, 403, media_type="text/plain")
            await app(self._with(scope, Visitor(), {}), receive, send)
            return
        try:
            visitor, answer = await self._ask(request, rule)
            fields: dict[str, str] = {}
            if answer is None and rule.need is Need.SCREEN:
                demand_same_origin(request.headers)
            elif answer is None and request.method not in READ and rule.need is not Need.LINK:
                fields, receive = await self._checked(request, receive, rule, visitor)
        except FormError as error:
            answer = refused(request, error.status, error.text, {}, **error.values)
        except PeopleFailedError as error:
            answer = refused(request, 503, LATER, {"Retry-After": "5"}, why=str(error))
        except ClientDisconnect:
            return
        if answer is not None:
            await answer(scope, receive, send)
            return
        watched = Watched(send, self._clock, lambda: self._still(request, rule))
        await watched.carry(self._app, self._with(scope, visitor, fields), receive)

    async def _ask(self, request: Request, rule: Rule) -> tuple[Visitor, Response | None]:
        token = request.query_params.get("token", "")
        if token and rule.need is Need.WATCHER:
            return Visitor(), await self._exchange(request, token)
        used = rule.need not in {Need.WATCHER, Need.SCREEN} and RENEWAL not in request.headers
        visitor = await self._sessions.recognise(request, used=used)
        verdict = self._judge(rule, visitor)
        return visitor, None if verdict is Verdict.PASS else refusal(request, verdict)

    async def _exchange(self, request: Request, token: str) -> Response:
        """A wall's token goes from the address into a cookie."""
        if not await self._sessions.knows_wall(token):
            return refused(request, 403, marked("This link is not in force any more."))
        rest = [(name, value) for name, value in request.query_params.multi_items() if name != "token"]
        path = quote(request.scope["path"])
        answer = RedirectResponse(f"{path}?{urlencode(rest)}" if rest else path, 303, {"Cache-Control": "no-store"})
        answer.set_cookie(WALL, token, max_age=_YEAR_SECONDS, **COOKIE)
        return answer

    async def _checked(
        self, request: Request, receive: Any, rule: Rule, visitor: Visitor
    ) -> tuple[dict[str, str], Any]:
        """The fields of a form of ours; raises :class:`FormError`."""
        demand_same_origin(request.headers)
        is_open = rule.need is Need.EVERYBODY
        fields, again = await read_form(request, receive, _OPEN_FORM_BYTES if is_open else _FORM_BYTES)
        given = fields.pop(FIELD, "") or request.headers.get(HEADER, "")
        if is_open and not visitor.token and BEFORE not in request.cookies:
            raise FormError(403, _NO_COOKIE)
        proofs = [visitor.token, *([request.cookies.get(BEFORE, "")] if is_open else [])]
        if not any(is_form_token(given, proof) for proof in proofs):
            raise FormError(403, marked("This form is old: load the page again."))
        return fields, again

    async def _still(self, request: Request, rule: Rule) -> bool:
        """Whether what is being streamed may go on."""
        try:
            visitor = await self._sessions.recognise(request, used=False)
        except PeopleFailedError:
            return False
        return self._judge(rule, visitor) is Verdict.PASS

    def _may_read(self, request: Request, rule: Rule) -> bool:
        if rule.need is not Need.FIGURES:
            return True
        return self._readers.admit(address_of(request), reached_at(request), spoken_for=is_spoken_for(request))

    def _judge(self, rule: Rule, visitor: Visitor) -> Verdict:
        return judge(rule.need, visitor.person, watcher=visitor.watcher, required=self._required)

    def _with(self, scope: Any, visitor: Visitor, fields: dict[str, str]) -> Any:
        token = form_token(visitor.token) if visitor.token else ""
        said = {"person": visitor.person, "form": fields, "form_token": token, "audit": self._sessions.audit}
        return {**scope, "state": {**scope.get("state", {}), **said}}

    def _unknown(self, request: Request) -> Response:
        path = request.scope["path"]
        if methods := self._table.methods(path):
            allowed = {"Allow": ", ".join(sorted(methods))}
            text = marked("{method} is not for {path}.")
            return refused(request, 405, text, allowed, method=request.method, path=ascii(path))
        return nothing_at(request)


def refusal(request: Request, verdict: Verdict) -> Response:
    """The way to the login for who reads with a browser, otherwise why not."""
    if verdict is Verdict.FORBIDDEN:
        return refused(request, 403, marked("Your role does not allow this."))
    if request.method in READ and "text/html" in request.headers.get("accept", ""):
        query = request.scope["query_string"].decode("latin-1")
        target = quote(request.scope["path"]) + (f"?{query}" if query else "")
        if request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
            # A strict cookie does not come along from a link in a letter: the same page, asked for by a page of ours.
            onward = " · ".join(language_in(tag).say(marked("Continue")) for tag in ("vi", "en"))
            page = _AGAIN.format(target=escape(target), onward=onward)
            return HTMLResponse(page, headers={"Content-Security-Policy": _NOTHING, "Cache-Control": "no-store"})
        asked = request.query_params.get("lang", "")
        spoken = f"&lang={asked}" if asked in LANGUAGES else ""
        return RedirectResponse(f"/login?next={quote(target, safe='')}{spoken}", 303)
    if request.method in READ:
        return refused(request, 401, marked("Log in first."))
    return refused(request, 401, marked("Nobody is logged in, or not any more: nothing was stored. Log in first."))
