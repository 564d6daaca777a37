"""Takes records out of the spool's file and writes down which were lost; it never begins or ends a transaction."""

import sqlite3

LEAST_WANTED = (
    ("record", "acknowledged_wall_ns IS NOT NULL"),
    ("dead_letter", "1"),
    ("record", "1"),
)
"""Tables with conditions, in the order in which they give way to a new record."""


def lose(database: sqlite3.Connection, where: str, values: tuple[int, ...]) -> None:
    """Delete records; those that nobody had acknowledged become a gap, or lengthen the one that ends before them."""
    extent = "min(sequence), max(sequence), count(*), min(stored_wall_ns), max(stored_wall_ns)"
    lost = f"SELECT {extent} FROM record {where} AND acknowledged_wall_ns IS NULL"  # noqa: S608 - our own conditions
    first, last, records, first_wall_ns, last_wall_ns = database.execute(lost, values).fetchone()
    database.execute(f"DELETE FROM record {where}", values)  # noqa: S608
    if not records:
        return
    lengthened = database.execute(
        "UPDATE gap SET last_sequence = ?, records = records + ?, last_wall_ns = ? WHERE last_sequence = ?",
        (last, records, last_wall_ns, first - 1),
    )
    if lengthened.rowcount == 0:
        database.execute(
            "INSERT INTO gap (first_sequence, last_sequence, records, first_wall_ns, last_wall_ns)"
            " VALUES (?, ?, ?, ?, ?)",
            (first, last, records, first_wall_ns, last_wall_ns),
        )


def reach(database: sqlite3.Connection, table: str, condition: str, wanted: int) -> int:
    """Up to which sequence the oldest have to go so that ``wanted`` bytes find room; 0 where there are none."""
    rows = database.execute(
        f"SELECT sequence, length(blob) FROM {table} WHERE {condition} ORDER BY sequence LIMIT 64"  # noqa: S608
    ).fetchall()
    freed = last = 0
    for sequence, size in rows:
        freed, last = freed + size, sequence
        if freed > 2 * wanted + 64 * 1024:
            break
    return last


def drop(database: sqlite3.Connection, table: str, condition: str, last: int) -> None:
    """Delete up to this sequence what fulfils the condition."""
    if table == "record":
        lose(database, f"WHERE {condition} AND sequence <= ?", (last,))
    else:
        database.execute("DELETE FROM dead_letter WHERE sequence <= ?", (last,))
