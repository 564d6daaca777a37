"""``/reports``: availability of every link in a month, the contracts, and the outages behind the figures."""

import asyncio
import math
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.availability.account import OWNERS, Interval, Outage, Owner
from collector.availability.period import month, month_of, neighbours
from collector.availability.reading import read_history
from collector.availability.report import Line, Promise, Report, make_report, only
from collector.availability.sheet import LINE_COLUMNS, OUTAGE_COLUMNS, csv_text, line_rows, outage_rows
from collector.inventory.site import Inventory
from collector.journal.journal import Journal
from collector.language import figures
from collector.notify.text import lasted
from collector.notify.words import Words
from collector.pages.sheet import Sheets
from shared.clock import Clock

_SECOND_NS = 1_000_000_000
_KEPT_NS = 60 * _SECOND_NS
_KEPT_REPORTS = 4
_SHOWN = 500
_FIRST_MONTH = "2000-01"
"""Who goes back month by month finds an end."""
_ORDER = (Promise.BROKEN, Promise.OPEN, Promise.KEPT, Promise.NONE)


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line in the table, in words."""

    promise: str
    site: str
    name: str
    link: str
    provider: str
    contract: str
    agreed: str
    contracted: str
    availability: str
    theirs: str
    others: str
    open: str
    unknown: str
    outages: str
    longest: str


@dataclass(frozen=True, slots=True)
class OutageRow:
    """One outage in the table, in words."""

    link: str
    began: str
    ended: str
    lasted: str
    cause: str
    confidence: str
    owner: str
    incident: int | None


class ReportPages:
    """``/reports``, ``/reports/{month}``, ``/reports/{month}/lines.csv`` and ``/reports/{month}/outages.csv``."""

    def __init__(
        self,
        sheets: Sheets,
        inventory: Inventory,
        journal: Callable[[], AbstractContextManager[Journal]],
        clock: Clock,
    ) -> None:
        """``journal`` opens one to be read, in a thread of its own: a month of many sites takes a while."""
        self._sheets = sheets
        self._inventory = inventory
        self._journal = journal
        self._clock = clock
        self._made: dict[str, tuple[int, Report]] = {}
        self._making = asyncio.Lock()

    async def newest(self, request: Request) -> Response:
        """``GET /reports``: the present month."""
        present = month_of(self._clock.wall_ns(), self._sheets.zone)
        return RedirectResponse(f"/reports/{present}{self._sheets.suffix(request)}", 303)

    async def show(self, request: Request) -> Response:
        """``GET /reports/{month}?provider=NAME&site=ID``."""
        made = await self._report(request)
        if isinstance(made, Response):
            return made
        _, told = self._sheets.words(request)
        provider, site = (request.query_params.get(name, "")[:100] for name in ("provider", "site"))
        chosen = only(made, provider, site)
        lines = sorted(chosen.lines, key=lambda line: _ORDER.index(line.promise))
        before, after = neighbours(made.period.name)
        before = before if before >= _FIRST_MONTH else ""
        return self._sheets.page(
            request,
            "report.html",
            period=made.period,
            watched=_percent(f"{100 * made.watched_ratio:.2f}", told),
            until="" if made.period.finished else self._sheets.moment(made.period.until_ns / _SECOND_NS),
            before=before,
            after="" if not made.period.finished else after,
            chosen=(provider, site),
            sums=[(one, _share(one.contracted, told), _share(one.availability, told)) for one in made.sums],
            promises=_ORDER,
            rows=[_line_row(line, told) for line in lines[:_SHOWN]],
            more=len(lines) > _SHOWN,
            outages=[self._outage_row(line, outage, told) for line in lines for outage in _outages(line)]
            if site
            else [],
            hours=lambda nanoseconds: _hours(nanoseconds, told),
        )

    async def lines(self, request: Request) -> Response:
        """``GET /reports/{month}/lines.csv?provider=NAME&separator=;``."""
        return await self._csv(request, "lines")

    async def outages(self, request: Request) -> Response:
        """``GET /reports/{month}/outages.csv``."""
        return await self._csv(request, "outages")

    async def _csv(self, request: Request, kind: str) -> Response:
        made = await self._report(request)
        if isinstance(made, Response):
            return made
        chosen = only(made, *(request.query_params.get(name, "")[:100] for name in ("provider", "site")))
        separator = ";" if request.query_params.get("separator") == ";" else ","
        columns, rows = (LINE_COLUMNS, line_rows) if kind == "lines" else (OUTAGE_COLUMNS, outage_rows)
        text = await asyncio.to_thread(csv_text, columns, rows(chosen, self._sheets.zone), separator)
        name = f"phusong-{kind}-{made.period.name}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    async def _report(self, request: Request) -> Report | Response:
        now_ns = self._clock.wall_ns()
        try:
            period = month(request.path_params["month"], self._sheets.zone, now_ns)
        except ValueError:
            return self._sheets.page(request, "missing.html", 404, what="missing")
        async with self._making:
            known = self._made.get(period.name)
            if known is not None and 0 <= now_ns - known[0] < _KEPT_NS:
                return known[1]

            def make() -> Report:
                with self._journal() as journal:
                    return make_report(self._inventory, read_history(journal, period))

            try:
                made = await asyncio.to_thread(make)
            except sqlite3.Error:
                return self._sheets.note(request, "cannot_read", 503)
            while len(self._made) >= _KEPT_REPORTS:
                del self._made[next(iter(self._made))]
            self._made[period.name] = now_ns, made
            return made

    def _outage_row(self, line: Line, outage: Outage, told: Words) -> OutageRow:
        return OutageRow(
            link=line.link.name if line.link is not None else "",
            began=self._sheets.moment(outage.from_ns / _SECOND_NS),
            ended=self._sheets.moment(outage.until_ns / _SECOND_NS),
            lasted=_hours(outage.lasts_ns, told),
            cause=told.causes[outage.cause],
            confidence=told.confidences[outage.confidence] if outage.incident is not None else "",
            owner=f"owner {OWNERS[outage.cause]}",
            incident=outage.incident,
        )


def _outages(line: Line) -> tuple[Outage, ...]:
    return line.account.outages if line.account is not None else ()


def _line_row(line: Line, told: Words) -> LineRow:
    link, found = line.link, line.account
    return LineRow(
        promise=line.promise.value,
        site=line.site.id,
        name=line.site.name,
        link=link.name if link is not None else "",
        provider=line.provider,
        contract=link.contract if link is not None else "",
        agreed=_percent(f"{100 * link.agreed_availability_ratio:g}", told)
        if link is not None and link.agreed_availability_ratio
        else "",
        contracted=_share(found.contracted(), told) if found is not None else "",
        availability=_share(found.availability(), told) if found is not None else "",
        theirs=_hours(found.down_of(Owner.PROVIDER), told) if found is not None else "",
        others=_hours(found.down_of(Owner.OTHERS), told) if found is not None else "",
        open=_hours(found.down_of(Owner.OPEN), told) if found is not None else "",
        unknown=_hours(found.unknown_ns, told) if found is not None else "",
        outages=str(len(found.outages)) if found is not None else "",
        longest=_hours(max((one.lasts_ns for one in found.outages), default=0), told) if found is not None else "",
    )


def _share(share: Interval | None, told: Words) -> str:
    """Rounded so that it never flatters: the least down, the most up."""
    if share is None:
        return "–"
    # A sum of shares is off by its last binary digit, and a thousandth is not owed for that.
    least, most = (round(each * 1e5, 6) for each in (share.least, share.most))
    least, most = math.floor(least) / 1e3, math.ceil(most) / 1e3
    return _percent(f"{least:.3f}" if most - least < 0.0015 else f"{least:.3f}–{most:.3f}", told)


def _percent(number: str, told: Words) -> str:
    return f"{figures(told.tag, number)} %"


def _hours(nanoseconds: int, told: Words) -> str:
    seconds = nanoseconds // _SECOND_NS
    if seconds == 0:
        return "0"
    return lasted(seconds, told) if seconds >= 60 else f"< 1 {told['minute']}"
