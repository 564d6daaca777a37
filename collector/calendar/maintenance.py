"""The file of maintenance windows: read strictly, taken up when it changes, replaced as a whole; it decides nothing."""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path

import msgspec
import yaml

from collector.calendar.windows import Maintenance, Window, Windows, faults
from collector.inventory.site import Inventory, Site
from shared.logs import Limited
from shared.settings import SettingsError, load

_HEAD = "# Maintenance windows. `phusong-collector maintenance add|end` writes this file anew: comments do not stay.\n"


def load_windows(path: Path, inventory: Inventory, zone: tzinfo) -> Maintenance:
    """The windows of a file, none where there is no file; raises :class:`SettingsError`."""
    if not path.exists():
        return Maintenance((), inventory, zone)
    stated = load(path, Windows, lambda read: faults(read.windows, inventory, zone))
    return Maintenance(stated.windows, inventory, zone)


@contextmanager
def edited(path: Path, inventory: Inventory, zone: tzinfo) -> Iterator[list[Window]]:
    """The windows to change in place, written when the block ends well; one command at a time.

    Raises :class:`SettingsError` where the file, or what it would become, is wrong; OSError where it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        windows = list(load_windows(path, inventory, zone).windows)
        yield windows
        wrong = [f"{place.removeprefix('$.')}: {what}" for place, what in faults(windows, inventory, zone)]
        if wrong:
            raise SettingsError(wrong)
        _write(path, windows)


class Book:
    """The windows in force: those of the file, as it was when it last was right."""

    def __init__(self, path: Path, inventory: Inventory, zone: tzinfo, complain: Limited) -> None:
        self._path = path
        self._inventory = inventory
        self._zone = zone
        self._complain = complain
        self._seen: tuple[int, int, int] | None = None
        self._asked_ns = self._asked_links_ns = 0
        self._until: Mapping[str, int] = {}
        self._until_links: Mapping[tuple[str, str], int] = {}
        self.current = Maintenance((), inventory, zone)

    def refresh(self) -> Maintenance:
        """Read the file again where it changed; one that is wrong is told, and what was in force stays."""
        try:
            stat = self._path.stat()
            seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        except FileNotFoundError:
            seen = (0, 0, 0)
        except OSError as error:
            self._complain.warning("maintenance windows cannot be read, the known ones hold", str(error))
            return self.current
        if seen != self._seen:
            self._seen = seen
            try:
                self.current = load_windows(self._path, self._inventory, self._zone)
            except SettingsError as error:
                self._complain.warning("maintenance windows are wrong, the known ones hold", error.problems[0])
        return self.current

    def maintenance_until(self, site: str, now_ns: int) -> int | None:
        """See :meth:`collector.calendar.windows.Maintenance.maintenance_until`."""
        return self.current.maintenance_until(site, now_ns)

    def of_site(self, site: Site, now_ns: int) -> int | None:
        """The same for every site of one moment: the file is asked once."""
        if now_ns != self._asked_ns:
            self._asked_ns, self._until = now_ns, self.at(now_ns)
        return self._until.get(site.id)

    def of_link(self, site: Site, link: str, now_ns: int) -> int | None:
        """The same of one link; sites of that moment are asked for first, which looks at the file."""
        if now_ns != self._asked_links_ns:
            self._asked_links_ns, self._until_links = now_ns, self.current.links_at(now_ns)
        return self._until_links.get((site.id, link))

    def at(self, now_ns: int) -> Mapping[str, int]:
        """Every site in maintenance with its end, by the file as it is now."""
        return self.refresh().at(now_ns)


def _write(path: Path, windows: Sequence[Window]) -> None:
    """All of the new file, or all of the old one."""
    content = {"windows": [_slim(window) for window in windows]}
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(_HEAD + yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _slim(window: Window) -> dict[str, object]:
    return {key: value for key, value in msgspec.to_builtins(window).items() if value not in ((), [], "", None)}
