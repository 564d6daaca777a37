"""The inventory from the spreadsheet's CSV; a mistake is told with its line, and nothing comes from a wrong file."""

import csv
import io
import itertools
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from collector.inventory.columns import columns_of
from collector.inventory.order import arranged, repeated
from collector.inventory.rules import tidied_hub, unsafe
from collector.inventory.sheet_rows import SheetReader
from collector.inventory.site import Hub, Inventory, Site
from collector.inventory.topology import mistakes
from shared.settings import SettingsError

_MAX_BYTES = 16 * 1024 * 1024
_MOST_ROWS = 20_000
_MOST_COLUMNS = 500
_MOST_TOLD = 50
"""Lines about one file; whoever mends them sees the rest next time."""
_SEPARATORS = (",", ";", "\t", "|")
_SEP = re.compile(r'"?sep=(.)"?\r?(?:\n|$)', re.IGNORECASE)
_HUBS = ("hub", "parent")


def read_csv(path: Path, before: Inventory | None = None, hubs: Sequence[Hub] | None = None) -> Inventory:
    """All sites of a file; raises :class:`shared.settings.SettingsError` with a line for each thing to mend.

    What no column speaks of stays as it was ``before``; so do the hubs, where none are given.
    """
    before = before or Inventory()
    rows = _rows(path)
    (first, head), body = rows[0], rows[1:]
    columns, wrong = columns_of(head)
    if wrong:
        raise SettingsError([f"{path}:{first}: {what}" for what in wrong])
    reader = SheetReader(head, columns, before)
    sites: list[Site] = []
    problems: list[str] = []
    for line, row in body:
        found = reader.site(row)
        if isinstance(found, Site):
            sites.append(found)
        else:
            problems += [f"{path}:{line}: {what}" for what in found]
    if not problems:
        problems += [
            f"{path}:{body[place][0]}: site '{identifier}' stands twice, first in line {body[number][0]}"
            for place, identifier, number in repeated([site.id for site in sites])
        ]
    if not problems and not sites:
        problems.append(f"{path}:{first}: the file has headings but no sites")
    known = before.hubs if hubs is None else tuple(hubs)
    if not problems:
        problems += [f"{path}: hubs: {what}" for _, what in mistakes(known, {site.hub for site in sites})]
    if problems:
        more = [f"{path}: and {len(problems) - _MOST_TOLD} more"] if len(problems) > _MOST_TOLD else []
        raise SettingsError([*problems[:_MOST_TOLD], *more])
    return Inventory(arranged(sites).sites, known)


def read_hubs(path: Path) -> tuple[Hub, ...]:
    """The tree of hubs from a CSV with the columns ``hub`` and ``parent``; raises :class:`SettingsError`."""
    rows = _rows(path)
    line, head = rows[0]
    names = [cell.strip().casefold() for cell in head]
    if names != list(_HUBS):
        raise SettingsError([f"{path}:{line}: wanted the columns {','.join(_HUBS)}"])
    hubs: list[Hub] = []
    problems: list[str] = []
    for number, row in rows[1:]:
        hub = tidied_hub(Hub(name=row[0], parent=row[1] if len(row) > 1 else ""))
        problems += [f"{path}:{number}: hub {why}" for text in (hub.name, hub.parent) if (why := unsafe(text))]
        hubs.append(hub)
    if problems:
        raise SettingsError(problems)
    return tuple(hubs)


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Rows that are not empty, each with its line; the first is that of the headings."""
    text = _text(path)
    named = _SEP.match(text)
    if named is not None and named[1] not in _SEPARATORS:
        raise SettingsError([f"{path}:1: 'sep={named[1]}' is no separator: , ; | or a tab are"])
    body = text[named.end() :] if named is not None else text
    skipped = 0 if named is None else 1
    reader = csv.reader(io.StringIO(body), delimiter=named[1] if named is not None else _delimiter(body), strict=True)
    filled = ((reader.line_num + skipped, row) for row in reader if any(cell.strip() for cell in row))
    try:
        rows = list(itertools.islice(filled, _MOST_ROWS + 1))
    except csv.Error as error:
        raise SettingsError([f"{path}:{reader.line_num + skipped}: not valid CSV: {error}"]) from None
    if not rows:
        raise SettingsError([f"{path}:{1 + skipped}: the file is empty"])
    if len(rows) > _MOST_ROWS:
        raise SettingsError([f"{path}: more than {_MOST_ROWS} rows are over the limit"])
    if len(rows[0][1]) > _MOST_COLUMNS:
        raise SettingsError([f"{path}:{rows[0][0]}: {len(rows[0][1])} columns are over the limit of {_MOST_COLUMNS}"])
    return rows


def _text(path: Path) -> str:
    try:
        if stat.S_IFMT(path.stat().st_mode) not in (stat.S_IFREG, stat.S_IFDIR):
            raise SettingsError([f"{path}: is not a regular file"])
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
        if len(raw) > _MAX_BYTES:
            raise SettingsError([f"{path}: more than {_MAX_BYTES} bytes is over the limit"])
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise SettingsError([f"{path}: {(error.strerror or str(error)).lower()}"]) from None
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path}: is not UTF-8 (byte {error.start}): save the sheet as 'CSV UTF-8'"]) from None


def _delimiter(text: str) -> str:
    first = text.lstrip("\r\n").partition("\n")[0]
    return max((",", ";", "\t"), key=first.count)
