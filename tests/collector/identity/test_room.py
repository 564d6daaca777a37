"""The room of the book: many decisions have one commit, and none of them fails for another's sake."""

import asyncio
import sqlite3
from pathlib import Path

from collector.identity.book import Book
from collector.identity.room import IdentityFailedError, open_identity_room


async def test_a_decision_that_cannot_be_made_takes_none_of_its_group_with_it(tmp_path: Path) -> None:
    def poison(book: Book) -> None:
        book.fact("poison", b"1")
        raise ValueError("a row that nobody can read")

    def unreadable(_book: Book) -> None:
        raise ValueError("a row that nobody can read")

    async with open_identity_room(tmp_path / "identity.sqlite") as room:
        decided = [room.decide(lambda book, n=n: book.fact(f"f{n}", b"%d" % n)) for n in range(3)]
        bad = [room.decide(poison), room.read(unreadable)]
        found = await asyncio.gather(*decided[:1], *bad, *decided[1:], return_exceptions=True)
        kept = await room.read(lambda book: [book.fact(f"f{n}", b"another") for n in range(3)])
        gone = await room.decide(lambda book: book.fact("poison", b"2"))

    assert [found[0], *found[3:]] == kept == [b"0", b"1", b"2"]
    assert [type(each) for each in found[1:3]] == [IdentityFailedError] * 2
    assert gone == b"2"


async def test_a_disk_that_fails_is_asked_once_for_a_whole_group(tmp_path: Path) -> None:
    """A lock that is not given is waited for: five seconds each would shut everybody out."""
    asked = 0

    def fail(_book: Book) -> None:
        nonlocal asked
        asked += 1
        raise sqlite3.OperationalError("database is locked")

    async with open_identity_room(tmp_path / "identity.sqlite") as room:
        found = await asyncio.gather(*(room.decide(fail) for _ in range(50)), return_exceptions=True)

    assert [type(each) for each in found] == [IdentityFailedError] * 50
    assert asked <= 10
