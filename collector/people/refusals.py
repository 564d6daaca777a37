"""What somebody reads who is refused: a small page for a browser, lines for whatever else asks; it refuses nobody."""

from collections.abc import Mapping
from html import escape
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from collector.language import Language, marked
from collector.people.vocabulary import language_in

LATER = marked("This cannot be done now, try again in a few seconds: {why}.")
BROKEN = marked("The collector could not make this page; its log says why.")
TOO_MUCH = marked("That is too much for one form: at most {size}. Nothing was stored.")
_POLICY = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
_PAGE = """<!doctype html>
<html lang="vi">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{status} · phusong</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/static/people.css"></head>
<body><main class="refused"><p class="status">{status}</p><h1>{vietnamese}</h1><p lang="en">{english}</p>
<ul>{ways}</ul></main></body></html>
"""
REASONS = (
    marked("too many requests wait already"),
    marked("the book of people cannot be read or written"),
    marked("database is locked"),
    marked("database or disk is full"),
    marked("attempt to write a readonly database"),
    marked("disk I/O error"),
    marked("unable to open database file"),
    marked("database disk image is malformed"),
)
"""Why something cannot be done now, as this room and SQLite say it."""
_LOG_IN = 401
_PAGES = (("/wall", marked("Wall")), ("/sites", marked("Sites")), ("/incidents", marked("Incidents")))
_NO_MORE: Mapping[str, str] = {}


def refused(
    request: Request, status: int, text: str, headers: Mapping[str, str] = _NO_MORE, /, **values: object
) -> Response:
    """In both languages, Vietnamese first, and where to go from there."""
    kept = {"Cache-Control": "no-store", **headers}
    vietnamese, english = (_said(language_in(tag), text, values) for tag in ("vi", "en"))
    if "text/html" not in request.headers.get("accept", ""):
        return Response(f"{vietnamese}\n{english}\n", status, kept, media_type="text/plain")
    page = _PAGE.format(
        status=status, vietnamese=escape(vietnamese), english=escape(english), ways="".join(_ways(request, status))
    )
    return HTMLResponse(page, status, {"Content-Security-Policy": _POLICY, **kept})


def _said(language: Language, text: str, values: Mapping[str, object]) -> str:
    reasons = {name: language.say(value) if value in REASONS else value for name, value in values.items()}
    return language.say(text, **reasons)


def nothing_at(request: Request) -> Response:
    """404."""
    return refused(request, 404, marked("There is nothing at {path}."), path=ascii(request.scope["path"]))


def nothing_asked(request: Request) -> Response:
    """400: a form of ours that says nothing to do."""
    return refused(request, 400, marked("This form says nothing to do: load the page again."))


def size(most_bytes: int) -> str:
    """As people count it."""
    return f"{most_bytes // 1_048_576} MB" if most_bytes >= 1_048_576 else f"{most_bytes // 1024} kB"


def _ways(request: Request, status: int) -> list[str]:
    here = quote(request.scope["path"])
    ways = [_way(path, word) for path, word in _PAGES]
    if request.method not in {"GET", "HEAD"}:
        ways.insert(0, _way(here, marked("Load the page again")))
    if status == _LOG_IN:
        ways.insert(0, _way(f"/login?next={quote(here, safe='')}", marked("Log in")))
    return ways


def _way(address: str, text: str) -> str:
    vietnamese, english = (language_in(tag).say(text) for tag in ("vi", "en"))
    return f'<li><a href="{escape(address)}">{vietnamese} · <span lang="en">{english}</span></a></li>'
