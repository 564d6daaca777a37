"""The outlines that the map draws now: those of the province's own file while it is whole; it draws nothing itself."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from collector.inventory.site import Inventory
from collector.pages.outline import FOLDER, Outline, outlines, projection, read_outlines, rings
from shared.logs import Limited

_MENDED = "wall.outlines: the file is whole again and drawn"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The outlines of then and of now, projected alike; those of ``now`` are none where a province brings its own."""

    width: float
    then: tuple[Outline, ...]
    now: tuple[Outline, ...]
    places: dict[str, tuple[float, float]]


def read_sheet(inventory: Inventory, own: Path | None = None) -> Sheet:
    """Project everything once: ``own`` outlines, else the shipped ones where any site lies in them, else sites alone.

    Raises OSError or ValueError where a file is not as it should be.
    """
    sites = [
        (site.id, site.longitude, site.latitude)
        for site in inventory.sites
        if site.longitude is not None and site.latitude is not None
    ]
    then = read_outlines(own or FOLDER / "districts.geojson")
    onto = projection(point for feature in then for ring in rings(feature) for point in ring)
    now = [] if own else read_outlines(FOLDER / "communes_2025.geojson")
    if sites and not own and not any(onto.shows(x, y) for _, x, y in sites):
        then, now, onto = [], [], projection([(x, y) for _, x, y in sites])
    places = {site: onto.point(x, y) for site, x, y in sites if onto.shows(x, y)}
    return Sheet(onto.width, tuple(outlines(then, onto)), tuple(outlines(now, onto)), places)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn, and whether it is what the settings name."""

    sheet: Sheet
    number: int = 0
    """Another one with each change: a map that is looked at loads itself anew."""
    is_spoiled: bool = False


class Atlas:
    """Holds a drawing, and looks at the file again when it changed; without a file of its own it never changes."""

    def __init__(self, inventory: Inventory, own: Path | None, shipped: Sheet, complain: Limited | None) -> None:
        """``shipped`` is drawn until the own file was read."""
        self._inventory = inventory
        self._own = own
        self._complain = complain
        self._seen: tuple[int, int, int] | None = None
        self._reading = asyncio.Lock()
        self._drawing = Drawing(shipped)

    async def drawing(self) -> Drawing:
        """By the file as it is now; where it cannot be drawn what was drawn stays, and log and page say so."""
        if self._own is None:
            return self._drawing
        async with self._reading:
            seen = _stamp(self._own)
            if seen != self._seen:
                self._seen = seen
                self._drawing = await self._read(self._own)
        return self._drawing

    async def _read(self, own: Path) -> Drawing:
        before = self._drawing
        try:
            sheet = await asyncio.to_thread(read_sheet, self._inventory, own)
        except (OSError, ValueError) as error:
            what = f"{own}: {(error.strerror or str(error)).lower()}" if isinstance(error, OSError) else str(error)
            self._say("wall.outlines cannot be drawn, the map keeps those that it has", what)
            return Drawing(before.sheet, before.number + 1, is_spoiled=True)
        if before.is_spoiled:
            self._say(_MENDED, str(own))
        return Drawing(sheet, before.number + 1)

    def _say(self, event: str, detail: str) -> None:
        if self._complain is not None:
            self._complain.warning(event, detail)


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        stat = path.stat()
    except OSError:
        return 0, 0, 0
    return stat.st_ino, stat.st_mtime_ns, stat.st_size
