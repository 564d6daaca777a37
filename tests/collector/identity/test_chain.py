"""The chain of a key: one machine on a bad line is never suspected, two machines with one key always are."""

from collections.abc import Callable
from itertools import count

from hypothesis import given
from hypothesis import strategies as some

from collector.identity.chain import Chain, advance


class Collector:
    """What a key's chain says, as the collector would keep it."""

    def __init__(self) -> None:
        self.chain = Chain("start")
        self._draw: Callable[[], str] = map("value-{}".format, count()).__next__

    def take(self, presented: str, mark: bytes) -> str | None:
        stepped = advance(self.chain, presented, mark, self._draw())
        if stepped is None:
            return None
        self.chain = stepped[0]
        return stepped[1]


@given(some.lists(some.sampled_from(["heard", "answer lost", "power cut", "doubled", "not arrived"]), max_size=200))
def test_one_machine_is_never_suspected_whatever_the_line_does(line: list[str]) -> None:
    collector, held, before = Collector(), "start", "start"
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
    collector, held = Collector(), "start"
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
    first = collector.take("start", b"captured")
    assert first is not None

    assert {collector.take("start", b"captured") for _ in range(1000)} == {first}
    assert collector.take(first, b"next") is not None


def test_an_old_value_is_not_taken() -> None:
    collector = Collector()
    first = collector.take("start", b"1") or ""
    second = collector.take(first, b"2") or ""
    collector.take(second, b"3")

    assert collector.take("start", b"4") is None
    assert collector.take(first, b"4") is None
    assert collector.take(second, b"4") is not None
