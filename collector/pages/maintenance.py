"""``/maintenance``: windows now and to come, added and ended; which sites they strike is the calendar's to say."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.calendar.changes import end_now, next_name
from collector.calendar.maintenance import edited, load_windows
from collector.calendar.windows import Window, written
from collector.inventory.site import Inventory
from collector.pages.faults import beside, faults_in
from collector.pages.file_faults import file_fault_in, system_in
from collector.pages.naming import whole_name
from collector.pages.search import plain
from collector.pages.sheet import Sheets
from collector.pages.vocabulary import language_in
from collector.people.person import Role
from collector.people.refusals import nothing_asked
from shared.clock import Clock
from shared.settings import SettingsError

_YEAR_NS = 366 * 86_400_000_000_000
_LETTERS = 200
_PLACE = re.compile(r"windows\[\d+\](?:\.(?P<field>[\w.]+))?: (?P<what>.+)")
_FIELDS = {"from": "begin", "until": "until", "why": "why", "sites": "where", "hubs": "where", "providers": "where"}
"""Names of the inputs, by those of the file."""


@dataclass(frozen=True, slots=True)
class MaintenanceFile:
    """The file of windows and what it speaks of."""

    file: Path
    inventory: Inventory
    zone: ZoneInfo
    clock: Clock


class MaintenancePages:
    """Reads and rewrites the file; a running collector takes it up by itself."""

    def __init__(self, sheets: Sheets, kept: MaintenanceFile) -> None:
        self._sheets = sheets
        self._kept = kept

    async def show(self, request: Request) -> Response:
        """``GET /maintenance``."""
        return await self._page(request, [])

    async def act(self, request: Request) -> Response:
        """``POST /maintenance``: ``do=add`` with ``where``, ``begin``, ``until``, ``why``; ``do=end`` with ``id``."""
        form, person = request.state.form, request.state.person.name
        deed = {"add": self._add, "end": self._end}.get(form.get("do", ""))
        if deed is None:
            return nothing_asked(request)
        try:
            name, words = await asyncio.to_thread(deed, form, person)
        except (SettingsError, ValueError) as error:
            lines = list(error.problems) if isinstance(error, SettingsError) else [str(error)]
            return await self._page(request, lines)
        except OSError as error:
            language = language_in(self._sheets.language(request))
            unwritten = system_in(language, (error.strerror or str(error)).lower())
            return await self._page(request, [], unwritten=unwritten)
        await request.state.audit(person, f"maintenance-{form['do']}", name, words)
        return RedirectResponse(f"/maintenance{self._sheets.suffix(request)}", 303)

    def _add(self, form: dict[str, str], person: str) -> tuple[str, str]:
        kept = self._kept
        begins = _moment(form.get("begin", "")) or written(kept.clock.wall_ns(), kept.zone)
        place, where = self._place(form.get("where", "").strip()[:_LETTERS])
        with edited(kept.file, kept.inventory, kept.zone) as windows:
            window = Window(
                id=next_name(windows, begins),
                begins=begins,
                ends=_moment(form.get("until", "")),
                sites=(where,) if place == "sites" else (),
                hubs=(where,) if place == "hubs" else (),
                providers=(where,) if place == "providers" else (),
                who=person,
                why=form.get("why", "").strip()[:_LETTERS],
            )
            windows.append(window)
        return window.id, window.why

    def _place(self, where: str) -> tuple[str, str]:
        """What a word of the form is: a hub, a provider, or else a site by its id, or by a name that only one has."""
        sites = self._kept.inventory.sites
        if where in {site.hub for site in sites} - {""}:
            return "hubs", where
        if where in {site.provider for site in sites} - {""}:
            return "providers", where
        named = [
            site.id for site in sites if plain(where) in {plain(site.id), plain(site.name), plain(whole_name(site))}
        ]
        return "sites", named[0] if len(named) == 1 else where

    def _end(self, form: dict[str, str], _: str) -> tuple[str, str]:
        kept = self._kept
        with edited(kept.file, kept.inventory, kept.zone) as windows:
            words = end_now(windows, form.get("id", ""), kept.zone, kept.clock.wall_ns())
        return form.get("id", ""), words

    async def _page(self, request: Request, problems: list[str], unwritten: str = "") -> Response:
        kept, now_ns = self._kept, self._kept.clock.wall_ns()
        try:
            known = await asyncio.to_thread(load_windows, kept.file, kept.inventory, kept.zone)
        except SettingsError as error:
            language = language_in(self._sheets.language(request))
            content = self._nothing(request, []) | {
                "broken": [file_fault_in(language, line) for line in error.problems]
            }
            return self._sheets.page(request, "maintenance.html", 409, scripts=True, **content)
        ahead = {window.id: span for window, span in reversed(known.occurrences(now_ns, now_ns + _YEAR_NS))}
        names = {site.id: site.name for site in kept.inventory.sites}
        rows = [
            (window, ahead[window.id].from_ns <= now_ns, [(site, names[site]) for site in known.sites_of(window)])
            for window in known.windows
            if window.id in ahead
        ]
        content = self._nothing(request, problems) | {"rows": rows, "unwritten": unwritten}
        status = 409 if problems or unwritten else 200
        return self._sheets.page(request, "maintenance.html", status, scripts=True, **content)

    def _nothing(self, request: Request, problems: list[str]) -> dict[str, Any]:
        person, sites = getattr(request.state, "person", None), self._kept.inventory.sites
        shared = {site.hub for site in sites} | {site.provider for site in sites}
        language, form = language_in(self._sheets.language(request)), getattr(request.state, "form", {})
        own, rest = beside(map(_of_field, problems), _FIELDS.values())
        return {
            "beside": dict(zip(own, faults_in(language, own.values()), strict=True)),
            "problems": faults_in(language, rest),
            "broken": (),
            "unwritten": "",
            "rows": [],
            "said": form,
            "choices": [*((one, "") for one in sorted(shared - {""})), *((one.id, whole_name(one)) for one in sites)],
            "zone": self._kept.zone.key,
            "day_first": _day_first,
            "edits": person is not None and person.role.covers(Role.OPERATOR),
            "form_token": getattr(request.state, "form_token", ""),
        }


def _moment(text: str) -> str:
    """As the file has it; a browser writes a T between day and hour, and seconds where it knows them."""
    return text.strip().replace("T", " ")[:16]


def _day_first(text: str) -> str:
    """``2026-12-01 02:00`` of the file as all pages write it: ``01/12/2026 02:00``."""
    day, _, hour = text.partition(" ")
    return f"{'/'.join(reversed(day.split('-')))} {hour}".strip()


def _of_field(line: str) -> str:
    """``windows[3].until: must …`` as the name of the input and what is wrong."""
    found = _PLACE.fullmatch(line)
    if found is None:
        return line
    return f"{_FIELDS[found['field']]} {found['what']}" if found["field"] in _FIELDS else found["what"]
