"""Where the inventory comes from, and ``import-sites``; a wrong file changes nothing."""

import sqlite3
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from collector.commands.console import console, note
from collector.commands.staging import load_whole_settings
from collector.inventory.change import Change, DrasticError, RefusedError, compare
from collector.inventory.csv_file import read_csv, read_hubs
from collector.inventory.site import Inventory
from collector.inventory.versions import Deed, Versions, open_versions, read_versions
from collector.inventory.yaml_file import read_yaml
from collector.settings import CollectorSettings
from shared.clock import Clock, SystemClock
from shared.settings import SettingsError

_INPUT_IS_WRONG = 2


def load_inventory(settings: CollectorSettings, beside: Path) -> Inventory:
    """The inventory that the settings name, or the newest version; raises :class:`SettingsError`."""
    if settings.inventory is not None:
        path = beside.parent / settings.inventory
        return read_csv(path) if path.suffix.lower() in {".csv", ".tsv"} else read_yaml(path)
    return last_accepted(settings)


def last_accepted(settings: CollectorSettings) -> Inventory:
    """The newest version of the history, wherever the inventory comes from; raises :class:`SettingsError`."""
    path = settings.versions_file
    try:
        if path.exists():
            return _newest(path)
        old = settings.state / "inventory.json"
        # What was imported before there were versions.
        return msgspec.json.decode(old.read_bytes(), type=Inventory) if old.exists() else Inventory()
    except (OSError, sqlite3.Error, zlib.error, msgspec.DecodeError) as error:
        raise SettingsError([f"{path}: cannot be read ({error}): restore it, or import the sites again"]) from None


def _newest(path: Path) -> Inventory:
    try:
        with read_versions(path) as versions:
            return versions.inventory()
    except sqlite3.OperationalError:
        # Power failed in the middle of a change: only who may write can take the half of it back.
        with open_versions(path) as versions:
            return versions.inventory()


@contextmanager
def open_book(settings: CollectorSettings, clock: Clock) -> Iterator[Versions]:
    """The history, to be written; what was imported before there was one is its first version."""
    first = Inventory() if settings.versions_file.exists() else last_accepted(settings)
    with open_versions(settings.versions_file) as versions:
        if first.sites:
            versions.accept(first, Deed(at_wall_ns=clock.wall_ns(), who="", deed="import", why="inventory.json"))
        yield versions


def import_sites(source: Path, config: Path, hubs: Path | None = None, *, sure: bool) -> int:
    """Load or update the inventory from a spreadsheet's CSV; what it has no column for stays as it was."""
    with refusals() as refused:
        settings, clock = load_whole_settings(config), SystemClock()
        tree = None if hubs is None else read_hubs(hubs)
        with open_book(settings, clock) as versions:
            expected, before = versions.newest, versions.inventory()
            after = read_csv(source, before, tree)
            deed = Deed(at_wall_ns=clock.wall_ns(), who=console(), deed="import", why=source.name)
            print(f"{source}: {len(after.sites)} sites: {compare(before, after).words}")
            number, change = versions.accept(after, deed, expected=expected, sure=sure)
        print(f"version {number}")
        told(settings, config, "sites-import", str(len(after.sites)), change)
    return refused.code


@dataclass
class Refused:
    """What a command ends with."""

    code: int = 0


@contextmanager
def refusals() -> Iterator[Refused]:
    """Turn what may go wrong into lines and an exit code: 1 failed, 2 the input is wrong."""
    outcome = Refused()
    try:
        yield outcome
    except DrasticError as error:
        print(f"{error}: say --yes if that is meant; nothing was changed", file=sys.stderr)
        outcome.code = _INPUT_IS_WRONG
    except (SettingsError, RefusedError) as error:
        print("\n".join(error.problems), file=sys.stderr)
        outcome.code = _INPUT_IS_WRONG
    except (OSError, sqlite3.Error) as error:
        why = f"{error.filename}: {(error.strerror or '').lower()}" if isinstance(error, OSError) else str(error)
        print(f"phusong-collector: the inventory: {why}", file=sys.stderr)
        outcome.code = 1


def demand_ours(settings: CollectorSettings, config: Path) -> None:
    """Raise where the inventory is a file of somebody's: the next start would bring it back."""
    if settings.inventory is not None:
        what = f"{settings.inventory} is the inventory: change that file, or import it and take this key away"
        raise RefusedError([f"{config}: inventory: {what}"])


def told(settings: CollectorSettings, config: Path, action: str, subject: str, change: Change) -> None:
    """What follows every change: the row about it, and what a running collector needs."""
    note(settings, action, subject, change.words)
    if settings.inventory is not None:
        print(f"note: {config} names an inventory of its own ({settings.inventory}), which is used instead")
