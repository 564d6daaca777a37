"""Stores of epochs that are over: what they hold is still delivered under its old numbers; nothing is put into them."""

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

from agent.spool.aside import count_aside, newest_aside
from agent.spool.queue import CorruptSpoolError, DiskSpool, Estate, Gap, SpoolError, SpoolFullError, Stored
from agent.spool.salvage import salvage
from shared.ownership import StateTakenError

Opening = Callable[[Path], AbstractContextManager[DiskSpool]]
TROUBLE = (OSError, sqlite3.Error, SpoolError, CorruptSpoolError, StateTakenError)
"""What a disk's trouble looks like while a store is opened or used."""
_MOST = 8
_PREFIX = "standin-"
SPOOL = "spool.sqlite"


@dataclass
class Store:
    """A spool on disk that is open."""

    folder: Path
    spool: DiskSpool
    stack: ExitStack

    def close(self) -> None:
        """Close it; one that was found damaged is set aside."""
        with contextlib.suppress(*TROUBLE):
            self.stack.close()


def open_store(folder: Path, opening: Opening) -> Store:
    """Open one; raises one of :data:`TROUBLE`."""
    with ExitStack() as stack:
        spool = stack.enter_context(opening(folder))
        return Store(folder, spool, stack.pop_all())
    raise AssertionError


class Elders:
    """The folders ``standin-*`` of a spool's folder, one for each time that memory stood in for the disk."""

    def __init__(self, folder: Path, opening: Opening) -> None:
        self._folder = folder
        self._opening = opening
        self._stores: list[Store] = []
        self._set_aside = 0
        """Damaged files of which all was taken that could be."""

    def open(self) -> None:
        """Open all that there are; raises one of :data:`TROUBLE`."""
        for folder in sorted(self._folder.glob(f"{_PREFIX}*")):
            self._stores.append(open_store(folder, self._opening))

    def close(self) -> None:
        """Close all."""
        while self._stores:
            self._stores.pop().close()

    def take_in(self, estate: Estate) -> bool:
        """Bring what another store held to the disk; False where that has no room for it. Raises as :meth:`open`."""
        folder = self._folder / f"{_PREFIX}{estate.epoch}"
        known = [store for store in self._stores if store.folder == folder]
        if not known and len(self._stores) >= _MOST:
            return False
        store = known[0] if known else open_store(folder, self._opening)
        if not known:
            self._stores.append(store)
        try:
            store.spool.take_over(estate)
        except SpoolFullError:
            self._stores.remove(store)
            _delete(store)
            return False
        return True

    def begin(self) -> None:
        """What was set aside before now was looked at then."""
        self._set_aside = count_aside(self._folder / SPOOL)

    def rescue(self) -> Estate | None:
        """After a file was set aside: take in what can be read of it; None where that is nothing."""
        set_aside = count_aside(self._folder / SPOOL)
        path = newest_aside(self._folder / SPOOL) if set_aside > self._set_aside else None
        self._set_aside = set_aside
        estate = None if path is None else salvage(path)
        return estate if estate and estate.waiting and self.take_in(estate) else None

    def spools(self) -> list[DiskSpool]:
        """Those that are open."""
        return [store.spool for store in self._stores]

    def newest(self) -> tuple[DiskSpool, Stored] | None:
        """The first store in which a record waits, and its newest."""
        for spool in self.spools():
            newest = spool.newest()
            if newest is not None:
                return spool, newest
        return None

    def bury(self, note: Callable[[str, list[Gap]], None], wall_ns: int) -> None:
        """Delete those that hold nothing any more, not even for a restored collector; ``note`` takes their losses."""
        with contextlib.suppress(*TROUBLE):
            for store in list(self._stores):
                spool = store.spool
                spool.acknowledge([], wall_ns)
                statement = spool.statement()
                if not statement.waiting and not statement.held:
                    note(spool.epoch, spool.gaps())
                    self._stores.remove(store)
                    _delete(store)


def _delete(store: Store) -> None:
    store.close()
    shutil.rmtree(store.folder)
