"""The inventory from the spreadsheet's CSV; a mistake is told with its line, and nothing comes from a wrong file."""

import csv
import difflib
import io
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from collector.inventory.order import arranged, repeated
from collector.inventory.site import Inventory, Site
from shared.settings import SettingsError

_MAX_BYTES = 16 * 1024 * 1024
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "site", "mã điểm"),
    "code": ("code", "mã", "mã xã", "mã đvhc"),
    "name": ("name", "tên", "tên xã", "xã"),
    "kind": ("kind", "type", "loại", "cấp"),
    "district_code": ("district_code", "mã huyện"),
    "district": ("district", "huyện", "tên huyện"),
    "hub": ("hub", "trạm", "điểm tập trung"),
    "latitude": ("latitude", "lat", "vĩ độ"),
    "longitude": ("longitude", "lon", "lng", "long", "kinh độ"),
}
"""Fields of a site and the headings under which a spreadsheet may hold them."""
_REQUIRED = ("code", "name")


def read_csv(path: Path) -> Inventory:
    """All sites of a file; raises :class:`shared.settings.SettingsError` with a line for each thing to mend."""
    reader = csv.reader(io.StringIO(_text(path)), delimiter=_delimiter(_text(path)), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise SettingsError([f"{path}:{reader.line_num}: not valid CSV: {error}"]) from None
    if not rows:
        raise SettingsError([f"{path}:1: the file is empty"])
    fields = _heading(path, rows[0][1])
    problems: list[str] = []
    sites = [site for line, row in rows[1:] if (site := _site(path, line, fields, row, problems)) is not None]
    lines = [line for line, _ in rows[1:]]
    if not problems:
        problems += [
            f"{path}:{lines[place]}: site '{identifier}' stands twice, first in line {lines[first]}"
            for place, identifier, first in repeated([site.id for site in sites])
        ]
    if not problems and not sites:
        problems.append(f"{path}:1: the file has headings but no sites")
    if problems:
        raise SettingsError(problems)
    return arranged(sites)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        if len(raw) > _MAX_BYTES:
            raise SettingsError([f"{path}: {len(raw)} bytes is over the limit of {_MAX_BYTES}"])
        return unicodedata.normalize("NFC", raw.decode("utf-8-sig"))
    except OSError as error:
        raise SettingsError([f"{path}: {(error.strerror or str(error)).lower()}"]) from None
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path}: is not UTF-8 (byte {error.start}): save the sheet as 'CSV UTF-8'"]) from None


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max((",", ";", "\t"), key=first.count)


def _heading(path: Path, cells: list[str]) -> list[str | None]:
    fields = [_field(cell) for cell in cells]
    for number, field in enumerate(fields):
        if field is not None and field in fields[:number]:
            raise SettingsError([f"{path}:1: column '{cells[number].strip()}' means '{field}', which is there already"])
    missing = [name for name in _REQUIRED if name not in fields]
    if missing:
        raise SettingsError([f"{path}:1: no column '{name}'{_hint(name, cells)}" for name in missing])
    return fields


def _field(cell: str) -> str | None:
    word = " ".join(cell.strip().lower().split())
    return next((field for field, words in COLUMNS.items() if word in words), None)


def _hint(name: str, cells: list[str]) -> str:
    near = difflib.get_close_matches(name, [cell.strip().lower() for cell in cells], n=1)
    return f", did you mean it by '{near[0]}'?" if near else f"; the columns are {', '.join(cells)[:200]}"


def _site(path: Path, line: int, fields: list[str | None], row: list[str], problems: list[str]) -> Site | None:
    if any(cell.strip() for cell in row[len(fields) :]):
        problems.append(f"{path}:{line}: {len(row)} cells under {len(fields)} headings")
        return None
    cells = {field: cell.strip() for field, cell in zip(fields, row, strict=False) if field is not None}
    found = list(_problems(cells))
    problems += [f"{path}:{line}: {what}" for what in found]
    if found:
        return None
    return Site(
        id=cells.get("id") or cells["code"],
        name=cells["name"],
        code=cells["code"],
        kind=cells.get("kind", ""),
        district_code=cells.get("district_code", ""),
        district=cells.get("district", ""),
        hub=cells.get("hub", ""),
        latitude=_degrees(cells.get("latitude", "")),
        longitude=_degrees(cells.get("longitude", "")),
    )


def _problems(cells: Mapping[str, str]) -> Iterator[str]:
    for name in _REQUIRED:
        if not cells.get(name):
            yield f"{name} is empty"
    for name, limit in (("latitude", 90.0), ("longitude", 180.0)):
        text = cells.get(name, "")
        try:
            degrees = _degrees(text)
        except ValueError:
            yield f"{name} '{text[:40]}' is no number"
            continue
        if degrees is not None and not abs(degrees) <= limit:
            yield f"{name} {text[:40]} is outside of -{limit:g} to {limit:g}"


def _degrees(text: str) -> float | None:
    return float(text.replace(",", ".")) if text else None
