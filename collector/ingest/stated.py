"""The newest statements of agents in the inbox's file; it never begins or ends a transaction."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress

import msgspec

from shared.wire.bounds import MOST_EPOCHS
from shared.wire.reading import Statement

SCHEMA = """
CREATE TABLE IF NOT EXISTS stated (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    agent TEXT NOT NULL, epoch TEXT NOT NULL, gone INTEGER NOT NULL DEFAULT 0, body BLOB NOT NULL,
    UNIQUE (agent, epoch)
);
"""
_statement = msgspec.msgpack.Decoder(Statement)
_LONGEST_BYTES = 128 * 1024
"""Of a statement that makes sense; what is longer was kept when any was."""


def forget_senseless(database: sqlite3.Connection) -> None:
    """Delete what cannot be a statement."""
    database.execute("DELETE FROM stated WHERE length(body) > ?", (_LONGEST_BYTES,))


def note_statement(database: sqlite3.Connection, agent: str, statement: Statement, gone: tuple[str, ...]) -> None:
    """Keep it in the place of the epoch's one before, and mark epochs that are no more."""
    database.execute("DELETE FROM stated WHERE agent = ? AND epoch = ?", (agent, statement.epoch))
    row = (agent, statement.epoch, msgspec.msgpack.encode(statement))
    database.execute("INSERT INTO stated (agent, epoch, body) VALUES (?, ?, ?)", row)
    database.executemany("UPDATE stated SET gone = 1 WHERE agent = ? AND epoch = ?", [(agent, epoch) for epoch in gone])
    database.execute(
        "DELETE FROM stated WHERE agent = ? AND number NOT IN"
        " (SELECT number FROM stated WHERE agent = ? ORDER BY number DESC LIMIT ?)",
        (agent, agent, MOST_EPOCHS),
    )


def statements(database: sqlite3.Connection, agent: str) -> list[tuple[Statement, bool]]:
    """In the order in which they came, with whether the epoch is gone; what does not decode is passed over."""
    rows = database.execute(
        "SELECT body, gone FROM stated WHERE agent = ? AND length(body) <= ? ORDER BY number", (agent, _LONGEST_BYTES)
    )
    return list(_decoded(rows))


def _decoded(rows: Iterable[tuple[bytes, int]]) -> Iterator[tuple[Statement, bool]]:
    for body, gone in rows:
        with suppress(msgspec.DecodeError):
            yield _statement.decode(body), bool(gone)
