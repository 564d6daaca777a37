"""The pages of incidents: those that last, those of late, one with its evidence and versions; they change nothing."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from collector.incident import Incident
from collector.inventory.site import Inventory
from collector.journal.journal import Journal
from collector.notify.text import Places, cause_of, evidence, extent, lasted, moment, place
from collector.notify.words import Words
from collector.pages.sheet import Sheets
from shared.clock import Clock

_SECOND_NS = 1_000_000_000
_PAST_NS = 30 * 86_400 * _SECOND_NS
_SHOWN = 300
_DIGITS = 19


@dataclass(frozen=True, slots=True)
class Row:
    """One incident in a table."""

    number: int
    where: str
    trouble: str
    cause: str
    confidence: str
    extent: str
    began: str
    ended: str
    lasted: str
    silent: str
    is_open: bool


def row(incident: Incident, places: Places, told: Words) -> Row:
    """The newest version in words."""
    ended_ns = incident.ended_ns
    return Row(
        incident.number,
        place(incident, places, told),
        told.troubles[incident.trouble],
        cause_of(incident, places, told),
        told.confidences[incident.confidence],
        extent(incident, places, told),
        moment(incident.began_ns, places.zone),
        "" if ended_ns is None else moment(ended_ns, places.zone),
        "" if ended_ns is None else lasted((ended_ns - incident.began_ns) // _SECOND_NS, told),
        incident.silent_because,
        incident.is_open,
    )


class IncidentPages:
    """``/incidents`` and ``/incidents/{number}``."""

    def __init__(self, sheets: Sheets, inventory: Inventory, journal: Journal, clock: Clock) -> None:
        self._sheets = sheets
        self._places = Places(inventory, sheets.zone)
        self._journal = journal
        self._clock = clock

    async def every(self, request: Request) -> Response:
        """``GET /incidents``: those that last, then those of 30 days."""
        _, told = self._sheets.words(request)
        found = self._journal.incidents(self._clock.wall_ns() - _PAST_NS, _SHOWN)
        rows = [row(one, self._places, told) for one in found]
        open_rows = [one for one in rows if one.is_open]
        return self._sheets.page(
            request, "incidents.html", open=open_rows, past=[one for one in rows if not one.is_open]
        )

    async def show(self, request: Request) -> Response:
        """``GET /incidents/{number}``."""
        number = request.path_params["number"]
        versions = (
            self._journal.versions(int(number))
            if number.isascii() and number.isdecimal() and len(number) < _DIGITS
            else []
        )
        if not versions:
            return self._sheets.page(request, "missing.html", 404)
        _, told = self._sheets.words(request)
        newest = versions[-1]
        return self._sheets.page(
            request,
            "incident.html",
            one=row(newest, self._places, told),
            known=moment(newest.known_ns, self._places.zone),
            evidence=evidence(newest, self._places, told),
            sites=[(site, self._places.name(site), site in newest.still) for site in newest.sites],
            folded=newest.folded_into,
            versions=[
                (one.version, moment(one.at_ns, self._places.zone), row(one, self._places, told), len(one.still))
                for one in reversed(versions[-50:])
            ],
        )
