"""Sums of records' digests in the inbox's file, block by block; it never begins or ends a transaction."""

import sqlite3
from collections.abc import Iterable

from shared.wire.bounds import MOST_BLOCKS
from shared.wire.digest import SPACE
from shared.wire.reading import Block

SCHEMA = """
CREATE TABLE IF NOT EXISTS block (
    agent TEXT NOT NULL, epoch TEXT NOT NULL, number INTEGER NOT NULL,
    records INTEGER NOT NULL, digest INTEGER NOT NULL, PRIMARY KEY (agent, epoch, number)
) WITHOUT ROWID;
"""
_ADD = (
    "INSERT INTO block VALUES (?, ?, ?, ?, ?) ON CONFLICT (agent, epoch, number) DO UPDATE"
    " SET records = records + excluded.records, digest = (digest + excluded.digest) % ?"
)
_PRUNE = (
    "DELETE FROM block WHERE agent = ?1 AND epoch = ?2 AND number <="
    " (SELECT max(number) FROM block WHERE agent = ?1 AND epoch = ?2) - ?3"
)


def sum_up(database: sqlite3.Connection, agent: str, epoch: str, blocks: Iterable[Block]) -> None:
    """Add these to what is kept of the epoch, and forget the oldest blocks."""
    for block in blocks:
        database.execute(_ADD, (agent, epoch, block.number, block.records, block.digest, SPACE))
        database.execute(_PRUNE, (agent, epoch, MOST_BLOCKS))


def sums(database: sqlite3.Connection, agent: str, epoch: str) -> tuple[Block, ...]:
    """What is kept of the epoch, the oldest first."""
    query = "SELECT number, records, digest FROM block WHERE agent = ? AND epoch = ? ORDER BY number"
    return tuple(Block(*row) for row in database.execute(query, (agent, epoch)))
