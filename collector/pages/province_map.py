"""``/wall/map``: the province's outlines with a marker for each site; where a site lies is data, not a measurement."""

from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from collector.inventory.site import Inventory
from collector.pages.atlas import Atlas, Drawing
from collector.pages.outline import HEIGHT
from collector.pages.sheet import Sheets
from collector.wall.frame import Frame
from collector.wall.rotation import MAP_SECONDS, NEW_SECONDS, after_live_map, after_map
from shared.clock import Clock

_SECOND_NS = 1_000_000_000
_LAYERS = ("up", "maintenance", "degraded", "unknown", "down")
"""What is wrong is drawn last, above what is well."""
_THEMES = ("dark", "light")
_LEGEND = ("up", "degraded", "down", "unknown", "maintenance")


@dataclass(frozen=True, slots=True)
class Marker:
    """One site on the map; pixels."""

    site: str
    name: str
    state: str
    x: float
    y: float


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """What may have changed on a map that is looked at; a few hundred bytes where most is well."""

    build: str
    evaluated_at: float
    evaluated: str
    """The same as people read it."""
    new: bool
    """Whether a problem is new."""
    counts: dict[str, int]
    sites: int
    """How many sites there are."""
    states: dict[str, list[str]]
    """Ids of sites that are not up, by state."""


class MapPage:
    """Shows the sites on the atlas."""

    def __init__(self, sheets: Sheets, inventory: Inventory, atlas: Atlas, clock: Clock) -> None:
        self._sheets = sheets
        self._clock = clock
        self._names = {site.id: site.name for site in inventory.sites}
        self._atlas = atlas

    async def show(self, request: Request) -> Response:
        """``GET /wall/map?units=then|now``."""
        latest, drawing = self._sheets.feed.latest, await self._atlas.drawing()
        sheet, layers = drawing.sheet, self._layers(latest, drawing)
        theme = request.query_params.get("theme", "dark")
        units = "now" if request.query_params.get("units") == "now" and sheet.now else "then"
        new = self._is_new(latest)
        return self._sheets.page(
            request,
            "map.html",
            scripts=True,
            turn=after_live_map(request.query_params, new=new),
            plain_turn=after_map(request.query_params, new=new),
            seconds=MAP_SECONDS,
            fresh=self._is_fresh(latest),
            build="" if latest is None else _build(latest, drawing),
            evaluated_at=0 if latest is None else latest.evaluated_at,
            units=units if sheet.now else "",
            outlines=sheet.now if units == "now" else sheet.then,
            is_spoiled=drawing.is_spoiled,
            layers=layers,
            width=round(sheet.width),
            height=round(HEIGHT),
            counts={} if latest is None else latest.counts,
            legend=_LEGEND,
            unplaced=0 if latest is None else len(latest.sites) - sum(len(markers) for _, markers in layers),
            theme=theme if theme in _THEMES else "dark",
            carried=urlencode({"theme": theme} if theme in _THEMES and theme != "dark" else {}),
        )

    async def marks(self, _: Request) -> Response:
        """``GET /wall/map/marks``: what a map that is looked at asks for; 503 where no evaluation is fresh."""
        latest = self._sheets.feed.latest
        if latest is None or not self._is_fresh(latest):
            return Response("no evaluation is fresh\n", 503, media_type="text/plain")
        states: dict[str, list[str]] = {}
        drawing = await self._atlas.drawing()
        for frame in latest.sites:
            if frame.state != "up" and frame.site in drawing.sheet.places:
                states.setdefault(frame.state, []).append(frame.site)
        told = Marks(
            build=_build(latest, drawing),
            evaluated_at=latest.evaluated_at,
            evaluated=self._sheets.moment(latest.evaluated_at),
            new=self._is_new(latest),
            counts=latest.counts,
            sites=len(latest.sites),
            states=states,
        )
        return Response(msgspec.json.encode(told), media_type="application/json", headers={"Cache-Control": "no-store"})

    def _layers(self, latest: Frame | None, drawing: Drawing) -> list[tuple[str, list[Marker]]]:
        states = {} if latest is None else {frame.site: frame.state for frame in latest.sites}
        found: dict[str, list[Marker]] = {state: [] for state in _LAYERS}
        for site, place in drawing.sheet.places.items():
            if site in states:
                found[states[site]].append(Marker(site, self._names[site], states[site], *place))
        return list(found.items())

    def _is_fresh(self, latest: Frame | None) -> bool:
        now = self._clock.wall_ns() / _SECOND_NS
        return latest is not None and now - latest.evaluated_at < self._sheets.fresh_seconds

    def _is_new(self, latest: Frame | None) -> bool:
        now = self._clock.wall_ns() / _SECOND_NS
        return latest is not None and any(now - incident.since < NEW_SECONDS for incident in latest.incidents)


def _build(latest: Frame, drawing: Drawing) -> str:
    """With other outlines a map is another page."""
    return f"{latest.build}.{drawing.number}" if drawing.number else latest.build
