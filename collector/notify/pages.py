"""The page behind a link: an incident, a button that acknowledges it, comments; looking at it changes nothing."""

import re
import secrets
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from collector.notify.letters import PATH
from collector.notify.links import Grant, grant
from collector.notify.message import Kind, Note, Person, Urgency
from collector.notify.teller import Teller
from collector.notify.text import Places, compose, moment
from collector.notify.vocabulary import words_in
from collector.notify.words import Words
from collector.people.refusals import LATER, TOO_MUCH, nothing_asked, refused, size
from shared.clock import Clock
from shared.secret import Secret

_BODY_BYTES = 16 * 1024
_RECEIPT_BYTES = 1024 * 1024
_TEXT_LETTERS = 1000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
RECEIPTS = "/api/v1/notify/receipts"


class LinkPages:
    """GET shows, POST acts: scanners that open the links of letters acknowledge nothing."""

    def __init__(self, teller: Teller, places: Places, people: Mapping[str, Person], key: Secret, clock: Clock) -> None:
        self._teller = teller
        self._places = places
        self._people = people
        self._key = key
        self._clock = clock
        folder = Path(__file__).parent / "templates"
        self._templates = Environment(
            loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )

    def routes(self) -> list[BaseRoute]:
        """The page, and where gateways prove that a trial came through."""
        return [
            Route(f"{PATH}{{token:str}}", self.look, methods=["GET"]),
            Route(f"{PATH}{{token:str}}", self.act, methods=["POST"]),
            Route(RECEIPTS, self.receipt, methods=["POST"]),
        ]

    async def look(self, request: Request) -> Response:
        """``GET /a/TOKEN``."""
        given = self._granted(request)
        return self._wrong(request) if given is None else await self._page(request, given)

    async def act(self, request: Request) -> Response:
        """``POST /a/TOKEN`` with ``do=acknowledge``, or ``do=comment`` and ``text``."""
        given = self._granted(request)
        if given is None:
            return self._wrong(request)
        body = await _read(request, _BODY_BYTES)
        if body is None:
            return refused(request, 413, TOO_MUCH, size=size(_BODY_BYTES))
        form = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
        deed, text = form.get("do", [""])[0], _CONTROL.sub("", form.get("text", [""])[0]).strip()[:_TEXT_LETTERS]
        number = self._teller.living(given.number)
        try:
            if deed == "acknowledge":
                await self._teller.acknowledge(number, given.person)
            elif deed == "comment" and text:
                await self._teller.comment(number, given.person, text)
            else:
                return nothing_asked(request)
        except sqlite3.Error as error:
            return refused(request, 503, LATER, {"Retry-After": "5"}, why=str(error))
        if hasattr(request.state, "audit"):
            await request.state.audit(given.person, f"incident-{deed}", str(number))
        # Loading the page again must not do it again.
        return RedirectResponse(request.url.path, 303)

    async def receipt(self, request: Request) -> Response:
        """``{"receipt": …}`` of a gateway, or what Alertmanager posts to a webhook: 204 where one was right."""
        body = await _read(request, _RECEIPT_BYTES)
        now_ns = self._clock.wall_ns()
        granted = [grant(self._key, "receipt", each, now_ns) for each in _receipts(body or b"")]
        known = [each for each in granted if each is not None and each.person in self._teller.desk.routes]
        try:
            for each in known:
                await self._teller.prove(each.person, now_ns)
        except sqlite3.Error:
            return Response("cannot be stored now: try again\n", 503, media_type="text/plain")
        return Response(status_code=204 if known else 403)

    def _granted(self, request: Request) -> Grant | None:
        return grant(self._key, "acknowledge", request.path_params["token"], self._clock.wall_ns())

    def _wrong(self, request: Request) -> Response:
        words = words_in(request.query_params.get("lang", "vi"))
        return self._drawn(words, 404, title=words["expired"], person="", body="", way=f"/incidents?lang={words.tag}")

    async def _page(self, request: Request, given: Grant) -> Response:
        number = self._teller.living(given.number)
        incident = self._teller.newest(number)
        if incident is None:
            return self._wrong(request)
        person = self._people.get(given.person)
        words = words_in(request.query_params.get("lang", person.language if person else "vi"))
        kind = Kind.NEW if incident.is_open else Kind.RESOLVED
        note = Note(kind=kind, urgency=Urgency.INFO, incident=incident, created_ns=0, thread=number)
        text = compose(note, self._places, words)
        remarks = await self._teller.outbox.remarks(number)
        acknowledged_ns = self._teller.acknowledged_ns(number)
        by = [each.person for each in remarks if each.kind == "acknowledged" and each.at_ns == acknowledged_ns]
        known = words["acknowledged"].format(
            person=self._name(by[-1]) if by else "?", time=moment(acknowledged_ns or 0, self._places.zone)
        )
        return self._drawn(
            words,
            200,
            title=text.subject.removeprefix("[phusong] "),
            person=self._name(given.person),
            body=text.body,
            way=f"/incidents/{number}?lang={words.tag}",
            over=not incident.is_open,
            acknowledged=known if acknowledged_ns is not None else "",
            comments=[
                (moment(each.at_ns, self._places.zone), self._name(each.person), each.text)
                for each in remarks
                if each.kind == "comment"
            ],
        )

    def _name(self, key: str) -> str:
        return self._people[key].name if key in self._people else key

    def _drawn(self, words: Words, status: int, **given: object) -> Response:
        nonce = secrets.token_urlsafe(16)
        page = self._templates.get_template("incident.html").render(words=words, nonce=nonce, **given)
        policy = f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'self'; "
        headers = {
            "Content-Security-Policy": policy + "frame-ancestors 'none'",
            "Cache-Control": "no-store",
            "X-Robots-Tag": "noindex",
        }
        return HTMLResponse(page, status, headers=headers)


async def _read(request: Request, most: int) -> bytes | None:
    """The body, None where it is longer."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > most:
            return None
    return body


class _Alert(msgspec.Struct):
    annotations: dict[str, str] = {}


class _Receipt(msgspec.Struct):
    receipt: str = ""
    alerts: list[_Alert] = []


def _receipts(body: bytes) -> list[str]:
    try:
        said = msgspec.json.decode(body, type=_Receipt)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []
    return [each for each in (said.receipt, *(a.annotations.get("receipt", "") for a in said.alerts)) if each][:100]
