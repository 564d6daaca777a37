"""Takes records out of the spool's file and writes down which were lost; it never begins or ends a transaction."""

import sqlite3


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
