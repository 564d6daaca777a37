"""Keeps the shapes of packed records in the file, each in two tables, so that no spoiled page takes others with it."""

import contextlib
import sqlite3
import zlib

from agent.spool.packing import Shapes, unpack

_TABLES = ("shape", "shape_again")


def load_shapes(database: sqlite3.Connection) -> Shapes:
    """All shapes of which one copy at least is whole."""
    shapes = Shapes()
    known: set[int] = set()
    for table in _TABLES:
        for number, crc32, body in database.execute(f"SELECT number, crc32, body FROM {table}"):  # noqa: S608
            if number not in known and isinstance(body, bytes) and zlib.crc32(body) == crc32:
                with contextlib.suppress(ValueError):
                    shapes.learn(number, body)
                    known.add(number)
    return shapes


def keep_shapes(database: sqlite3.Connection, shapes: Shapes, numbers: list[int]) -> None:
    """Store new shapes, within the transaction of the record that needs them."""
    for number in numbers:
        body = shapes.recall(number)
        for table in _TABLES:
            database.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)", (number, zlib.crc32(body), body))  # noqa: S608


def whole(kept: object, crc32: int, packing: int, shapes: Shapes) -> bytes | None:
    """The record as it was put; None where its row, or both copies of a shape that it needs, are spoiled."""
    if not isinstance(kept, bytes) or zlib.crc32(kept) != crc32:
        return None
    with contextlib.suppress(ValueError):
        return unpack(kept, shapes) if packing else kept
    return None
