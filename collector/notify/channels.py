"""What the settings of telling name, read or made: roster, channels, the key of the links; it tells nobody."""

import contextlib
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.inventory.site import Inventory
from collector.notify.channel import Workshop
from collector.notify.roster import Roster, RosterFile, faults
from collector.notify.settings import NotifySettings
from collector.notify.text import Places, moment
from shared.clock import SystemClock
from shared.logs import Limited, logger
from shared.secret import Secret, read_secret
from shared.settings import load

_GAP_DAYS = 14


def load_roster(path: Path | None, zone: ZoneInfo) -> Roster | None:
    """The roster that the settings name; raises :class:`shared.settings.SettingsError`."""
    return None if path is None else Roster(load(path, RosterFile, faults), zone)


def unusable(settings: NotifySettings, zone: ZoneInfo) -> list[str]:
    """Why files that the settings name are of no use, a line each; raises :class:`shared.settings.SettingsError`."""
    load_roster(settings.roster, zone)
    found = []
    with ThreadPoolExecutor(1) as thread:
        complain = Limited(logger("phusong.collector"), SystemClock())
        shop = Workshop(Places(Inventory(), zone), lambda: thread, complain, settings.refresh_seconds)
        for channel in settings.channels:
            try:
                channel.made(shop)
            except OSError as error:
                found.append(
                    f"notify: {channel.name}: {error.filename or ''}: {(error.strerror or str(error)).lower()}"
                )
            except ValueError as error:
                found.append(f"notify: {channel.name}: {error}")
    return found


def gaps_in_words(roster: Roster, now_ns: int, zone: ZoneInfo) -> list[str]:
    """The gaps of the next two weeks, a line each, five at most."""
    gaps = roster.gaps(now_ns, _GAP_DAYS)
    lines = [f"nobody is on duty from {moment(begin, zone)} to {moment(end, zone)}" for begin, end in gaps[:5]]
    return lines + ([f"and {len(gaps) - 5} more such gaps in {_GAP_DAYS} days"] if len(gaps) > 5 else [])


def link_key(named: Path | None, own: Path) -> Secret:
    """The key of the links; one of ours is made once."""
    if named is not None:
        return read_secret(named)
    with contextlib.suppress(FileExistsError):
        file = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(file, f"{secrets.token_urlsafe(32)}\n".encode())
        os.fsync(file)
        os.close(file)
    return read_secret(own)
