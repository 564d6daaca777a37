"""The chained log: whatever is done to its rows afterwards is found, and the row is named."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.people.book import open_people
from collector.people.chain import GENESIS, Head, Row, faults, head_of, mark_of

WORDS = st.text(max_size=8)
ROWS = st.lists(st.tuples(st.integers(0, 2**62), WORDS, WORDS, WORDS, WORDS), min_size=2, max_size=9)
Chain = list[tuple[Row, bytes]]


def chained(texts: list[tuple[int, str, str, str, str]]) -> Chain:
    made: Chain = []
    for number, text in enumerate(texts, 1):
        row = Row(number, *text)
        made.append((row, mark_of(made[-1][1] if made else GENESIS, row)))
    return made


def head(rows: Chain) -> Head:
    return Head(rows[-1][0].number, rows[-1][1])


@given(ROWS)
def test_a_log_that_nobody_touched_has_no_fault(texts: list[tuple[int, str, str, str, str]]) -> None:
    rows = chained(texts)

    assert list(faults(rows, head(rows), head(rows[:1]))) == []
    assert head_of(str(head(rows))) == head(rows)


@settings(max_examples=200)
@given(ROWS, st.data())
def test_each_change_of_any_field_is_found_at_its_row(
    texts: list[tuple[int, str, str, str, str]], data: st.DataObject
) -> None:
    rows = chained(texts)
    which = data.draw(st.integers(0, len(rows) - 1))
    field = data.draw(st.sampled_from(("at_wall_ns", "actor", "action", "subject", "detail")))
    row, mark = rows[which]
    old = getattr(row, field)
    new = data.draw((st.integers(0, 2**62) if field == "at_wall_ns" else WORDS).filter(lambda word: word != old))
    changed = Row(**{**{name: getattr(row, name) for name in Row.__struct_fields__}, field: new})
    spoiled = [*rows[:which], (changed, mark), *rows[which + 1 :]]

    found = list(faults(spoiled, head(rows)))

    assert found[0].startswith(f"row {row.number} was changed")


@given(ROWS, st.data())
def test_rows_moved_from_one_field_to_the_next_have_another_mark(
    texts: list[tuple[int, str, str, str, str]], data: st.DataObject
) -> None:
    at, actor, action, _, _ = data.draw(st.sampled_from(texts))

    assert mark_of(GENESIS, Row(1, at, actor + "x", action, "", "")) != mark_of(
        GENESIS, Row(1, at, actor, "x" + action, "", "")
    )


def marked_anew(db: sqlite3.Connection) -> bytes:
    """What whoever knows the recipe writes beside a row that they changed."""
    at, action, subject, detail = db.execute(
        "SELECT at_wall_ns, action, subject, detail FROM audit WHERE number = 3"
    ).fetchone()
    (before,) = db.execute("SELECT mark FROM audit WHERE number = 2").fetchone()
    return mark_of(before, Row(3, at, "nobody", action, subject, detail))


DEEDS: dict[str, tuple[Callable[[sqlite3.Connection], object], str]] = {
    "changed": (lambda db: db.execute("UPDATE audit SET actor = 'nobody' WHERE number = 3"), "row 3 was changed"),
    "deleted": (lambda db: db.execute("DELETE FROM audit WHERE number = 3"), "row 3 is missing"),
    "deleted and numbered anew": (
        lambda db: (
            db.execute("DELETE FROM audit WHERE number = 3"),
            db.execute("UPDATE audit SET number = 3 WHERE number = 4"),
            db.execute("UPDATE audit SET number = 4 WHERE number = 5"),
        ),
        "row 3 was changed, or one before it was changed, put in or taken out",
    ),
    "inserted": (
        lambda db: (
            db.execute("UPDATE audit SET number = number + 100 WHERE number >= 3"),
            db.execute("INSERT INTO audit VALUES (3, 0, 'an', 'nothing', '', '', zeroblob(32))"),
            db.execute("UPDATE audit SET number = number - 99 WHERE number > 100"),
        ),
        "row 3 was changed, or one before it was changed, put in or taken out",
    ),
    "changed, with a mark of its own made anew": (
        lambda db: db.execute("UPDATE audit SET actor = 'nobody', mark = ? WHERE number = 3", (marked_anew(db),)),
        "row 4 was changed, or one before it",
    ),
    "truncated": (lambda db: db.execute("DELETE FROM audit WHERE number > 3"), "rows 4 to 5 are missing at the end"),
    "emptied": (lambda db: db.execute("DELETE FROM audit"), "rows 1 to 5 are missing at the end"),
    "swapped": (
        lambda db: (
            db.execute("UPDATE audit SET number = 9 WHERE number = 2"),
            db.execute("UPDATE audit SET number = 2 WHERE number = 3"),
            db.execute("UPDATE audit SET number = 3 WHERE number = 9"),
        ),
        "row 2 was changed",
    ),
    "head taken away": (lambda db: db.execute("DELETE FROM fact"), "rows 1 to 5 are not known to the head"),
}


def written(path: Path) -> Head:
    with open_people(path) as book, book.transaction():
        for number in range(5):
            book.write(number, "an", "login", f"subject {number}", "")
        return book.head()


def spoil(path: Path, deed: Callable[[sqlite3.Connection], object]) -> None:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("DROP TRIGGER audit_stays")
    database.execute("DROP TRIGGER audit_kept")
    deed(database)
    database.close()


@pytest.mark.parametrize("name", DEEDS)
def test_what_is_done_to_the_file_is_found_and_the_row_is_named(tmp_path: Path, name: str) -> None:
    deed, told = DEEDS[name]
    path = tmp_path / "people.sqlite"
    written(path)
    spoil(path, deed)

    with open_people(path) as book:
        found = list(faults(book.log(), book.head()))
        with book.transaction():
            book.write(99, "an", "login")
        later = list(faults(book.log(), book.head()))

    assert found
    assert found[0].startswith(told)
    assert name == "head taken away" or later, "the log goes on behind the damage, and it is still told"


def test_a_log_written_anew_as_a_whole_is_found_by_the_head_that_was_kept_elsewhere(tmp_path: Path) -> None:
    kept = written(tmp_path / "people.sqlite")
    with open_people(tmp_path / "anew.sqlite") as book:
        with book.transaction():
            for number in range(7):
                book.write(number, "an", "login", "another subject", "")

        assert list(faults(book.log(), book.head())) == []
        assert list(faults(book.log(), book.head(), kept)) == [
            "row 5 is not the one that was the head: rows up to it were written anew"
        ]


def test_the_log_cannot_be_changed_by_mistake(tmp_path: Path) -> None:
    written(tmp_path / "people.sqlite")
    database = sqlite3.connect(tmp_path / "people.sqlite", isolation_level=None)
    for statement in ("UPDATE audit SET actor = ''", "DELETE FROM audit"):
        with pytest.raises(sqlite3.IntegrityError, match="the log is not changed"):
            database.execute(statement)
    database.close()
