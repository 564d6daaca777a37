"""Makes one store of what another held, and keeps others' losses; it never begins or ends a transaction."""

import sqlite3
import zlib

from agent.spool.queue import Estate, Gap

REMEMBERED = (
    "SELECT records, first_sequence, last_sequence, first_wall_ns, last_wall_ns FROM elder_gap"
    " ORDER BY epoch, first_sequence"
)


def take_over(database: sqlite3.Connection, estate: Estate) -> None:
    """Replace all records by the estate's, under their old numbers."""
    for table in ("record", "gap", "dead_letter", "tally"):
        database.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
    database.execute("DELETE FROM sqlite_sequence WHERE name = 'record'")
    database.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('record', ?)", (estate.last,))
    database.executemany(
        "INSERT INTO record (sequence, stored_wall_ns, crc32, blob, packing) VALUES (?, ?, ?, ?, 0)",
        [(each.sequence, each.stored_wall_ns, zlib.crc32(each.blob), each.blob) for each in estate.waiting],
    )
    database.executemany(
        "INSERT INTO gap (records, first_sequence, last_sequence, first_wall_ns, last_wall_ns) VALUES (?, ?, ?, ?, ?)",
        [_row(gap) for gap in estate.gaps],
    )
    database.executemany(
        "INSERT INTO dead_letter (sequence, at_wall_ns, reason, blob) VALUES (?, 0, ?, x'')",
        list(estate.refused.items()),
    )
    database.execute("UPDATE fact SET value = ? WHERE name = 'epoch'", (estate.epoch,))


def remember(database: sqlite3.Connection, epoch: str, gaps: list[Gap]) -> None:
    """Keep the losses of another epoch; a number is kept once."""
    database.executemany(
        "INSERT OR IGNORE INTO elder_gap"
        " (epoch, records, first_sequence, last_sequence, first_wall_ns, last_wall_ns) VALUES (?, ?, ?, ?, ?, ?)",
        [(epoch, *_row(gap)) for gap in gaps],
    )


def _row(gap: Gap) -> tuple[int, int, int, int | None, int | None]:
    return gap.records, gap.first_sequence, gap.last_sequence, gap.first_wall_ns, gap.last_wall_ns
