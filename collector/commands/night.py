"""The files of one night's backup: under other names until all of them are good; it copies nothing itself."""

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.calendar.due import Nights
from collector.calendar.nightly import KINDS, PART, backup_name, leftovers, newest_night_ns, superfluous
from collector.commands.staging import sync
from collector.copying import discard_copy
from collector.settings import CollectorSettings


class Night:
    """Copies with one stamp in one folder."""

    def __init__(self, folder: Path, stamp: str) -> None:
        self._folder = folder
        self._stamp = stamp
        self.parts: dict[str, Path] = {}
        """Where copies are made, by kind."""

    def part(self, kind: str) -> Path:
        """Where a copy is to be made."""
        return self.parts.setdefault(kind, self._folder / f"{backup_name(kind, self._stamp)}{PART}")

    def publish(self) -> None:
        """Give all their names, that by which a night is known the last; raises OSError."""
        for kind in sorted(self.parts, key=KINDS.index, reverse=True):
            self.parts[kind].rename(self._folder / backup_name(kind, self._stamp))
            sync(self._folder)

    def discard(self) -> None:
        """Leave nothing of it."""
        for path in self.parts.values():
            discard_copy(path)


def tidy(folder: Path, keep: int) -> None:
    """Delete what earlier nights left that came to no end, and nights beyond ``keep``, but for the newest one."""
    for name in leftovers(_names(folder)):
        (folder / name).unlink()
    for name in superfluous(_names(folder), keep):
        (folder / name).unlink()


def nights_of(settings: CollectorSettings) -> Nights:
    """When they are due; the newest backup tells when the last one was."""
    zone, folder = ZoneInfo(settings.retention.time_zone), settings.state / "backups"
    hour, _, minute = settings.retention.nightly_at.partition(":")
    names = _names(folder) if folder.is_dir() else []
    return Nights(time(int(hour), int(minute)), zone, newest_night_ns(names, zone))


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_file()]
