"""Another inventory for a running collector: on SIGHUP, or when there is a newer version; it restarts nothing."""

import asyncio
import logging
import sqlite3
from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.calendar.maintenance import load_windows
from collector.commands.stock import load_inventory, open_book
from collector.inventory.change import RefusedError, compare
from collector.inventory.site import Inventory
from collector.inventory.versions import Deed, read_versions
from collector.settings import CollectorSettings
from shared.clock import Clock
from shared.settings import SettingsError

_LOOK_SECONDS = 5.0
"""A version that is still the newest after so long is taken up: whoever edits site after site causes one turn."""


class Upkeep:
    """The inventory in use, and the wait for another."""

    def __init__(  # noqa: PLR0913 - what a start has
        self,
        config: Path,
        settings: CollectorSettings,
        inventory: Inventory,
        clock: Clock,
        log: logging.Logger,
        *,
        look_seconds: float = _LOOK_SECONDS,
    ) -> None:
        self.inventory = inventory
        self.asked = asyncio.Event()
        """Somebody wants the inventory read again."""
        self._config = config
        self._settings = settings
        self._clock = clock
        self._log = log
        self._look_seconds = look_seconds
        # What was changed while the collector started is looked at once.
        self._version = -1 if settings.inventory is None else 0

    async def changed(self) -> None:
        """Return once :attr:`inventory` is another one; what is wrong or lost too much is told and not taken."""
        while True:
            asked = await self._due()
            fresh = await asyncio.to_thread(self._read)
            if asked and fresh == self.inventory:
                self._log.info("the inventory is the same")
            if fresh is not None and fresh != self.inventory:
                self._log.info("the inventory is another: %s", compare(self.inventory, fresh).words)
                self.inventory = fresh
                return

    async def _due(self) -> bool:
        """Wait until somebody asks (True), or until a newer version has stood for a while."""
        seen = self._version
        while not self.asked.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self.asked.wait(), self._look_seconds)
            newest = await asyncio.to_thread(self._newest)
            if newest == seen != self._version:
                break
            seen = newest
        asked = self.asked.is_set()
        self.asked.clear()
        self._version = await asyncio.to_thread(self._newest)
        return asked

    def _newest(self) -> int:
        """The newest version where the inventory comes from there; 0 where it does not, or cannot be read now."""
        path = self._settings.versions_file
        try:
            if self._settings.inventory is not None or not path.exists():
                return 0
            with read_versions(path) as versions:
                return versions.newest
        except (OSError, sqlite3.Error):
            return self._version

    def _read(self) -> Inventory | None:
        settings = self._settings
        try:
            fresh = load_inventory(settings, self._config)
            load_windows(settings.maintenance_file, fresh, ZoneInfo(settings.retention.time_zone))
            if settings.inventory is not None:
                deed = Deed(at_wall_ns=self._clock.wall_ns(), who="", deed="file", why=str(settings.inventory))
                with open_book(settings, self._clock) as versions:
                    versions.accept(fresh, deed)
        except (SettingsError, RefusedError) as error:
            for problem in error.problems:
                self._log.error("the inventory in use stays: %s", problem)
            return None
        except (OSError, sqlite3.Error) as error:
            self._log.error("the inventory in use stays: %s", error)
            return None
        return fresh
