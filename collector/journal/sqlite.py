"""The journal on SQLite: WAL, synchronous=FULL, one connection; a version that was written is never changed."""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from collector.copying import Tally, copy_database
from collector.database import Database, open_database
from collector.incident import Confidence, Incident, Trouble
from collector.journal.journal import Change, LinkChange, Turn, Turns, joined, newest_first
from collector.picture import State, Transition, Verdict

SCHEMA = """
CREATE TABLE IF NOT EXISTS transition (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    site TEXT NOT NULL, at_ns INTEGER NOT NULL, before INTEGER NOT NULL, after INTEGER NOT NULL, reason TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS of_site ON transition (site, number);
CREATE INDEX IF NOT EXISTS by_time ON transition (at_ns);
CREATE TABLE IF NOT EXISTS link_transition (
    number INTEGER PRIMARY KEY AUTOINCREMENT, site TEXT NOT NULL, link TEXT NOT NULL,
    at_ns INTEGER NOT NULL, before INTEGER NOT NULL, after INTEGER NOT NULL, reason TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS of_link ON link_transition (site, link, number);
CREATE INDEX IF NOT EXISTS link_by_time ON link_transition (at_ns);
CREATE TABLE IF NOT EXISTS incident_version (
    number INTEGER NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (number, version)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS incident (
    number INTEGER PRIMARY KEY, version INTEGER NOT NULL, down INTEGER NOT NULL, final INTEGER NOT NULL,
    began_ns INTEGER NOT NULL, ended_ns INTEGER
);
CREATE INDEX IF NOT EXISTS by_end ON incident (ended_ns);
CREATE INDEX IF NOT EXISTS not_final ON incident (number) WHERE final = 0;
CREATE TABLE IF NOT EXISTS struck (
    site TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (site, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS down (slot_ns INTEGER PRIMARY KEY, most INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS watched (begun_ns INTEGER PRIMARY KEY, until_ns INTEGER NOT NULL);
"""
_COLUMNS = "number, site, at_ns, before, after, reason"
_NEWEST = "SELECT body FROM incident JOIN incident_version USING (number, version)"
_LATE = "(ended_ns IS NULL OR ended_ns >= ?)"
_LINKS = (
    "SELECT site, link, at_ns, after, reason FROM link_transition"
    " WHERE number IN (SELECT max(number) FROM link_transition GROUP BY site, link)"
)
_TURNS = """
SELECT number, site, '' AS link, at_ns, after FROM transition WHERE at_ns >= :first AND at_ns < :last
UNION ALL
SELECT number, site, link, at_ns, after FROM link_transition WHERE at_ns >= :first AND at_ns < :last
ORDER BY number
"""
_BEFORE = """
SELECT number, site, '' AS link, at_ns, after FROM transition WHERE number IN (
    SELECT (SELECT number FROM transition WHERE site = one.site AND at_ns < :first ORDER BY number DESC LIMIT 1)
    FROM (SELECT DISTINCT site FROM transition) AS one)
UNION ALL
SELECT number, site, link, at_ns, after FROM link_transition WHERE number IN (
    SELECT (SELECT number FROM link_transition WHERE site = one.site AND link = one.link AND at_ns < :first
        ORDER BY number DESC LIMIT 1)
    FROM (SELECT DISTINCT site, link FROM link_transition) AS one)
"""
"""Times of one site, and of one link, never go back: its last number before a time is its last change before it."""
_STRUCK = (
    "SELECT 1 FROM struck JOIN incident USING (number)"
    " WHERE site = ? AND down AND began_ns <= ? AND (ended_ns IS NULL OR ended_ns >= ?) LIMIT 1"
)


