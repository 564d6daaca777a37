"""The pages of incidents: those that last, those of late, one with its evidence, versions and what was said of it."""

import re
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.incident import Incident
from collector.inventory.site import Contact, Inventory
from collector.journal.journal import Journal
from collector.notify.text import Places, cause_of, evidence, extent, lasted, place
from collector.notify.words import Words
from collector.pages.remarks import Remarks
from collector.pages.sheet import Sheets
from collector.people.person import Role
from collector.people.refusals import nothing_asked
from shared.clock import Clock

_SECOND_NS = 1_000_000_000
_PAST_NS = 30 * 86_400 * _SECOND_NS
_SHOWN = 300
_DIGITS = 19
_TEXT_LETTERS = 1000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


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
        extent(incident, places, told) if incident.sites else "–",
        _dated(incident.began_ns, places),
        "" if ended_ns is None else _dated(ended_ns, places),
        "" if ended_ns is None else lasted((ended_ns - incident.began_ns) // _SECOND_NS, told),
        incident.silent_because,
        incident.is_open,
    )


def _dated(wall_ns: int, places: Places) -> str:
    """With its year: these pages look back for long."""
    return datetime.fromtimestamp(wall_ns // _SECOND_NS, places.zone).strftime("%d/%m/%Y %H:%M")


class IncidentPages:
    """``/incidents`` and ``/incidents/{number}``."""

    def __init__(
        self, sheets: Sheets, inventory: Inventory, journal: Journal, clock: Clock, remarks: Remarks | None
    ) -> None:
        """``remarks``: None where nobody is told, and then nothing can be acknowledged."""
        self._remarks = remarks
        self._sheets = sheets
        self._places = Places(inventory, sheets.zone)
        self._sites = inventory.by_id()
        self._journal = journal
        self._clock = clock

    async def every(self, request: Request) -> Response:
        """``GET /incidents``: those that last, then those of 30 days."""
        _, told = self._sheets.words(request)
        found = self._journal.incidents(self._clock.wall_ns() - _PAST_NS, _SHOWN)
        rows = [row(one, self._places, told) for one in found]
        open_rows = [one for one in rows if one.is_open]
        past = [one for one in rows if not one.is_open]
        return self._sheets.page(request, "incidents.html", open=open_rows, past=past, more=len(past) >= _SHOWN)

    async def show(self, request: Request) -> Response:
        """``GET /incidents/{number}``."""
        number = request.path_params["number"]
        versions = (
            self._journal.versions(int(number))
            if number.isascii() and number.isdecimal() and len(number) < _DIGITS
            else []
        )
        if not versions:
            return self._sheets.page(request, "missing.html", 404, what="missing_incident")
        _, told = self._sheets.words(request)
        newest = versions[-1]
        said = await self._remarks.of(newest.number) if self._remarks is not None else []
        acknowledged = [one for one in said if one.kind == "acknowledged"]
        return self._sheets.page(
            request,
            "incident.html",
            one=row(newest, self._places, told),
            known=_dated(newest.known_ns, self._places),
            evidence=evidence(newest, self._places, told),
            sites=[(site, self._places.name(site), site in newest.still, self._first(site)) for site in newest.sites],
            folded=newest.folded_into,
            remarks=[(_dated(one.at_ns, self._places), one) for one in said],
            form_token=request.state.form_token if self._may_act(request) else "",
            acknowledged=bool(acknowledged),
            versions=[
                (one.version, self._sheets.moment(one.at_ns / _SECOND_NS), row(one, self._places, told), len(one.still))
                for one in reversed(versions[-50:])
            ],
        )

    async def act(self, request: Request) -> Response:
        """``POST /incidents/{number}`` with ``do=acknowledge``, or ``do=comment`` and ``text``; the gate asked who."""
        number, remarks = request.path_params["number"], self._remarks
        if not (
            number.isascii() and number.isdecimal() and len(number) < _DIGITS and self._journal.versions(int(number))
        ):
            return self._sheets.page(request, "missing.html", 404, what="missing_incident")
        if remarks is None:
            return self._sheets.note(request, "nobody_told", 409)
        form, person = request.state.form, request.state.person.name
        text = _CONTROL.sub("", form.get("text", "")).strip()[:_TEXT_LETTERS]
        try:
            if form.get("do") == "acknowledge":
                await remarks.acknowledge(int(number), person)
            elif form.get("do") == "comment" and text:
                await remarks.comment(int(number), person, text)
            else:
                return nothing_asked(request)
        except sqlite3.Error:
            return self._sheets.note(request, "cannot_store", 503)
        # Loading the page again must not do it again.
        return RedirectResponse(f"/incidents/{number}{self._sheets.suffix(request)}", 303)

    def _first(self, site: str) -> Contact | None:
        """Whom to call first."""
        known = self._sites.get(site)
        return known.contacts[0] if known is not None and known.contacts else None

    def _may_act(self, request: Request) -> bool:
        person = getattr(request.state, "person", None)
        return self._remarks is not None and person is not None and person.role.covers(Role.OPERATOR)
