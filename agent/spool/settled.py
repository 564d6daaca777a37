"""What becomes of records that the collector took or refused for good; it never begins or ends a transaction.

A record's ``digest`` is negative, -1 minus the digest, once it is in the sum of its block: no release that does not
know of sums can make it be counted twice.
"""

import sqlite3
from collections.abc import Iterable

from agent.spool.tally import count_in, count_out


def mark(database: sqlite3.Connection, sequences: Iterable[int], wall_ns: int, keep_ns: int) -> None:
    """Note that these were acknowledged; what was acknowledged long ago, or by a clock that was wrong, goes."""
    numbers = list(sequences)
    count_in(database, numbers)
    database.executemany(
        "UPDATE record SET acknowledged_wall_ns = ?, digest = min(digest, -1 - digest) WHERE sequence = ?",
        [(wall_ns, sequence) for sequence in numbers],
    )
    database.execute(
        "DELETE FROM record WHERE acknowledged_wall_ns NOT BETWEEN ? AND ?", (wall_ns - keep_ns, wall_ns + keep_ns)
    )


def reopen(database: sqlite3.Connection, from_sequence: int) -> int:
    """Let acknowledged records from this one on wait again; gives their number."""
    count_out(database, from_sequence)
    return database.execute(
        "UPDATE record SET acknowledged_wall_ns = NULL, digest = max(digest, -1 - digest)"
        " WHERE sequence >= ? AND acknowledged_wall_ns IS NOT NULL",
        (from_sequence,),
    ).rowcount


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
