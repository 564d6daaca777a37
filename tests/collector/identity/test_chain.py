"""The chain of a key: one machine on a bad line is never suspected, two machines with one key always are."""

import hashlib
from collections.abc import Callable
from itertools import count

from hypothesis import given
from hypothesis import strategies as some

from collector.identity.chain import Chain, advance

START = "0" * 32


class Collector:
    """What a key's chain says, as the collector would keep it."""

    def __init__(self) -> None:
        self.chain = Chain(START)
        self._draw: Callable[[], str] = map("root-{}".format, count()).__next__

    def take(self, presented: str, request: bytes) -> str | None:
        stepped = advance(self.chain, presented, hashlib.sha256(request).digest()[:16], self._draw())
        if stepped is None:
            return None
        self.chain = stepped[0]
        return stepped[1]


@given(some.lists(some.sampled_from(["heard", "answer lost", "power cut", "doubled", "not arrived"]), max_size=200))
def test_one_machine_is_never_suspected_whatever_the_line_does(line: list[str]) -> None:
    collector, held, before = Collector(), START, START
    for number, what in enumerate(line):
        mark = str(number).encode()
        if what == "not arrived":
            continue
        if what == "power cut":
            held = before  # the newest value was not on the disk yet; what was presented was
        before = held
        answered = collector.take(held, mark)
        assert answered is not None
        if what == "doubled":
            assert collector.take(held, mark) == answered
        if what != "answer lost":
            held = answered


@given(some.lists(some.sampled_from("ab"), min_size=1, max_size=60), some.integers(0, 5))
def test_a_copied_disk_is_found_once_both_copies_have_sent_twice(order: list[str], history: int) -> None:
    collector, held = Collector(), START
    for number in range(history):
        held = collector.take(held, b"before %d" % number) or ""
    copies = {"a": held, "b": held}
    sent = {"a": 0, "b": 0}
    for number, who in enumerate(order):
        answered = collector.take(copies[who], b"%s %d" % (who.encode(), number))
        sent[who] += 1
        if answered is None:
            return
        copies[who] = answered

    assert min(sent.values()) < 2


def test_a_repeated_request_changes_nothing_for_ever() -> None:
    collector = Collector()
    first = collector.take(START, b"captured")
    assert first is not None

    assert {collector.take(START, b"captured") for _ in range(1000)} == {first}
    assert collector.take(first, b"next") is not None


def test_a_machine_whose_disk_takes_nothing_presents_one_value_for_years_and_any_answer_to_it_is_good() -> None:
    """The disk may keep any of them: the write that was told as failed may have reached it."""
    collector = Collector()
    answers = [collector.take(START, b"%d" % number) for number in range(10_000)]

    assert len({*answers}) == len(answers)
    for answer in (answers[0], answers[5_000], answers[-1]):
        again = Collector()
        again.chain = collector.chain
        assert again.take(answer or "", b"after the restart") is not None


def test_a_value_that_nobody_gave_is_not_taken() -> None:
    collector = Collector()
    answer = collector.take(START, b"1") or ""
    wrong = [f"{int(answer, 16) ^ (1 << bit):032x}" for bit in range(128)]

    assert [collector.take(value, b"2") for value in wrong] == [None] * len(wrong)


def test_an_old_value_is_not_taken() -> None:
    collector = Collector()
    first = collector.take(START, b"1") or ""
    second = collector.take(first, b"2") or ""
    collector.take(second, b"3")

    assert collector.take(START, b"4") is None
    assert collector.take(first, b"4") is None
    assert collector.take(second, b"4") is not None
