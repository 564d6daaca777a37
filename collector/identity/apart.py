"""Batches that are kept and not judged, in the book's file: few of an agent, none for long; it judges none either."""

from collector.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS apart (
    key_id TEXT NOT NULL, mark BLOB NOT NULL, received_wall_ns INTEGER NOT NULL, why TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key_id, mark)
);
"""
Row = tuple[str, bytes, int, str, bytes]
"""The key, or an agent that has none; the request's mark; when it came; why it is kept; the batch."""
KEPT_HOURS = 30 * 24.0
_MOST, _MOST_BYTES = 200, 16 * 1024 * 1024
"""Of one agent, whatever keys it had; what came first is kept, and of most of it the machine still has its records."""
_OF_AGENT = "key_id = ?1 OR key_id IN (SELECT key_id FROM key WHERE agent = (SELECT agent FROM key WHERE key_id = ?1))"


def keep(database: Database, row: Row) -> None:
    """Keep a batch while there is room."""
    query = f"SELECT count(*), coalesce(sum(length(body)), 0) FROM apart WHERE {_OF_AGENT}"  # noqa: S608 - our own
    number, size_bytes = database.execute(query, row[:1]).fetchone()
    if number < _MOST and size_bytes + len(row[-1]) <= _MOST_BYTES:
        database.execute("INSERT OR IGNORE INTO apart VALUES (?, ?, ?, ?, ?)", row)


def drop(database: Database, site: str | None) -> None:
    """Somebody vouched for the site's keys, for all where None: what was kept of them has served its turn."""
    of_site = "DELETE FROM apart WHERE key_id IN (SELECT key_id FROM key WHERE site = ?1 OR ?1 IS NULL)"
    database.execute(of_site, (site,))


def forget(database: Database, before_wall_ns: int) -> None:
    """What came before then goes."""
    database.execute("DELETE FROM apart WHERE received_wall_ns < ?", (before_wall_ns,))
