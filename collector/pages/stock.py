"""``/inventory``: what IT staff edit, the spreadsheet in and out, history, undo; the rules are the inventory's."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.inventory.change import DrasticError, RefusedError
from collector.inventory.csv_file import read_csv
from collector.inventory.edit import Edit
from collector.inventory.rules import ROLES
from collector.inventory.sheet_text import sheet_text
from collector.inventory.site import Inventory, Site
from collector.inventory.versions import Deed, Version, Versions, open_versions
from collector.pages.search import plain
from collector.pages.sheet import Sheets
from collector.pages.site_form import parts, plain_fields, site_of
from collector.people.person import Role
from shared.clock import Clock
from shared.settings import SettingsError

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
            return self._sheets.page(request, "missing.html", 404)
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
        expected = _number(form.get("version", ""))
        inventory = await self._read(lambda versions: versions.inventory())
        name = form.get("id", "").strip() if identifier == _NEW else identifier
        found = site_of(name, form, inventory)
        known = inventory.by_id().get(name)
        if identifier == _NEW and known is not None:
            found = [f"id '{name}' is taken"]
        if isinstance(found, list):
            return await self._form(request, known or Site(id=name, name=""), expected, found, form)
        edit = Edit(expected=expected, who=request.state.person.name, why=form.get("why", ""), put=(found,))
        try:
            await self._change(request, "inventory-edit", found.id, lambda versions: self._applied(versions, edit))
        except RefusedError as error:
            return await self._form(request, known or found, expected, list(error.problems), form)
        return RedirectResponse(f"/inventory{self._sheets.suffix(request)}", 303)

    async def act(self, request: Request) -> Response:
        """``POST /inventory``: ``do=import`` (``sheet``), ``do=undo`` (``number``) or ``do=remove`` (``site``)."""
        form = request.state.form
        deeds = {"import": self._import, "undo": self._undo, "remove": self._remove}
        deed = deeds.get(form.get("do", ""))
        if deed is None:
            return Response("nothing to do\n", 400, media_type="text/plain")
        try:
            await deed(request)
        except DrasticError as error:
            return await self._list(request, list(error.problems), sure=True)
        except (RefusedError, SettingsError) as error:
            return await self._list(request, list(error.problems))
        return RedirectResponse(f"/inventory{self._sheets.suffix(request)}", 303)

    async def _import(self, request: Request) -> None:
        form = request.state.form
        expected, text = _number(form.get("version", "")), form.get("sheet", "")

        def change(versions: Versions) -> str:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "sites.csv"
                path.write_text(text, encoding="utf-8", newline="")
                try:
                    after = read_csv(path, versions.inventory())
                except SettingsError as error:
                    raise RefusedError([line.removeprefix(f"{folder}/") for line in error.problems]) from None
            return versions.accept(after, self._deed(request, "import"), expected=expected, sure=self._sure(form))[
                1
            ].words

        await self._change(request, "sites-import", "", change)

    async def _undo(self, request: Request) -> None:
        form = request.state.form
        number, expected = _number(form.get("number", "")), _number(form.get("version", ""))

        def change(versions: Versions) -> str:
            deed = self._deed(request, "undo", str(number))
            return versions.undo(number, deed, expected=expected, sure=self._sure(form))[1].words

        await self._change(request, "inventory-undo", str(number), change)

    async def _remove(self, request: Request) -> None:
        form = request.state.form
        site, expected = form.get("site", ""), _number(form.get("version", ""))
        edit = Edit(expected=expected, who=request.state.person.name, remove=(site,), sure=self._sure(form))
        await self._change(request, "inventory-remove", site, lambda versions: self._applied(versions, edit))

    def _applied(self, versions: Versions, edit: Edit) -> str:
        return versions.apply(edit, self._stock.clock.wall_ns())[1].words

    def _deed(self, request: Request, deed: str, why: str = "") -> Deed:
        return Deed(at_wall_ns=self._stock.clock.wall_ns(), who=request.state.person.name, deed=deed, why=why)

    @staticmethod
    def _sure(form: dict[str, str]) -> bool:
        return form.get("sure") == "yes"

    async def _change(self, request: Request, action: str, subject: str, change: Callable[[Versions], str]) -> None:
        """Do it and log it; raises :class:`RefusedError`."""
        if self._stock.file:
            raise RefusedError([f"{self._stock.file} is the inventory: change that file"])
        words = await self._read(change)
        await request.state.audit(request.state.person.name, action, subject, words)

    async def _read(self, ask: Callable[[Versions], T]) -> T:
        def asked() -> T:
            with open_versions(self._stock.versions) as versions:
                return ask(versions)

        return await asyncio.to_thread(asked)

    async def _list(self, request: Request, problems: list[str] | None = None, *, sure: bool = False) -> Response:
        def ask(versions: Versions) -> tuple[int, Inventory, list[Version]]:
            return versions.newest, versions.inventory(), versions.history(_HISTORY)

        number, inventory, history = await self._read(ask)
        wanted = plain(request.query_params.get("q", "")[:100]).split()
        shown = [site for site in inventory.sites if all(word in _words(site) for word in wanted)]
        moment = self._sheets.moment
        return self._sheets.page(
            request,
            "inventory.html",
            409 if problems else 200,
            scripts=True,
            sites=shown,
            every=len(inventory.sites),
            version=number,
            history=[(one, moment(one.at_wall_ns / _SECOND_NS)) for one in history],
            problems=problems or [],
            sure=sure,
            said=getattr(request.state, "form", {}) if sure else {},
            query=request.query_params.get("q", "")[:100],
            file=self._stock.file,
            **self._rights(request),
        )

    async def _form(
        self,
        request: Request,
        site: Site,
        number: int,
        problems: list[str] | None = None,
        said: dict[str, str] | None = None,
    ) -> Response:
        history = await self._read(lambda versions: versions.history(_HISTORY, site.id) if site.id else [])
        return self._sheets.page(
            request,
            "site_form.html",
            409 if problems else 200,
            site=site,
            fresh=request.path_params["site"] == _NEW,
            version=number,
            roles=ROLES,
            fields=plain_fields(site),
            parts=parts(site),
            said=said or {},
            problems=problems or [],
            history=[(one, self._sheets.moment(one.at_wall_ns / _SECOND_NS)) for one in history],
            file=self._stock.file,
            **self._rights(request),
        )

    def _rights(self, request: Request) -> dict[str, Any]:
        person = getattr(request.state, "person", None)
        role = None if person is None or self._stock.file else person.role
        return {
            "edits": role is not None and role.covers(Role.OPERATOR),
            "rules": role is not None and role.covers(Role.ADMIN),
            "form_token": getattr(request.state, "form_token", ""),
        }


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


def _words(site: Site) -> str:
    people = " ".join(f"{one.name} {one.telephone}" for one in site.contacts)
    lines = " ".join(f"{one.provider} {one.contract}" for one in site.links)
    return plain(f"{site.id} {site.code} {site.name} {site.district} {site.hub} {people} {lines}")
