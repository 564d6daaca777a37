"""The wall as HTML, drawn from the newest frame; every text is escaped, and the page may load nothing from outside."""

import secrets
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from collector.wall.edition import module, parts
from collector.wall.feed import Feed
from collector.wall.language import language_in
from collector.wall.lately import bars, most_in_words, path_in_words
from collector.wall.layout import arrange
from collector.wall.problems import ROOM_VH, SHORT_VH, TALL_VH, rest, rows
from collector.wall.reasons import reason_in
from collector.wall.rotation import after_wall
from collector.wall.screens import LETTERS, is_name
from collector.wall.settings import WallSettings
from collector.wall.short import LONGER, SHORT, length_class, short
from collector.wall.spans import day, moment, span
from collector.wall.words import Words, words_in
from collector.ways import WAYS
from shared.clock import Clock

FOLDER = Path(__file__).parent
_THEMES = ("dark", "light")
SHOWN_CHANGES = 7
_WORST_FIRST = ("down", "unknown", "degraded", "maintenance", "up")
GLYPHS = {"up": "", "degraded": "▲", "down": "✖", "unknown": "?", "maintenance": "⚙"}
_SECOND_NS = 1_000_000_000


class Pages:
    """Renders pages; holds the templates and nothing else."""

    def __init__(self, feed: Feed, settings: WallSettings, clock: Clock, zone: ZoneInfo) -> None:
        self._feed = feed
        self._settings = settings
        self._clock = clock
        self._zone = zone
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined
        )
        self._templates.globals.update(module=module, parts=parts)

    async def wall(self, request: Request) -> Response:
        """``/wall?lang=vi|en&theme=dark|light&screen=NAME``."""
        words = words_in(request.query_params.get("lang", self._settings.language))
        theme, screen = request.query_params.get("theme", "dark"), request.query_params.get("screen", "")
        now = self._clock.wall_ns() / _SECOND_NS
        nonce = secrets.token_urlsafe(16)
        body = self._templates.get_template("wall.html").render(
            words=words,
            theme=theme if theme in _THEMES else "dark",
            title=self._settings.title,
            nonce=nonce,
            script_words=msgspec.json.encode(words).decode(),
            script_short=msgspec.json.encode(SHORT).decode(),
            glyphs=GLYPHS,
            heights=(ROOM_VH, TALL_VH, SHORT_VH),
            shown_changes=SHOWN_CHANGES,
            ways=[(f"/{path}", getattr(words, word)) for path, word in WAYS],
            old_seconds=self._settings.old_seconds,
            suffix="" if words.tag == self._settings.language else f"?lang={words.tag}",
            person=getattr(request.state, "person", None),
            zone=self._zone.key,
            screen=screen[:LETTERS],
            reports=is_name(screen),
            turn=after_wall(request.query_params),
            now=now,
            clock=moment(now, self._zone),
            date=day(now, self._zone),
            **self._drawn(words, now),
        )
        policy = f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; connect-src 'self'; "
        policy += "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        return HTMLResponse(body, headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"})

    def _drawn(self, words: Words, now: float) -> dict[str, object]:
        current = self._feed.latest
        if current is None or not current.sites:
            return {"frame": None, "fresh_seconds": self._settings.fresh_seconds}
        layout = arrange(current, words.elsewhere)
        left = self._settings.fresh_seconds - max(0.0, now - current.evaluated_at)
        return {
            "frame": current,
            "fresh_seconds": self._settings.fresh_seconds,
            "age": span(now - current.evaluated_at, words),
            "left_seconds": round(max(0.0, left), 2),
            "columns": layout.columns,
            "worst_first": sorted(current.sites, key=lambda site: _WORST_FIRST.index(site.state)),
            "tile": layout.tile_vh,
            "short": partial(short, letters=LONGER),
            "length": length_class,
            "reason": partial(reason_in, language_in(words.tag)),
            "bars": bars(current),
            "most": most_in_words(current, words, self._zone),
            "path": path_in_words(current, words, self._zone),
            "problems": rows(current, words),
            "rest": rest(current),
            "changes": [(change, moment(change.at, self._zone)[:5]) for change in current.transitions[:SHOWN_CHANGES]],
            "times": {
                site.site: f"{day(site.since, self._zone)} {moment(site.since, self._zone)}" for site in current.sites
            },
        }
