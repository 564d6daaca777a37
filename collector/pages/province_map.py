"""``/wall/map``: the province's outlines with a marker for each site; where a site lies is data, not a measurement."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from collector.inventory.site import Inventory
from collector.pages.outline import FOLDER, HEIGHT, Outline, outlines, projection, read_outlines
from collector.pages.sheet import Sheets
from collector.wall.rotation import MAP_SECONDS, NEW_SECONDS, after_map
from shared.clock import Clock

_SECOND_NS = 1_000_000_000
_STATES = ("down", "unknown", "degraded", "maintenance", "up")
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


@dataclass(frozen=True, slots=True)
class Sheet:
    """The outlines of then and of now, projected alike."""

    width: float
    then: tuple[Outline, ...]
    now: tuple[Outline, ...]
    places: dict[str, tuple[float, float]]


def read_sheet(inventory: Inventory, folder: Path = FOLDER) -> Sheet:
    """Project everything once; raises OSError or ValueError where the files are not as they should be."""
    then = read_outlines(folder / "districts.geojson")
    onto = projection(then)
    places = {
        site.id: onto.point(site.longitude, site.latitude)
        for site in inventory.sites
        if site.longitude is not None and site.latitude is not None
    }
    now = outlines(read_outlines(folder / "communes_2025.geojson"), onto)
    return Sheet(onto.width, tuple(outlines(then, onto)), tuple(now), places)


class MapPage:
    """Holds the projected outlines."""

    def __init__(self, sheets: Sheets, inventory: Inventory, sheet: Sheet, clock: Clock) -> None:
        self._sheets = sheets
        self._clock = clock
        self._names = {site.id: site.name for site in inventory.sites}
        self._sheet = sheet

    async def show(self, request: Request) -> Response:
        """``GET /wall/map?units=then|now``; what is wrong is drawn last, above what is well."""
        latest = self._sheets.feed.latest
        states = {} if latest is None else {frame.site: frame.state for frame in latest.sites}
        markers = [
            Marker(site, self._names[site], states[site], *place)
            for site, place in self._sheet.places.items()
            if site in states
        ]
        markers.sort(key=lambda marker: -_STATES.index(marker.state))
        now = self._clock.wall_ns() / _SECOND_NS
        new = latest is not None and any(now - incident.since < NEW_SECONDS for incident in latest.incidents)
        theme = request.query_params.get("theme", "dark")
        units = "now" if request.query_params.get("units") == "now" else "then"
        return self._sheets.page(
            request,
            "map.html",
            scripts=True,
            turn=after_map(request.query_params, new=new),
            seconds=MAP_SECONDS,
            fresh=latest is not None and now - latest.evaluated_at < self._sheets.fresh_seconds,
            units=units,
            outlines=self._sheet.now if units == "now" else self._sheet.then,
            markers=markers,
            width=round(self._sheet.width),
            height=round(HEIGHT),
            counts={} if latest is None else latest.counts,
            legend=_LEGEND,
            unplaced=0 if latest is None else len(latest.sites) - len(markers),
            theme=theme if theme in _THEMES else "dark",
            carried=urlencode({"theme": theme} if theme in _THEMES and theme != "dark" else {}),
        )
