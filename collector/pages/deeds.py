"""What an import, an undo or a removal would make of the inventory; it asks nobody and stores nothing."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from collector.inventory.change import RefusedError
from collector.inventory.csv_file import read_csv
from collector.inventory.edit import Edit, applied, reverted
from collector.inventory.site import Inventory
from collector.inventory.versions import Versions
from shared.settings import SettingsError

Form = Mapping[str, str]
_UNREAD = "\ufffd"
"""What a browser makes of the letters of a sheet that is not UTF-8: each would become a part of a name."""


def number_in(text: str) -> int:
    """A number that a form gives; -1 where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


def _imported(form: Form, versions: Versions) -> Inventory:
    if _UNREAD in form.get("sheet", ""):
        raise RefusedError(["letters of the sheet cannot be read: save it as 'CSV UTF-8' and choose it again"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sites.csv"
        path.write_text(form.get("sheet", ""), encoding="utf-8", newline="")
        try:
            return read_csv(path, versions.inventory())
        except SettingsError as error:
            raise RefusedError([line.removeprefix(f"{folder}/") for line in error.problems]) from None


def _undone(form: Form, versions: Versions) -> Inventory:
    number = number_in(form.get("number", ""))
    if number < 1:
        raise RefusedError([f"there is no version {number}: the newest is {versions.newest}"])
    of_it = versions.inventory(number)
    return reverted(versions.inventory(number - 1), of_it, versions.inventory())


def _without(form: Form, versions: Versions) -> Inventory:
    return applied(versions.inventory(), Edit(expected=versions.newest, who="", remove=(form.get("site", ""),)))


DEEDS: Mapping[str, Callable[[Form, Versions], Inventory]] = {
    "import": _imported,
    "undo": _undone,
    "remove": _without,
}
"""Each gives the inventory as it would be, or raises :class:`RefusedError`."""
LOGGED: Mapping[str, str] = {"import": "sites-import", "undo": "inventory-undo", "remove": "inventory-remove"}
"""By which name the log knows them."""
