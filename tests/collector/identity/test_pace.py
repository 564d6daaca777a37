"""How often a machine may take a new key: a few times a day, and again once the oldest of them is a day old."""

from pathlib import Path

from collector.identity.book import open_book
from collector.identity.pace import wait_seconds
from collector.identity.records import Invitation, Key, Later, Rotation, Successor

DAY, SECOND_NS = 86_400, 1_000_000_000
CHAIN = "1" * 32


def wait(born: list[int], now: int, most: int = 2) -> int:
    return wait_seconds([each * SECOND_NS for each in born], now * SECOND_NS, most)


def test_the_oldest_of_a_day_has_to_be_a_day_old() -> None:
    assert wait([], 0) == wait([5], 6) == 0
    assert wait([0, 100], 200) == DAY - 200 + 1
    assert wait([0, 100], DAY - 1) == 2
    assert wait([0, 100], DAY + 1) == 0
    assert wait([0, 100, DAY + 1], DAY + 2) == 99, "of the newest that many counts the oldest"


def test_keys_that_a_clock_ahead_of_the_truth_dated_keep_nobody_waiting() -> None:
    assert wait([10 * DAY, 20 * DAY, 5], 6) == 0


def test_a_machine_that_was_told_to_wait_has_another_key_a_day_later(tmp_path: Path) -> None:
    with open_book(tmp_path / "identity.sqlite", keys_a_day=2) as book:
        invitation = Invitation(id="i", verifier=b"", agent="a", site="s", expires_wall_ns=DAY * SECOND_NS)
        book.invite(invitation)
        assert isinstance(book.enrol(invitation, "k0", b"k0", CHAIN, 0), Key)

        def rotated(new: str, at: int) -> Rotation:
            successor = Successor(key_id=new, public=new.encode(), enrolled_wall_ns=at * SECOND_NS)
            return book.rotate("k0", successor, CHAIN, b"m" * 16, "f" * 32)

        assert isinstance(rotated("k1", 10), tuple)
        assert rotated("k2", 20) == Later(keys=2, wait_seconds=DAY - 20 + 1)
        assert book.find("k2") is None
        assert isinstance(rotated("k1", 20), tuple), "the same again is none"
        assert isinstance(rotated("k2", DAY + 1), tuple)
