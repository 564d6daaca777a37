"""What is kept apart is bounded: one machine must not fill everybody's disk."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from collector.identity.book import Book, open_book
from collector.identity.records import Invitation

MEGABYTE = 1024 * 1024


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with open_book(tmp_path / "identity.sqlite") as found:
        for agent in ("a", "b"):
            invitation = Invitation(id=agent, verifier=b"", agent=agent, site=f"site-{agent}", expires_wall_ns=10)
            found.invite(invitation)
            found.enrol(invitation, f"{agent}1", b"", "c", 1)
        yield found


def kept(book: Book) -> list[str]:
    return [key for (key,) in book._database.execute("SELECT key_id FROM apart ORDER BY rowid")]


def test_an_agents_batches_are_few_however_many_keys_it_had(book: Book) -> None:
    for number in range(150):
        book.set_apart("a1", b"%d" % number, 1, "why", b"x")
    first = book.find("a1")
    assert first is not None
    book._add(msgspec.structs.replace(first, key_id="a2"), "c")
    for number in range(150):
        book.set_apart("a2", b"%d" % number, 1, "why", b"x")
    book.set_apart("b1", b"0", 1, "why", b"x")

    assert [kept(book).count(key) for key in ("a1", "a2", "b1")] == [150, 50, 1]


def test_an_agents_batches_are_no_more_bytes_than_sixteen_large_ones(book: Book) -> None:
    for key in ("a1", "b1", "an agent with a token"):
        for number in range(20):
            book.set_apart(key, b"%d" % number, 1, "why", bytes(MEGABYTE))

    assert [kept(book).count(key) for key in ("a1", "b1", "an agent with a token")] == [16, 16, 16]


def test_what_an_operator_vouched_for_and_what_is_old_goes(book: Book) -> None:
    for key, now in (("a1", 5), ("b1", 6), ("a token's", 7)):
        book.set_apart(key, b"", now, "why", b"x")
    book.accept("site-a")
    assert kept(book) == ["b1", "a token's"]
    book.forget_apart(7)
    assert kept(book) == ["a token's"]
    book.set_apart("b1", b"", 7, "why", b"x")
    book.accept(None)
    assert kept(book) == ["a token's"]
