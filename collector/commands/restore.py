"""``restore``: a night's backup takes the place of what is there, which is moved aside; it deletes nothing."""

import os
import shutil
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

from collector.calendar.nightly import KINDS, backup_name, verify_backup
from collector.copying import check_copy
from collector.settings import CollectorSettings, load_collector_settings
from shared.clock import SystemClock
from shared.ownership import StateTakenError, owned
from shared.settings import SettingsError

_INPUT_IS_WRONG = 2
_SECOND_NS = 1_000_000_000


def restore(backup: Path, config: Path) -> int:
    """Put back this inbox and what was copied in the same night; 0 done, 1 failed, 2 the input is wrong."""
    try:
        settings = load_collector_settings(config)
        copies = _copies(backup)
        parcels = verify_backup(copies["inbox"])
    except SettingsError as error:
        print("\n".join(error.problems), file=sys.stderr)
        return _INPUT_IS_WRONG
    except (ValueError, sqlite3.Error) as error:
        print(f"phusong-collector: {error}; nothing was changed", file=sys.stderr)
        return _INPUT_IS_WRONG
    try:
        with owned(settings.state):
            aside = _put_back(copies, settings)
    except StateTakenError as error:
        print(f"phusong-collector: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"phusong-collector: {settings.state}: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 1
    print(f"{settings.state}: restored {', '.join(sorted(copies))}; {parcels} batches in the inbox")
    if aside is not None:
        print(f"what was there is in {aside}")
    if "identity" in copies:
        print("next: 'phusong-collector accept all' (enrolled machines went on meanwhile), and revoke again what was")
        print("revoked since that night; then start the collector: agents send again what they keep")
    if "people" in copies:
        print(
            "people, roles and walls are those of that night: disable and revoke again what was since; all log in anew"
        )
    return 0


def _copies(backup: Path) -> dict[str, Path]:
    """The copies of one night by kind, each read as a whole."""
    if not backup.is_file():
        raise ValueError(f"{backup}: there is no such backup")
    stamp = backup.name.removeprefix("inbox-").removesuffix(".sqlite")
    if backup.name != backup_name("inbox", stamp):
        raise ValueError(f"{backup}: name the copy of an inbox, 'inbox-….sqlite': the others of its night come along")
    found = {kind: backup.with_name(backup_name(kind, stamp)) for kind in KINDS}
    copies = {kind: path for kind, path in found.items() if path.is_file()}
    for path in copies.values():
        if path.suffix == ".sqlite":
            try:
                check_copy(path)
            except (OSError, sqlite3.DatabaseError) as error:
                raise ValueError(f"{path}: {error}") from None
    return copies


def _put_back(copies: dict[str, Path], settings: CollectorSettings) -> Path | None:
    """First all copies are brought beside, then what is there goes aside, then they take its place."""
    state = settings.state
    fresh = {kind: state / f"{_name(kind)}.restoring" for kind in copies}
    for kind, path in fresh.items():
        shutil.copy(copies[kind], path)
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    now = datetime.fromtimestamp(SystemClock().wall_ns() / _SECOND_NS, UTC)
    aside = state / f"before-restore-{now:%Y%m%dT%H%M%S%f}"
    for kind in copies:
        for suffix in ("", "-wal", "-shm", "-journal"):
            old = state / (_name(kind) + suffix)
            if old.exists():
                aside.mkdir(exist_ok=True)
                old.rename(aside / old.name)
    for kind, path in fresh.items():
        path.rename(state / _name(kind))
    folder = os.open(state, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    return aside if aside.exists() else None


def _name(kind: str) -> str:
    return f"{kind}{Path(backup_name(kind, '')).suffix}"
