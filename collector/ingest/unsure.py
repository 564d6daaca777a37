"""Parcels that came while the collector's clock was not believed, and their stamps put right; it begins no transaction.

Of each such time the file keeps the boot and by how much its stamps are ahead of the clock that counts from that boot:
once the true time is known in the same boot, so is theirs.
"""

import sqlite3
from collections.abc import Callable
from typing import Protocol, TypeVar

SCHEMA = """
CREATE TABLE IF NOT EXISTS unsure (
    after INTEGER PRIMARY KEY, until INTEGER, boot_id TEXT NOT NULL, offset_ns INTEGER NOT NULL
);
"""
_T = TypeVar("_T")
_NEWEST = "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'parcel'), 0)"
_AT_ONCE = 500


class Do(Protocol):
    """Does a piece of work in the inbox's thread, behind all that waits there when it is called."""

    async def __call__(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Returns after the commit."""
        ...


class Stamps:
    """When parcels came, for whoever watches the clock; each method raises InboxFailedError where the disk refuses."""

    def __init__(self, do: Do) -> None:
        self._do = do

    async def newest_before(self, wall_ns: int) -> int:
        """The newest stamp below this one; 0 where there is none."""
        query = "SELECT coalesce(max(received_wall_ns), 0) FROM parcel WHERE received_wall_ns < ?"
        return int(await self._do(lambda database: database.execute(query, (wall_ns,)).fetchone()[0]))

    async def doubt(self, boot_id: str, offset_ns: int) -> None:
        """What comes from now on has doubtful stamps, which are so far ahead of this boot's monotonic clock."""
        await self._do(lambda database: begin(database, boot_id, offset_ns))

    async def trust(self) -> None:
        """What comes from now on has not."""
        await self._do(close)

    async def restamp(self, boot_id: str, offset_ns: int) -> int:
        """Put some of the doubtful ones of this boot right; gives how many, 0 where none is left."""
        return await self._do(lambda database: restamp(database, boot_id, offset_ns))


def begin(database: sqlite3.Connection, boot_id: str, offset_ns: int) -> None:
    """What comes from now on has doubtful stamps."""
    close(database)
    row = f"INSERT OR REPLACE INTO unsure SELECT {_NEWEST}, NULL, ?, ?"
    database.execute(row, (boot_id, offset_ns))


def close(database: sqlite3.Connection) -> None:
    """What comes from now on has not."""
    database.execute(f"UPDATE unsure SET until = {_NEWEST} WHERE until IS NULL")  # noqa: S608


def restamp(database: sqlite3.Connection, boot_id: str, offset_ns: int) -> int:
    """Put some stamps right; gives how many, 0 where none is left. Of another boot nobody will ever know more."""
    database.execute("DELETE FROM unsure WHERE boot_id <> ?", (boot_id,))
    query = "SELECT after, until, offset_ns FROM unsure WHERE until IS NOT NULL ORDER BY after LIMIT 1"
    row = database.execute(query).fetchone()
    if row is None:
        return 0
    after, until, stamped_ns = row
    upto = min(until, after + _AT_ONCE)
    changed = database.execute(
        "UPDATE parcel SET received_wall_ns = received_wall_ns + ? WHERE number > ? AND number <= ?",
        (offset_ns - stamped_ns, after, upto),
    )
    database.execute("DELETE FROM unsure WHERE after = ?", (after,))
    if upto < until:
        database.execute("INSERT OR REPLACE INTO unsure VALUES (?, ?, ?, ?)", (upto, until, boot_id, stamped_ns))
        return max(1, changed.rowcount)
    return changed.rowcount or restamp(database, boot_id, offset_ns)
