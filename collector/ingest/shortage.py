"""What the inbox does where the disk has little room: it grows no more and forgets its oldest; it stores nothing."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from collector.database import Database
from collector.disk import Disk, watch
from collector.ingest.inbox import REPLAYED_SECONDS
from shared.clock import Clock
from shared.logs import Limited

EVERYTHING = (1 << 63) - 1
"""A number beyond all parcels."""
_MOST_PAGES = 1_073_741_823
_KEPT_NS = int(REPLAYED_SECONDS * 1_000_000_000)
_MARGIN_BYTES = 64 * 1024
_ROWS = 512
_NEWEST = "SELECT received_wall_ns FROM parcel ORDER BY number DESC LIMIT 1"
_OLDEST = "SELECT number, received_wall_ns, length(body) FROM parcel WHERE number <= ? ORDER BY number LIMIT ?"


class Shortage:
    """Knows the disk; without one there is no shortage."""

    def __init__(
        self,
        disk: Disk | None = None,
        tell: Callable[[int, bool], None] = lambda *_: None,
        wall_ns: Callable[[], int] = lambda: 0,
    ) -> None:
        """``tell`` takes how many parcels were forgotten early, and whether somebody still wanted them."""
        self._disk = disk
        self._tell = tell
        self._wall_ns = wall_ns
        self._limited: sqlite3.Connection | None = None
        self.reached: Callable[[], int] = lambda: EVERYTHING
        """Up to which parcel everybody who reads them has come."""

    def is_tight(self) -> bool:
        """Whether nothing may grow."""
        return self._disk is not None and self._disk.is_tight()

    def limit(self, database: Database) -> None:
        """Before a transaction: the file keeps its size while the disk has little room, and its log too on a full one.

        Raises sqlite3.Error.
        """
        if self._disk is None:
            return
        connection = database.connection
        if self._disk.is_tight():
            if self._limited is not connection:
                _limit(connection, _pages(connection))
                self._limited = connection
            if self._disk.is_full():
                with contextlib.suppress(sqlite3.OperationalError):
                    connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        elif self._limited is not None:
            _limit(connection, _MOST_PAGES)
            self._limited = None

    def make_room(self, database: Database, wanted_bytes: int) -> bool:
        """On a full disk the ballast gives way, then the oldest parcels; False where that would not help."""
        if self._disk is None or self._disk.give_way():
            return self._disk is not None
        reached, now_ns = self.reached(), self._wall_ns()
        try:
            if _spare_bytes(database) > 2 * wanted_bytes + 2 * _MARGIN_BYTES:
                return False  # it is not the file that has no room
            with database.transaction() as connection:
                numbers = _oldest(connection, reached, wanted_bytes, now_ns)
                numbers = numbers or _oldest(connection, EVERYTHING, wanted_bytes, now_ns)
                connection.executemany("DELETE FROM parcel WHERE number = ?", [(number,) for number in numbers])
        except sqlite3.Error:
            return False
        if numbers:
            self._tell(len(numbers), numbers[-1] > reached)
        return bool(numbers)


def _oldest(connection: sqlite3.Connection, reached: int, wanted_bytes: int, now_ns: int) -> list[int]:
    """Parcels that make so much room, but for those that a start reads back."""
    newest = connection.execute(_NEWEST).fetchone()
    kept_ns = max(now_ns, newest[0] if newest else 0) - _KEPT_NS
    numbers, freed = [], 0
    for number, received_wall_ns, size in connection.execute(_OLDEST, (reached, _ROWS)):
        if received_wall_ns > kept_ns:
            continue
        numbers.append(number)
        freed += size
        if freed > 2 * wanted_bytes + _MARGIN_BYTES:
            break
    return numbers


def _limit(connection: sqlite3.Connection, pages: int) -> None:
    connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()


def _pages(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA page_count").fetchone()[0])


def _spare_bytes(database: Database) -> int:
    pages, page_bytes = (database.execute(f"PRAGMA {what}").fetchone()[0] for what in ("freelist_count", "page_size"))
    return int(pages) * int(page_bytes)


@dataclass(frozen=True)
class Noting:
    """Who hears of it."""

    free: Callable[[float], None]
    """Takes the bytes that the disk has free."""
    forgotten: Callable[[float], None]
    """Takes how many parcels were forgotten early."""
    complain: Limited


@asynccontextmanager
async def open_shortage(disk: Disk, noting: Noting, clock: Clock) -> AsyncIterator[Shortage]:
    """Watch the disk while the block runs; on a full one the ballast goes before anything else is opened."""
    loop = asyncio.get_running_loop()

    def forgot(parcels: int, wanted: bool) -> None:
        noting.forgotten(parcels)
        whose = "not all of them forwarded yet" if wanted else "nobody waits for them"
        noting.complain.warning(
            "the disk has no room: the inbox forgets its oldest early", f"{parcels} batches, {whose}"
        )

    def tell(parcels: int, wanted: bool) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody counts any more
            loop.call_soon_threadsafe(forgot, parcels, wanted)

    noting.free(await asyncio.to_thread(disk.look))
    watching = asyncio.ensure_future(watch(disk, clock, noting.free))
    try:
        yield Shortage(disk, tell, clock.wall_ns)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
