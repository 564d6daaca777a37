"""The addresses of the pages beside the wall, and what they are made from; they decide nothing."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from starlette.routing import BaseRoute, Route

from collector.inventory.site import Inventory
from collector.journal.journal import Journal
from collector.notify.teller import Teller
from collector.pages.atlas import Atlas, read_sheet
from collector.pages.incidents import IncidentPages
from collector.pages.maintenance import MaintenanceFile, MaintenancePages
from collector.pages.province_map import MapPage
from collector.pages.remarks import Remarks
from collector.pages.reports import ReportPages
from collector.pages.sheet import Sheets
from collector.pages.site import SitePages
from collector.pages.stock import Stock, StockPages
from collector.series.latest import Latest
from collector.series.quality import Quality
from shared.clock import Clock
from shared.logs import Limited


@dataclass(frozen=True, slots=True)
class Shown:
    """What the pages show."""

    inventory: Inventory
    journal: Journal
    quality: Quality
    fresh: Callable[[], Iterable[Latest]]
    """The readings that still count."""
    clock: Clock
    reading: Callable[[], AbstractContextManager[Journal]]
    """Opens the journal once more, to be read from another thread."""


def upkeep_routes(sheets: Sheets, stock: Stock, kept: MaintenanceFile) -> list[BaseRoute]:
    """What IT staff edit: inventory and maintenance."""
    pages, windows = StockPages(sheets, stock), MaintenancePages(sheets, kept)
    return [
        Route("/inventory", pages.every),
        Route("/inventory", pages.act, methods=["POST"]),
        Route("/inventory.csv", pages.sheet),
        Route("/inventory/{site:str}", pages.one),
        Route("/inventory/{site:str}", pages.save, methods=["POST"]),
        Route("/maintenance", windows.show),
        Route("/maintenance", windows.act, methods=["POST"]),
    ]


def page_routes(
    sheets: Sheets,
    shown: Shown,
    teller: Teller | None = None,
    own_outlines: Path | None = None,
    complain: Limited | None = None,
) -> list[BaseRoute]:
    """Sites, incidents, map; ``teller`` is None where nobody is told, ``own_outlines`` where the shipped ones serve.

    ``complain`` hears of own ones that are spoiled.

    Raises OSError or ValueError where the shipped outlines are spoiled.
    """
    remarks = None if teller is None else Remarks(teller)
    sites = SitePages(sheets, shown.inventory, shown.journal, shown.quality, shown.fresh, clock=shown.clock)
    incidents = IncidentPages(sheets, shown.inventory, shown.journal, shown.clock, remarks)
    reports = ReportPages(sheets, shown.inventory, shown.reading, shown.clock)
    atlas = Atlas(shown.inventory, own_outlines, read_sheet(shown.inventory), complain)
    on_map = MapPage(sheets, shown.inventory, atlas, shown.clock)
    return [
        Route("/sites", sites.search),
        Route("/sites/{site:str}", sites.show),
        Route("/incidents", incidents.every),
        Route("/incidents/{number:str}", incidents.show),
        Route("/incidents/{number:str}", incidents.act, methods=["POST"]),
        Route("/reports", reports.newest),
        Route("/reports/{month:str}", reports.show),
        Route("/reports/{month:str}/lines.csv", reports.lines),
        Route("/reports/{month:str}/outages.csv", reports.outages),
        Route("/wall/map", on_map.show),
        Route("/wall/map/marks", on_map.marks),
    ]
