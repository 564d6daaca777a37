"""Files that take the place of others in the state folder, all or none, by steps that may be taken again; no more.

First all lie in a folder beside, on disk; one renaming of that folder decides; whoever comes then does the rest.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from collector.calendar.nightly import backup_name
from collector.disk import demand_room
from collector.settings import CollectorSettings, load_collector_settings
from shared.settings import SettingsError

_STAGED, _PART = "restoring", "restoring.part"
_ASIDE = "aside"
"""File that names the folder into which goes what was there."""
_BESIDES = ("", "-wal", "-shm", "-journal")


def stage(copies: Mapping[str, Path], state: Path, aside: str) -> Path:
    """Bring copies by kind beside the state, on disk; gives the folder. Raises OSError, and then nothing is left."""
    part = state / _PART
    shutil.rmtree(part, ignore_errors=True)
    demand_room(state, sum(path.stat().st_size for path in copies.values()), 0, "what is to be restored")
    try:
        part.mkdir(mode=0o700)
        for kind, path in copies.items():
            shutil.copy(path, part / name_of(kind))
        (part / _ASIDE).write_text(aside, encoding="utf-8")
        for file in part.iterdir():
            sync(file)
            _give(file, state)
        sync(part)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return part


def decide(state: Path) -> None:
    """From here on what is staged takes the place of what is there, whatever happens; raises OSError."""
    (state / _PART).rename(state / _STAGED)
    sync(state)


def is_half_done(state: Path) -> bool:
    """Whether something was decided that is not carried out."""
    return (state / _STAGED).is_dir()


def carry_out(state: Path) -> Path | None:
    """Do what was decided, or the rest of it; gives where what was there is now, None where nothing was decided.

    In a folder that nobody else works on; raises OSError, and may be called again.
    """
    staged = state / _STAGED
    if not staged.is_dir():
        return None
    told = staged / _ASIDE
    aside = state / (told.read_text(encoding="utf-8") if told.exists() else "nothing")
    for file in sorted(path for path in staged.iterdir() if path != told):
        for suffix in _BESIDES:
            old = state / (file.name + suffix)
            if old.exists():
                aside.mkdir(exist_ok=True)
                old.rename(aside / old.name)
        for folder in (aside, state):
            if folder.is_dir():
                sync(folder)
        file.rename(state / file.name)
        sync(state)
    told.unlink(missing_ok=True)
    staged.rmdir()
    sync(state)
    return aside


def load_whole_settings(config: Path) -> CollectorSettings:
    """Settings of a collector whose state is no half of another; raises :class:`shared.settings.SettingsError`."""
    settings = load_collector_settings(config)
    if is_half_done(settings.state):
        what = "a restore was interrupted: start the collector, or run 'phusong-collector restore' again; both end it"
        raise SettingsError([f"{settings.state}: {what}"])
    return settings


def name_of(kind: str) -> str:
    """Name in the state folder of what is copied under this kind."""
    return f"{kind}{Path(backup_name(kind, '')).suffix}"


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk; raises OSError."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _give(file: Path, state: Path) -> None:
    if os.geteuid() == 0:  # the collector is another user
        owner = state.stat()
        os.chown(file, owner.st_uid, owner.st_gid)
