"""Where the inventory comes from, and ``import-sites``; a wrong file changes nothing."""

import os
import sys
from pathlib import Path

import msgspec

from collector.commands.console import note
from collector.inventory.change import compare
from collector.inventory.csv_file import read_csv, read_hubs
from collector.inventory.site import Inventory
from collector.inventory.yaml_file import read_yaml
from collector.settings import CollectorSettings, load_collector_settings
from shared.settings import SettingsError

_INPUT_IS_WRONG = 2


def load_inventory(settings: CollectorSettings, beside: Path) -> Inventory:
    """The inventory that the settings name, or the imported one; raises :class:`SettingsError`."""
    if settings.inventory is not None:
        path = beside.parent / settings.inventory
        return read_csv(path) if path.suffix.lower() in {".csv", ".tsv"} else read_yaml(path)
    return _imported(settings)


def import_sites(source: Path, config: Path, hubs: Path | None = None, *, sure: bool) -> int:
    """Load or update the inventory from a spreadsheet's CSV; what it has no column for stays as it was."""
    try:
        settings = load_collector_settings(config)
        before = _imported(settings)
        after = read_csv(source, before, None if hubs is None else read_hubs(hubs))
    except SettingsError as error:
        print("\n".join(error.problems), file=sys.stderr)
        return _INPUT_IS_WRONG
    change = compare(before, after)
    told = f"{len(change.added)} new, {len(change.removed)} gone, {len(change.altered)} altered"
    print(f"{source}: {len(after.sites)} sites: {told}")
    if change.drastic and not sure:
        share = f"{len(change.removed)} of {change.before} sites would go"
        print(f"{share}: say --yes if that is meant; nothing was changed", file=sys.stderr)
        return _INPUT_IS_WRONG
    try:
        _write(imported_path(settings), msgspec.json.format(msgspec.json.encode(after), indent=1))
    except OSError as error:
        print(f"{imported_path(settings)}: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 1
    note(settings, "sites-import", str(len(after.sites)), told)
    if settings.inventory is not None:
        print(f"note: {config} names an inventory of its own ({settings.inventory}), which is used instead")
    return 0


def imported_path(settings: CollectorSettings) -> Path:
    """The file of the imported inventory."""
    return settings.state / "inventory.json"


def _imported(settings: CollectorSettings) -> Inventory:
    path = imported_path(settings)
    if not path.exists():
        return Inventory()
    try:
        return msgspec.json.decode(path.read_bytes(), type=Inventory)
    except (OSError, msgspec.DecodeError) as error:
        raise SettingsError([f"{path}: cannot be read ({error}): import the sites again"]) from None


def _write(path: Path, body: bytes) -> None:
    """All of the new file, or all of the old one, whatever happens in between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
