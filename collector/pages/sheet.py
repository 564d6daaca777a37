"""One page as a response: words, frame and headers that all pages share; what is on it is decided elsewhere."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from collector.language import figures
from collector.notify.vocabulary import words_in as incident_words
from collector.notify.words import Words as IncidentWords
from collector.pages.naming import dialled
from collector.pages.vocabulary import words_in
from collector.pages.words import told as in_words
from collector.wall.edition import module, parts
from collector.wall.feed import Feed
from collector.wall.language import language_in
from collector.wall.pages import GLYPHS
from collector.wall.reasons import reason_in
from collector.wall.settings import WallSettings
from collector.wall.words import words_in as state_words

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)

_GLYPHS = {**GLYPHS, "up": "●"}
"""On a wall what is well shows by its colour and by being quiet; in a line of text each state has its sign."""
_CARRIED = frozenset({"q", "units", "provider", "site"})


class Sheets:
    """Renders the templates of this room."""

    def __init__(self, feed: Feed, settings: WallSettings, zone: ZoneInfo) -> None:
        self.feed = feed
        self.zone = zone
        self._settings = settings
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(module=module, parts=parts, say=in_words, dialled=dialled)

    def language(self, request: Request) -> str:
        """Of this request: ``?lang=``, else that of the settings."""
        given = request.query_params.get("lang", self._settings.language)
        return given if given in {"vi", "en"} else self._settings.language

    def words(self, request: Request) -> tuple[Mapping[str, str], IncidentWords]:
        """The words of pages and those of incidents."""
        language = self.language(request)
        return words_in(language), incident_words(language)

    def suffix(self, request: Request) -> str:
        """What keeps the language from page to page: a query, or nothing where it is that of the settings."""
        language = self.language(request)
        return "" if language == self._settings.language else f"?lang={language}"

    @property
    def fresh_seconds(self) -> float:
        """How old an evaluation may be."""
        return self._settings.fresh_seconds

    def page(
        self, request: Request, template: str, status: int = 200, *, scripts: bool = False, **content: object
    ) -> Response:
        """The page; ``content`` is for its template, ``scripts`` lets modules of ours run on it."""
        language = self.language(request)
        words, told = self.words(request)
        suffix = self.suffix(request)
        latest = self.feed.latest
        body = self._templates.get_template(template).render(
            words=words,
            told=told,
            states=state_words(language),
            language=language,
            reason=partial(reason_in, language_in(language)),
            glyphs=_GLYPHS,
            title=self._settings.title,
            other=_other_language(request, language),
            person=getattr(request.state, "person", None),
            here=quote(request.url.path),
            suffix=suffix,
            amp=f"&{suffix[1:]}" if suffix else "",
            evaluated=self.moment(latest.evaluated_at) if latest is not None else "",
            moment=self.moment,
            figures=partial(figures, language),
            **content,
        )
        policy = f"{POLICY}; script-src 'self'; connect-src 'self'" if scripts else POLICY
        return HTMLResponse(body, status, {"Content-Security-Policy": policy, "Cache-Control": "no-store"})

    def note(self, request: Request, word: str, status: int) -> Response:
        """A page that only says why there is no other."""
        page = self.page(request, "note.html", status, note=self.words(request)[0][word])
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            page.headers["Retry-After"] = "5"
        return page

    def moment(self, unix_seconds: float) -> str:
        """Date and time in the province."""
        return f"{datetime.fromtimestamp(unix_seconds, self.zone):%d/%m/%Y %H:%M:%S}"

    def clock(self, unix_seconds: float) -> str:
        """Time of day in the province."""
        return f"{datetime.fromtimestamp(unix_seconds, self.zone):%H:%M}"


def _other_language(request: Request, language: str) -> str:
    """This very page in the other one."""
    kept = {name: value[:100] for name, value in request.query_params.items() if name in _CARRIED}
    return f"{quote(request.url.path)}?{urlencode({**kept, 'lang': 'vi' if language == 'en' else 'en'})}"
