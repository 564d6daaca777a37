"""What becomes of records that the collector took or refused for good; it never begins or ends a transaction."""

import sqlite3
from collections.abc import Iterable


def mark(database: sqlite3.Connection, sequences: Iterable[int], wall_ns: int, keep_ns: int) -> None:
    """Note that these were acknowledged; what was acknowledged long ago, or by a clock that was wrong, goes."""
    database.executemany(
        "UPDATE record SET acknowledged_wall_ns = ? WHERE sequence = ?", [(wall_ns, s) for s in sequences]
    )
    database.execute(
        "DELETE FROM record WHERE acknowledged_wall_ns NOT BETWEEN ? AND ?", (wall_ns - keep_ns, wall_ns + keep_ns)
    )


def set_apart(database: sqlite3.Connection, sequences: Iterable[int], reason: str, wall_ns: int) -> None:
    """Keep these as dead letters."""
    marks = [(wall_ns, reason, sequence) for sequence in sequences]
    database.executemany(
        "INSERT OR IGNORE INTO dead_letter SELECT sequence, ?, ?, blob FROM record WHERE sequence = ?", marks
    )
    forget(database, sequences)


def forget(database: sqlite3.Connection, sequences: Iterable[int]) -> None:
    """Delete these."""
    database.executemany("DELETE FROM record WHERE sequence = ?", [(s,) for s in sequences])
