"""The journal on SQLite: WAL, synchronous=FULL, one connection; rows are only ever added."""

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from collector.copying import copy_database
from collector.picture import State, Transition

_SCHEMA = """
CREATE TABLE IF NOT EXISTS transition (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    site TEXT NOT NULL, at_ns INTEGER NOT NULL, before INTEGER NOT NULL, after INTEGER NOT NULL, reason TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS of_site ON transition (site, number);
"""
_COLUMNS = "number, site, at_ns, before, after, reason"


class SqliteJournal:
    """See :class:`collector.journal.journal.Journal`."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def write(self, transitions: list[tuple[str, int, State, State, str]]) -> list[Transition]:
        """See the promise; raises sqlite3.Error where the disk refuses, and then nothing is written."""
        written = []
        with self._database:
            for site, at_ns, before, after, reason in transitions:
                row = (site, at_ns, int(before), int(after), reason)
                cursor = self._database.execute(
                    "INSERT INTO transition (site, at_ns, before, after, reason) VALUES (?, ?, ?, ?, ?)", row
                )
                written.append(_transition((cursor.lastrowid or 0, *row)))
        return written

    def latest(self, limit: int) -> list[Transition]:
        """See the promise."""
        query = f"SELECT {_COLUMNS} FROM transition ORDER BY number DESC LIMIT ?"  # noqa: S608 - a constant
        return [_transition(row) for row in self._database.execute(query, (limit,))]

    async def copy(self, path: Path) -> None:
        """Copy the whole file; raises OSError or sqlite3.Error."""
        copy_database(self._database, path)

    def standing(self) -> dict[str, Transition]:
        """See the promise."""
        query = f"SELECT {_COLUMNS} FROM transition WHERE number IN (SELECT max(number) FROM transition GROUP BY site)"  # noqa: S608 - a constant
        found = [_transition(row) for row in self._database.execute(query)]
        return {transition.site: transition for transition in found}


@contextmanager
def open_sqlite_journal(path: Path) -> Iterator[SqliteJournal]:
    """Open or make the journal; raises OSError or sqlite3.Error where the file cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(_SCHEMA)
        yield SqliteJournal(database)


def _transition(row: tuple[int, str, int, int, int, str]) -> Transition:
    number, site, at_ns, before, after, reason = row
    return Transition(number=number, site=site, at_ns=at_ns, before=State(before), after=State(after), reason=reason)
