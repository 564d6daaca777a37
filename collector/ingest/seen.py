"""Which sequences were ever stored, as runs in the inbox's file; it never begins or ends a transaction.

A batch touches the runs beside its own sequences only: what one agent's gaps cost is paid by none of the others.
"""

import sqlite3
from contextlib import suppress

import msgspec

from collector.ingest.inbox import EPOCHS_REMEMBERED, HOUR_NS, Parcel, demand_few_epochs, demand_few_runs
from collector.ingest.ranges import Ranges, add, contains, normal

SCHEMA = """
CREATE TABLE IF NOT EXISTS epoch (
    agent TEXT NOT NULL, epoch TEXT NOT NULL, begun_wall_ns INTEGER NOT NULL, used_wall_ns INTEGER NOT NULL,
    runs INTEGER NOT NULL, PRIMARY KEY (agent, epoch)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS run (
    agent TEXT NOT NULL, epoch TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY (agent, epoch, first)
) WITHOUT ROWID;
"""
_NEAR = """
SELECT first, last FROM (
    SELECT first, last FROM run WHERE agent = ?1 AND epoch = ?2 AND first < ?3 ORDER BY first DESC LIMIT 1
) WHERE last >= ?3 - 1
UNION ALL SELECT first, last FROM run WHERE agent = ?1 AND epoch = ?2 AND first BETWEEN ?3 AND ?4 + 1
"""
_Key = tuple[str, str]


def enter(database: sqlite3.Connection, parcel: Parcel) -> list[int]:
    """Note the parcel's sequences, and give those that are new; raises InboxRefusedError before anything is written."""
    key = (parcel.agent, parcel.epoch)
    groups = add((), parcel.sequences)
    near = normal(run for group in groups for run in database.execute(_NEAR, (*key, *group)))
    fresh = [number for number in dict.fromkeys(parcel.sequences) if not contains(near, number)]
    if fresh:
        _write(database, parcel, near, normal((*near, *groups)))
    return fresh


def runs_of(database: sqlite3.Connection, agent: str, epoch: str) -> Ranges:
    """All that was ever stored of an epoch."""
    rows = database.execute("SELECT first, last FROM run WHERE agent = ? AND epoch = ? ORDER BY first", (agent, epoch))
    return tuple(rows.fetchall())


def _write(database: sqlite3.Connection, parcel: Parcel, before: Ranges, after: Ranges) -> None:
    key, more = (parcel.agent, parcel.epoch), len(after) - len(before)
    known = database.execute("SELECT used_wall_ns FROM epoch WHERE agent = ? AND epoch = ?", key).fetchone()
    if more > 0:
        whole = database.execute("SELECT coalesce(sum(runs), 0) FROM epoch WHERE agent = ?", (parcel.agent,)).fetchone()
        demand_few_runs(whole[0] + more)
    if known is None:
        _begin(database, parcel, more)
    elif more or abs(parcel.received_wall_ns - known[0]) > HOUR_NS:
        change = "UPDATE epoch SET runs = runs + ?, used_wall_ns = ? WHERE agent = ? AND epoch = ?"
        database.execute(change, (more, parcel.received_wall_ns, *key))
    ends = dict(before)
    changed = [(*key, *run) for run in after if ends.get(run[0]) != run[1]]
    database.executemany("INSERT OR REPLACE INTO run VALUES (?, ?, ?, ?)", changed)
    gone = ends.keys() - {first for first, _ in after}
    database.executemany(
        "DELETE FROM run WHERE agent = ? AND epoch = ? AND first = ?", [(*key, first) for first in gone]
    )


def _begin(database: sqlite3.Connection, parcel: Parcel, runs: int) -> None:
    """Write a new epoch down, and forget the one that was used longest ago where there are too many."""
    now_ns = parcel.received_wall_ns
    query = "SELECT epoch, begun_wall_ns FROM epoch WHERE agent = ? ORDER BY used_wall_ns, epoch"
    known = database.execute(query, (parcel.agent,)).fetchall()
    demand_few_epochs((begun_ns for _, begun_ns in known), now_ns)
    for epoch, _ in known[: max(0, len(known) + 1 - EPOCHS_REMEMBERED)]:
        for table in ("run", "block", "epoch"):
            query = f"DELETE FROM {table} WHERE agent = ? AND epoch = ?"  # noqa: S608 - our own names
            database.execute(query, (parcel.agent, epoch))
    row = (parcel.agent, parcel.epoch, now_ns, now_ns, runs)
    database.execute("INSERT INTO epoch VALUES (?, ?, ?, ?, ?)", row)


def move_in(database: sqlite3.Connection) -> None:
    """Take over what stood in one row an epoch; a row that cannot be read is left out. In no transaction."""
    if not database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'seen'").fetchone():
        return
    database.execute("BEGIN IMMEDIATE")
    for agent, epoch, packed in database.execute("SELECT agent, epoch, ranges FROM seen").fetchall():
        with suppress(msgspec.DecodeError):
            ranges = msgspec.msgpack.decode(packed, type=Ranges)
            rows = ((agent, epoch, first, last) for first, last in ranges)
            database.executemany("INSERT OR REPLACE INTO run VALUES (?, ?, ?, ?)", rows)
            database.execute("INSERT OR REPLACE INTO epoch VALUES (?, ?, 0, 0, ?)", (agent, epoch, len(ranges)))
    database.execute("DROP TABLE seen")
    database.execute("COMMIT")