class SqliteJournal:
    """See :class:`collector.journal.journal.Journal`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(
        self,
        transitions: Sequence[Change],
        incidents: Sequence[Incident] = (),
        links: Sequence[LinkChange] = (),
    ) -> list[Transition]:
        """See the promise; raises sqlite3.Error where the disk refuses, and then nothing is written."""
        written = []
        with self._database.transaction():
            for site, at_ns, before, after, reason in transitions:
                row = (site, at_ns, int(before), int(after), reason)
                cursor = self._database.execute(
                    "INSERT INTO transition (site, at_ns, before, after, reason) VALUES (?, ?, ?, ?, ?)", row
                )
                written.append(_transition((cursor.lastrowid or 0, *row)))
            self._database.executemany(
                "INSERT INTO link_transition (site, link, at_ns, before, after, reason) VALUES (?, ?, ?, ?, ?, ?)",
                [(site, link, at_ns, int(before), int(after), why) for site, link, at_ns, before, after, why in links],
            )
            for incident in incidents:
                self._write(incident)
        return written

    def latest(self, limit: int) -> list[Transition]:
        """See the promise."""
        query = f"SELECT {_COLUMNS} FROM transition ORDER BY number DESC LIMIT ?"  # noqa: S608 - a constant
        return [_transition(row) for row in self._database.execute(query, (limit,))]

    async def copy(self, path: Path) -> Tally:
        """Copy the whole file; raises OSError or sqlite3.Error."""
        return copy_database(self._database.connection, path)

    def standing(self) -> dict[str, Transition]:
        """See the promise."""
        query = f"SELECT {_COLUMNS} FROM transition WHERE number IN (SELECT max(number) FROM transition GROUP BY site)"  # noqa: S608 - a constant
        found = [_transition(row) for row in self._database.execute(query)]
        return {transition.site: transition for transition in found}

    def standing_links(self) -> dict[tuple[str, str], Verdict]:
        """See the promise."""
        return {
            (site, link): Verdict(state=State(after), since_ns=at_ns, reason=reason)
            for site, link, at_ns, after, reason in self._database.execute(_LINKS)
        }

    def incidents(self, since_ns: int, limit: int, site: str = "") -> list[Incident]:
        """See the promise."""
        of_site = "AND number IN (SELECT number FROM struck WHERE site = ?)" if site else ""
        whose = (site,) if site else ()
        lasting = self._read(f"{_NEWEST} WHERE ended_ns IS NULL {of_site}", whose)
        late = f"{_NEWEST} WHERE ended_ns >= ? {of_site} ORDER BY began_ns DESC, number DESC LIMIT ?"
        return sorted([*lasting, *self._read(late, (since_ns, *whose, limit))], key=newest_first)

    def versions(self, number: int) -> list[Incident]:
        """See the promise."""
        return self._read("SELECT body FROM incident_version WHERE number = ? ORDER BY version", (number,))

    def unsettled(self, since_ns: int) -> list[Incident]:
        """See the promise."""
        return self._read(f"{_NEWEST} WHERE {_LATE} OR final = 0 ORDER BY number", (since_ns,))

    def struck(self, site: str, first_ns: int, last_ns: int) -> bool:
        """See the promise."""
        return self._database.execute(_STRUCK, (site, last_ns, first_ns)).fetchone() is not None

    def note_down(self, slot_ns: int, most: int) -> None:
        """See the promise; raises sqlite3.Error where the disk refuses."""
        more = "INSERT INTO down VALUES (?, ?) ON CONFLICT (slot_ns) DO UPDATE SET most = max(most, excluded.most)"
        with self._database.transaction():
            self._database.execute(more, (slot_ns, most))

    def down_since(self, since_ns: int) -> dict[int, int]:
        """See the promise."""
        return dict(self._database.execute("SELECT slot_ns, most FROM down WHERE slot_ns >= ?", (since_ns,)).fetchall())

    def note_watched(self, begun_ns: int, until_ns: int) -> None:
        """See the promise; raises sqlite3.Error where the disk refuses."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO watched VALUES (?, ?)", (begun_ns, until_ns))

    def watched(self, from_ns: int, until_ns: int) -> list[tuple[int, int]]:
        """See the promise."""
        query = "SELECT begun_ns, until_ns FROM watched WHERE begun_ns < ? AND until_ns > ?"
        return joined(self._database.execute(query, (until_ns, from_ns)).fetchall(), from_ns, until_ns)

    def turns(self, from_ns: int, until_ns: int) -> Turns:
        """See the promise."""
        found: Turns = {}
        for query in (_BEFORE, _TURNS):
            for _, site, link, at_ns, after in self._database.execute(query, {"first": from_ns, "last": until_ns}):
                found.setdefault((site, link), []).append(Turn(at_ns, State(after)))
        return found

    def next_number(self) -> int:
        """See the promise."""
        (newest,) = self._database.execute("SELECT coalesce(max(number), 0) FROM incident").fetchone()
        return int(newest) + 1

    def _write(self, incident: Incident) -> None:
        self._database.execute(
            "INSERT INTO incident_version (number, version, body) VALUES (?, ?, ?)",
            (incident.number, incident.version, msgspec.json.encode(incident)),
        )
        down = incident.trouble in {Trouble.DOWN, Trouble.FLAPPING}
        final = incident.confidence is Confidence.FINAL
        self._database.execute(
            "INSERT OR REPLACE INTO incident (number, version, down, final, began_ns, ended_ns)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (incident.number, incident.version, down, final, incident.began_ns, incident.ended_ns),
        )
        self._database.executemany(
            "INSERT OR IGNORE INTO struck (site, number) VALUES (?, ?)",
            [(site, incident.number) for site in incident.sites],
        )

    def _read(self, query: str, values: tuple[object, ...]) -> list[Incident]:
        return [msgspec.json.decode(body, type=Incident) for (body,) in self._database.execute(query, values)]


@contextmanager
def open_sqlite_journal(path: Path) -> Iterator[SqliteJournal]:
    """Open or make the journal; raises OSError or sqlite3.Error where the file cannot be written."""
    with open_database(path, SCHEMA) as database:
        yield SqliteJournal(database)


@contextmanager
def read_sqlite_journal(path: Path) -> Iterator[SqliteJournal]:
    """The journal of a collector that may be running, to be read only; raises sqlite3.Error where there is none.

    A reader never resets the log, so the one connection that writes stays the only one that does.
    """
    address = f"{path.resolve().as_uri()}?mode=ro"
    with contextlib.closing(Database(lambda: sqlite3.connect(address, uri=True))) as database:
        yield SqliteJournal(database)


def _transition(row: tuple[int, str, int, int, int, str]) -> Transition:
    number, site, at_ns, before, after, reason = row
    return Transition(number=number, site=site, at_ns=at_ns, before=State(before), after=State(after), reason=reason)
