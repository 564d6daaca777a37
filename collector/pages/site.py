"""The page of one site: its state and why, the last day, devices, incidents, whom to call; it changes nothing."""

from collections.abc import Callable, Iterable
from functools import partial
from operator import itemgetter
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.inventory.site import Inventory, Site
from collector.journal.journal import Journal
from collector.language import figures
from collector.notify.text import Places, evidence
from collector.pages.chart import HEIGHT, SLOT_WIDTH, WIDTH, chart
from collector.pages.day import document, hours
from collector.pages.day_words import of_modules
from collector.pages.devices import devices_of
from collector.pages.incidents import row
from collector.pages.naming import whole_name
from collector.pages.search import found, plain
from collector.pages.sheet import Sheets
from collector.series.latest import Latest
from collector.series.quality import Quality
from shared.clock import Clock

_SECOND_NS = 1_000_000_000
_PAST_NS = 90 * 86_400 * _SECOND_NS
_SHOWN = 100
_FOUND = 200
_RENEWED_SECONDS = 150
"""A page that was not renewed for so long says so; its modules ask each minute. As in page.css."""


class SitePages:
    """``/sites`` and ``/sites/{site}``."""

    def __init__(  # noqa: PLR0913 - what the page shows
        self,
        sheets: Sheets,
        inventory: Inventory,
        journal: Journal,
        quality: Quality,
        fresh: Callable[[], Iterable[Latest]],
        *,
        clock: Clock,
    ) -> None:
        self._sheets = sheets
        self._sites = inventory.by_id()
        self._searched = [
            (plain(f"{site.name} {site.id} {site.code} {site.district} {site.hub} {_lines(site)}"), site)
            for site in inventory.sites
        ]
        self._places = Places(inventory, sheets.zone)
        self._journal = journal
        self._quality = quality
        self._fresh = fresh
        self._clock = clock

    async def search(self, request: Request) -> Response:
        """``GET /sites?q=``: all sites, or those of which name, id, code, district, hub or a link has the words."""
        asked = request.query_params.get("q", "")[:100]
        some = [site for _, site in found(asked, self._searched, itemgetter(0))]
        if asked.strip() and len(some) == 1:
            return RedirectResponse(f"/sites/{quote(some[0].id, safe='')}{self._sheets.suffix(request)}")
        latest = self._sheets.feed.latest
        states = {} if latest is None else {frame.site: frame for frame in latest.sites}
        rows = [(site, states.get(site.id)) for site in some[:_FOUND]]
        return self._sheets.page(request, "sites.html", asked=asked, rows=rows, count=len(some), whole_name=whole_name)

    async def show(self, request: Request) -> Response:
        """``GET /sites/{site}``."""
        site = self._sites.get(request.path_params["site"])
        if site is None:
            return self._sheets.page(request, "missing.html", 404, what="missing_site")
        latest = self._sheets.feed.latest
        frame = None if latest is None else next((one for one in latest.sites if one.site == site.id), None)
        agents = () if latest is None else [agent for agent in latest.agents if agent.site == site.id]
        now_ns = self._clock.wall_ns()
        now_s = now_ns / _SECOND_NS
        words, told = self._sheets.words(request)
        past = self._journal.incidents(now_ns - _PAST_NS, _SHOWN, site.id)
        day = self._quality.day(site.id, now_s)
        return self._sheets.page(
            request,
            "site.html",
            scripts=True,
            zone=self._sheets.zone.key,
            script_words=of_modules(words),
            evaluated_at=0 if latest is None else latest.evaluated_at,
            fresh=latest is not None and now_s - latest.evaluated_at < _RENEWED_SECONDS,
            site=site,
            whole=whole_name(site),
            frame=frame,
            agents=agents,
            devices=devices_of(site.id, self._fresh()),
            now=now_s,
            day=day,
            document=document(day, now_s),
            hours=hours(day, now_s, self._sheets.clock),
            chart=chart(day, now_s, self._sheets.clock, partial(figures, told.tag)) if day.slots else None,
            size=(WIDTH, HEIGHT, SLOT_WIDTH),
            open=[
                (row(one, self._places, told), evidence(one, self._places, told))
                for one in past
                if site.id in one.still
            ],
            past=[row(one, self._places, told) for one in past if site.id not in one.still],
        )


def _lines(site: Site) -> str:
    return " ".join(f"{link.provider} {link.contract}" for link in site.links)
