"""Sums of acknowledged records' digests, block by block, in the spool's file; it never begins or ends a transaction.

A sum says how many records it counts. It may miss some (acknowledged by an older release, or while the disk was full),
and is then no proof of anything; it never counts one twice, or one that was not acknowledged.
"""

import sqlite3
from collections.abc import Iterable

from shared.wire.bounds import MOST_BLOCKS
from shared.wire.digest import FORM, SPACE, add_up
from shared.wire.reading import Block


def count_in(database: sqlite3.Connection, sequences: Iterable[int]) -> None:
    """Add those that are about to be marked as acknowledged and are in no sum yet."""
    query = "SELECT sequence, digest FROM record WHERE sequence = ? AND digest >= 0"
    found = (database.execute(query, (sequence,)).fetchone() for sequence in dict.fromkeys(sequences))
    _add(database, add_up(row for row in found if row is not None).values())


def count_out(database: sqlite3.Connection, from_sequence: int) -> None:
    """Take those from this one on that are kept out again: they are about to wait once more."""
    query = "SELECT sequence, -1 - digest FROM record WHERE sequence >= ? AND digest < 0"
    for block in add_up(database.execute(query, (from_sequence,))).values():
        database.execute(
            "UPDATE tally SET records = records - ?, digest = (digest + ?) % ? WHERE block = ?",
            (block.records, SPACE - block.digest, SPACE, block.number),
        )


def tallies(database: sqlite3.Connection) -> tuple[Block, ...]:
    """All that are kept, the oldest first."""
    return tuple(Block(*row) for row in database.execute("SELECT block, records, digest FROM tally ORDER BY block"))


def renew(database: sqlite3.Connection) -> None:
    """After an update that sends the same record in other bytes: the sums so far say nothing any more."""
    told = database.execute("SELECT value FROM fact WHERE name = 'digest_form'").fetchone()
    if told is None or told[0] != FORM:
        database.execute("UPDATE record SET digest = NULL WHERE digest IS NOT NULL")
        database.execute("DELETE FROM tally")
        database.execute("INSERT OR REPLACE INTO fact VALUES ('digest_form', ?)", (FORM,))


def _add(database: sqlite3.Connection, blocks: Iterable[Block]) -> None:
    for block in blocks:
        database.execute(
            "INSERT INTO tally (block, records, digest) VALUES (?, ?, ?) ON CONFLICT (block) DO UPDATE"
            " SET records = records + excluded.records, digest = (digest + excluded.digest) % ?",
            (block.number, block.records, block.digest, SPACE),
        )
        database.execute("DELETE FROM tally WHERE block <= (SELECT max(block) FROM tally) - ?", (MOST_BLOCKS,))
