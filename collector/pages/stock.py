"""``/inventory``: what IT staff edit, the spreadsheet in and out, history, undo; the rules are the inventory's."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.inventory.change import RefusedError, admitted
from collector.inventory.edit import Edit
from collector.inventory.sheet_text import sheet_text
from collector.inventory.site import Inventory, Site
from collector.inventory.versions import Deed, Version, Versions, open_versions
from collector.language import Language
from collector.pages.deeds import DEEDS, LOGGED, number_in
from collector.pages.faults import beside, faults_in
from collector.pages.preview import Preview, preview
from collector.pages.search import found, plain
from collector.pages.sheet import Sheets
from collector.pages.site_form import Field, Part, parts, plain_fields, site_of, suggestions
from collector.pages.vocabulary import language_in
from collector.people.person import Role
from collector.people.refusals import nothing_asked
from shared.clock import Clock

_SECOND_NS = 1_000_000_000
_HISTORY = 30
_NEW = "new"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stock:
    """Where the versions are. A running collector sees by itself that there is a newer one."""

    versions: Path
    file: str
    """The file that is the inventory, where the settings name one: then nothing can be edited here."""
    clock: Clock


class StockPages:
    """``/inventory``, ``/inventory/{site}``, ``/inventory.csv``."""

    def __init__(self, sheets: Sheets, stock: Stock) -> None:
        self._sheets = sheets
        self._stock = stock

    async def every(self, request: Request) -> Response:
        """``GET /inventory?q=``."""
        return await self._list(request)

    async def one(self, request: Request) -> Response:
        """``GET /inventory/{site}``; ``new`` is an empty form."""
        number, inventory = await self._read(lambda versions: (versions.newest, versions.inventory()))
        identifier = request.path_params["site"]
        site = Site(id="", name="") if identifier == _NEW else inventory.by_id().get(identifier)
        if site is None:
            return self._sheets.page(request, "missing.html", 404, what="missing_site")
        return await self._form(request, site, number)

    async def sheet(self, request: Request) -> Response:
        """``GET /inventory.csv?separator=;``."""
        separator = ";" if request.query_params.get("separator") == ";" else ","
        inventory = await self._read(lambda versions: versions.inventory())
        headers = {"Content-Disposition": 'attachment; filename="sites.csv"', "Cache-Control": "no-store"}
        return Response(sheet_text(inventory, separator), media_type="text/csv; charset=utf-8", headers=headers)

    async def save(self, request: Request) -> Response:
        """``POST /inventory/{site}``: the whole form, with the version that its author saw."""
        form, identifier = request.state.form, request.path_params["site"]
        expected = number_in(form.get("version", ""))
        inventory = await self._read(lambda versions: versions.inventory())
        name = form.get("id", "").strip() if identifier == _NEW else identifier
        found = site_of(name, form, inventory)
        known = inventory.by_id().get(name)
        if identifier == _NEW and known is not None:
            found = [f"id '{name}' is taken"]
        if isinstance(found, list):
            shown = Site(id=name, name="") if known is None or identifier == _NEW else known
            return await self._form(request, shown, expected, found)
        edit = Edit(expected=expected, who=request.state.person.name, why=form.get("why", ""), put=(found,))
        try:
            await self._change(request, "inventory-edit", found.id, lambda versions: self._applied(versions, edit))
        except RefusedError as error:
            return await self._form(request, known or found, expected, error.problems)
        return RedirectResponse(f"/inventory{self._sheets.suffix(request)}", 303)

    async def act(self, request: Request) -> Response:
        """``POST /inventory``: ``do=import`` (``sheet``), ``do=undo`` (``number``) or ``do=remove`` (``site``).

        What it would do is shown first, and done with ``taken=yes`` (and ``sure=yes`` where many sites would go).
        """
        form = request.state.form
        action = form.get("do", "")
        if action not in DEEDS:
            return nothing_asked(request)
        try:
            self._demand_versions()
            if form.get("taken") != "yes":
                return self._ask(request, await self._read(lambda versions: _looked(form, versions)))
            subject = form.get("site", "") or form.get("number", "")
            await self._change(request, LOGGED[action], subject, lambda versions: self._done(request, versions))
        except RefusedError as error:
            return await self._list(request, error.problems)
        return RedirectResponse(f"/inventory{self._sheets.suffix(request)}", 303)

    def _done(self, request: Request, versions: Versions) -> str:
        form = request.state.form
        action, number = form["do"], form.get("number", "")
        deed = self._deed(request, "edit" if action == "remove" else action, number if action == "undo" else "")
        after = DEEDS[action](form, versions)
        expected = number_in(form.get("version", ""))
        return versions.accept(after, deed, expected=expected, sure=form.get("sure") == "yes")[1].words

    def _ask(self, request: Request, found: tuple[int, Preview]) -> Response:
        version, shown = found
        form, (words, _) = request.state.form, self._sheets.words(request)
        heading = words["remove" if form["do"] == "remove" else f"whole {form['do']}"]
        return self._sheets.page(
            request, "ask.html", heading=heading, found=shown, said=form, version=version, **self._rights(request)
        )

    def _applied(self, versions: Versions, edit: Edit) -> str:
        return versions.apply(edit, self._stock.clock.wall_ns())[1].words

    def _deed(self, request: Request, deed: str, why: str = "") -> Deed:
        return Deed(at_wall_ns=self._stock.clock.wall_ns(), who=request.state.person.name, deed=deed, why=why)

    def _demand_versions(self) -> None:
        if self._stock.file:
            raise RefusedError([f"{self._stock.file} is the inventory: change that file"])

    async def _change(self, request: Request, action: str, subject: str, change: Callable[[Versions], str]) -> None:
        """Do it and log it; raises :class:`RefusedError`."""
        self._demand_versions()
        words = await self._read(change)
        await request.state.audit(request.state.person.name, action, subject, words)

    async def _read(self, ask: Callable[[Versions], T]) -> T:
        def asked() -> T:
            with open_versions(self._stock.versions) as versions:
                return ask(versions)

        return await asyncio.to_thread(asked)

    async def _list(self, request: Request, problems: Sequence[str] = ()) -> Response:
        def ask(versions: Versions) -> tuple[int, Inventory, list[Version]]:
            return versions.newest, versions.inventory(), versions.history(_HISTORY)

        number, inventory, history = await self._read(ask)
        query = request.query_params.get("q", "")[:100]
        return self._sheets.page(
            request,
            "inventory.html",
            409 if problems else 200,
            scripts=True,
            sites=found(query, inventory.sites, _words),
            every=len(inventory.sites),
            version=number,
            history=self._dated(history),
            problems=faults_in(self._language(request), problems),
            typed=getattr(request.state, "form", {}).get("sheet", "") if problems else "",
            query=query,
            file=self._stock.file,
            **self._rights(request),
        )

    async def _form(self, request: Request, site: Site, number: int, problems: Sequence[str] = ()) -> Response:
        def ask(versions: Versions) -> tuple[Inventory, list[Version]]:
            return versions.inventory(), versions.history(_HISTORY, site.id) if site.id else []

        inventory, history = await self._read(ask)
        fields, groups, language = plain_fields(site), parts(site), self._language(request)
        said = request.state.form if problems else {}
        own, rest = beside(problems, ["id", *(one.name for one in (*fields, *_each(groups)))])
        return self._sheets.page(
            request,
            "site_form.html",
            409 if problems else 200,
            site=site,
            fresh=request.path_params["site"] == _NEW,
            version=number,
            fields=fields,
            parts=groups,
            said=said,
            touched=[name for name, value in said.items() if value],
            beside=dict(zip(own, faults_in(language, own.values()), strict=True)),
            problems=faults_in(language, rest),
            lists=suggestions(inventory),
            history=self._dated(history),
            file=self._stock.file,
            **self._rights(request),
        )

    def _language(self, request: Request) -> Language:
        return language_in(self._sheets.language(request))

    def _dated(self, history: list[Version]) -> list[tuple[Version, str]]:
        return [(one, self._sheets.moment(one.at_wall_ns / _SECOND_NS)) for one in history]

    def _rights(self, request: Request) -> dict[str, Any]:
        person = getattr(request.state, "person", None)
        role = None if person is None or self._stock.file else person.role
        return {
            "edits": role is not None and role.covers(Role.OPERATOR),
            "rules": role is not None and role.covers(Role.ADMIN),
            "form_token": getattr(request.state, "form_token", ""),
        }


def _looked(form: dict[str, str], versions: Versions) -> tuple[int, Preview]:
    """The version that was looked at, and what would become of it."""
    before, after = versions.inventory(), DEEDS[form["do"]](form, versions)
    admitted(before, after, sure=True)
    return versions.newest, preview(before, after)


def _each(groups: tuple[Part, ...]) -> list[Field]:
    return [field for part in groups for field in part.fields]


def _words(site: Site) -> str:
    people = " ".join(f"{one.name} {one.telephone}" for one in site.contacts)
    lines = " ".join(f"{one.provider} {one.contract}" for one in site.links)
    return plain(f"{site.id} {site.code} {site.name} {site.district} {site.hub} {people} {lines}")
