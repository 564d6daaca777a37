"""A file whose disk failed is opened anew, and never made anew: an empty one would be taken for all that was kept."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.database import Database, open_database

SCHEMA = "CREATE TABLE IF NOT EXISTS t (n INTEGER)"
FAILS = "PRAGMA query_only = 1"
"""Of the connection, not of the file: what SQLite then says is what it says of a disk that turned read-only."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "t.sqlite", SCHEMA) as opened:
        put(opened, 1)
        yield opened


def put(database: Database, number: int) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO t VALUES (?)", (number,))


def fill(database: Database) -> None:
    for number in range(2, 10_000):
        put(database, number)


def numbers(database: Database) -> list[int]:
    return [number for (number,) in database.execute("SELECT n FROM t ORDER BY n")]


def test_after_the_disk_failed_the_next_transaction_has_another_connection(database: Database) -> None:
    first = database.connection
    first.execute(FAILS)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        put(database, 2)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        first.execute("SELECT 1")
    put(database, 3)

    assert numbers(database) == [1, 3]
    assert database.execute("PRAGMA synchronous").fetchone()[0] == 2, "what it promised, it promises again"


def test_a_file_that_is_gone_is_not_taken_for_an_empty_one(database: Database, tmp_path: Path) -> None:
    database.connection.execute(FAILS)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        put(database, 2)
    away = (tmp_path / "t.sqlite").rename(tmp_path / "away.sqlite")
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError, match="unable to open"):
            put(database, 2)
    away.rename(tmp_path / "t.sqlite")
    put(database, 4)

    assert numbers(database) == [1, 4]


def test_a_full_disk_is_there_and_keeps_its_connection(database: Database) -> None:
    first = database.connection
    pages = first.execute("PRAGMA page_count").fetchone()[0]
    first.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        fill(database)
    first.execute("PRAGMA max_page_count = 1000000")
    put(database, 0)

    assert database.connection is first
    assert numbers(database)[:2] == [0, 1]


def test_what_fails_half_way_is_not_there(database: Database) -> None:
    def half(database: Database) -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO t VALUES (9)")
            connection.execute("INSERT INTO u VALUES (9)")

    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        half(database)

    assert numbers(database) == [1]
