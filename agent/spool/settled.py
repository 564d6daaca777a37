"""What becomes of records that the collector took or refused for good; it never begins or ends a transaction.

A record's ``digest`` is negative, -1 minus the digest, once it is in the sum of its block: no release that does not
know of sums can make it be counted twice.
"""

import sqlite3
import zlib
from collections.abc import Iterable

from agent.spool.packing import Shapes
from agent.spool.queue import Letter
from agent.spool.shelf import whole
from agent.spool.tally import count_in, count_out
from shared.wire.codec import digest_of_blob


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


def set_apart(
    database: sqlite3.Connection, sequences: Iterable[int], reason: str, wall_ns: int, shapes: Shapes
) -> None:
    """Keep these as dead letters, as they were put: the shapes that they are packed by need not outlive them."""
    for sequence in sequences:
        row = database.execute("SELECT crc32, blob, packing FROM record WHERE sequence = ?", (sequence,)).fetchone()
        if row is not None:
            crc32, kept, packing = row
            letter = (sequence, wall_ns, reason, whole(kept, crc32, packing, shapes) or b"")
            database.execute("INSERT OR IGNORE INTO dead_letter VALUES (?, ?, ?, ?)", letter)
    forget(database, sequences)


def letters(database: sqlite3.Connection) -> list[Letter]:
    """All dead letters, oldest first."""
    query = "SELECT sequence, at_wall_ns, reason, length(blob) FROM dead_letter ORDER BY sequence"
    return [Letter(*row) for row in database.execute(query)]


def bring_back(database: sqlite3.Connection) -> int:
    """Let dead letters wait again under their own numbers; those of which nothing is kept stay. Gives their number."""
    rows = database.execute("SELECT sequence, at_wall_ns, blob FROM dead_letter WHERE length(blob) > 0").fetchall()
    for sequence, at_wall_ns, blob in rows:
        database.execute(
            "INSERT INTO record (sequence, stored_wall_ns, crc32, blob, packing, digest) VALUES (?, ?, ?, ?, 0, ?)",
            (sequence, at_wall_ns, zlib.crc32(blob), blob, digest_of_blob(blob)),
        )
        database.execute("DELETE FROM dead_letter WHERE sequence = ?", (sequence,))
    return len(rows)


def forget(database: sqlite3.Connection, sequences: Iterable[int]) -> None:
    """Delete these."""
    database.executemany("DELETE FROM record WHERE sequence = ?", [(s,) for s in sequences])
