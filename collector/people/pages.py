"""The pages on which people log in, out and change their password; every text is escaped, and no script runs."""

import math
import secrets
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from collector.people.account import Accounts
from collector.people.gate import COOKIE
from collector.people.login import Login
from collector.people.look import Look, style
from collector.people.origin import address_of
from collector.people.proofs import BEFORE, SESSION, form_token, session_identity
from collector.people.room import PeopleRoom
from collector.people.table import Need, Table

_HOME = "/wall"
_NAME_LETTERS = 32
_FIRST = "phusong-collector user add NAME --role admin --config FILE"
_TOKEN_BYTES = 32


class PeoplePages:
    """Renders pages and hands over what was typed."""

    def __init__(self, room: PeopleRoom, login: Login, accounts: Accounts, table: Table, look: Look) -> None:
        self._room = room
        self._login = login
        self._accounts = accounts
        self._table = table
        self._look = look

    def routes(self) -> list[BaseRoute]:
        """Their addresses."""
        return [
            Route("/static/people.css", style),
            Route("/login", self.login_form),
            Route("/login", self.log_in, methods=["POST"]),
            Route("/logout", self.log_out, methods=["POST"]),
            Route("/account", self.account),
            Route("/account", self.change_password, methods=["POST"]),
            Route("/people", self.people),
            Route("/people", self.change_people, methods=["POST"]),
        ]

    async def login_form(self, request: Request) -> Response:
        """``GET /login?next=PATH``."""
        return await self._login_page(request, request.query_params.get("next", ""))

    async def log_in(self, request: Request) -> Response:
        """``POST /login``: a session, and on to where they wanted to go."""
        form: Mapping[str, str] = request.state.form
        words, target = self._look.words(request), form.get("next", "")
        presented = request.cookies.get(SESSION, "")
        tried = await self._login.attempt(
            form.get("name", ""), form.get("password", ""), address_of(request), presented
        )
        if tried.token:
            answer = RedirectResponse(inside(self._table, target), 303, {"Cache-Control": "no-store"})
            answer.set_cookie(SESSION, tried.token, **COOKIE)
            answer.delete_cookie(BEFORE, **COOKIE)
            return answer
        if tried.wait_seconds:
            seconds = math.ceil(tried.wait_seconds)
            page = await self._login_page(request, target, words.wait.format(n=seconds), 429)
            page.headers["Retry-After"] = str(seconds)
            return page
        return await self._login_page(request, target, words.wrong, 401)

    async def log_out(self, request: Request) -> Response:
        """``POST /logout``: the session ends here, whatever the browser keeps."""
        person, identity = request.state.person, session_identity(request.cookies.get(SESSION, ""))
        await self._accounts.log_out(person.name, identity)
        answer = RedirectResponse("/login" + self._look.suffix(request), 303, {"Cache-Control": "no-store"})
        answer.delete_cookie(SESSION, **COOKIE)
        return answer

    async def account(self, request: Request) -> Response:
        """``GET /account``."""
        return self._look.page(request, "account.html", self._look.words(request).account)

    async def change_password(self, request: Request) -> Response:
        """``POST /account``: another password and another session; all others of the person end."""
        form: Mapping[str, str] = request.state.form
        words = self._look.words(request)
        fault, token = await self._accounts.change_password(request.state.person.name, form, words)
        if fault:
            return self._look.page(request, "account.html", words.account, fault=fault, status=422)
        request.state.form_token = form_token(token)
        answer = self._look.page(request, "account.html", words.account, good=words.changed)
        answer.set_cookie(SESSION, token, **COOKIE)
        return answer

    async def people(self, request: Request) -> Response:
        """``GET /people``."""
        return await self._people_page(request)

    async def change_people(self, request: Request) -> Response:
        """``POST /people``: what the field ``deed`` says."""
        words = self._look.words(request)
        fault = await self._accounts.change(request.state.person.name, request.state.form, words)
        return await self._people_page(request, fault, words.changed)

    async def _people_page(self, request: Request, fault: str = "", good: str = "") -> Response:
        everybody = await self._room.read(lambda book: book.everybody())
        rows = [(each, self._look.day(each.added_wall_ns)) for each in everybody]
        heading = self._look.words(request).people
        good = "" if fault else good
        status = 422 if fault else 200
        form = request.state.form if fault and request.state.form.get("deed") == "add" else {}
        said = {name: form.get(name, "") for name in ("name", "role")}
        return self._look.page(
            request, "people.html", heading, fault=fault, good=good, status=status, everybody=rows, said=said
        )

    async def _login_page(self, request: Request, target: str, fault: str = "", status: int = 200) -> Response:
        before = request.cookies.get(BEFORE, "") or secrets.token_urlsafe(_TOKEN_BYTES)
        request.state.form_token = form_token(before)
        heading, said = self._look.words(request).log_in, {"name": request.state.form.get("name", "")[:_NAME_LETTERS]}
        first = "" if await self._room.read(lambda book: book.everybody()) else _FIRST
        # Who logged out has no cookie any more; whose session ended by itself still has.
        over = not fault and request.state.person is None and SESSION in request.cookies
        page = self._look.page(
            request, "login.html", heading, fault=fault, status=status, next=target, said=said, first=first, over=over
        )
        page.set_cookie(BEFORE, before, **COOKIE)
        return page


def inside(table: Table, target: str) -> str:
    """The path where somebody wanted to go if it is one of ours, otherwise the wall."""
    path = target.partition("?")[0]
    rule = table.find("GET", path) if target.isascii() and target.isprintable() else None
    return target if rule is not None and rule.need not in {Need.MACHINE, Need.FIGURES} else _HOME
