"""The inbox with what looks after the room on its disk, opened and closed together; it decides nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from collector.disk import Disk
from collector.ingest.shortage import Noting, open_shortage
from collector.ingest.sqlite import SqliteInbox, open_sqlite_inbox
from shared.clock import Clock


@asynccontextmanager
async def open_inbox(folder: Path, reserve_bytes: int, noting: Noting, clock: Clock) -> AsyncIterator[SqliteInbox]:
    """Raises OSError or sqlite3.Error where the folder cannot be written."""
    async with (
        open_shortage(Disk(folder, reserve_bytes), noting, clock) as shortage,
        open_sqlite_inbox(folder / "inbox.sqlite", shortage) as inbox,
    ):
        yield inbox
