"""Templates, language and headers of the pages of people; it asks nobody and decides nothing."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from collector.people.vocabulary import words_in
from collector.people.words import Words
from collector.ways import WAYS

_FOLDER = Path(__file__).parent
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_SECOND_NS = 1_000_000_000
_LANGUAGES = ("vi", "en")


class Look:
    """Draws pages; a request's ``?lang=`` goes before the settings' language."""

    def __init__(self, title: str, language: str, zone: ZoneInfo) -> None:
        self._title = title
        self._language = language
        self._zone = zone
        self._templates = Environment(
            loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True, undefined=StrictUndefined
        )

    def words(self, request: Request) -> Words:
        """What the page says, in the language that is asked for."""
        return words_in(request.query_params.get("lang", self._language))

    def suffix(self, request: Request) -> str:
        """What keeps the language from page to page."""
        asked = request.query_params.get("lang", "")
        return f"?lang={asked}" if asked in _LANGUAGES else ""

    def day(self, at_wall_ns: int) -> str:
        """A day of the province."""
        return f"{datetime.fromtimestamp(at_wall_ns / _SECOND_NS, self._zone):%d/%m/%Y}"

    def page(self, request: Request, template: str, heading: str, status: int = 200, **more: Any) -> HTMLResponse:
        """A page that runs no script, loads nothing from outside and is kept by nobody."""
        words = self.words(request)
        said = {
            "words": words,
            "ways": [(path, getattr(words, word)) for path, word in (("wall", "wall"), *WAYS)],
            "title": self._title,
            "heading": heading,
            "person": request.state.person,
            "form_token": request.state.form_token,
            "suffix": self.suffix(request),
            "fault": "",
            "said": {},
            "good": "",
            **more,
        }
        body = self._templates.get_template(template).render(said)
        return HTMLResponse(body, status, {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})


async def style(_: Request) -> Response:
    """The one style sheet."""
    return FileResponse(_FOLDER / "static" / "people.css", headers={"Cache-Control": "no-cache"})
