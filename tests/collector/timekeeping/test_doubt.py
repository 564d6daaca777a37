"""A clock that cannot be right is seen, by whatever is known; and no single agent makes a right one look wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.timekeeping.doubt import Witness, consensus, doubt, is_absurd
from shared.release import BUILT_NS, LONGEST_LIFE_NS

SECOND_NS = 10**9
DAY_NS = 86_400 * SECOND_NS
NOW_NS = BUILT_NS + 100 * DAY_NS
YEAR_NS = 365 * DAY_NS


@pytest.mark.parametrize(
    ("shown_ns", "known_ns", "agents_ns", "follows", "word"),
    [
        (NOW_NS, NOW_NS, None, False, ""),
        (NOW_NS, 0, None, False, ""),
        (NOW_NS - DAY_NS + 1, NOW_NS, None, False, ""),
        (NOW_NS - 2 * DAY_NS, NOW_NS, None, False, "behind what came before"),
        (NOW_NS - 2 * DAY_NS, NOW_NS, None, True, ""),
        (NOW_NS - 2 * DAY_NS, NOW_NS, NOW_NS - 2 * DAY_NS, False, ""),
        (NOW_NS + 3 * YEAR_NS, NOW_NS, None, False, ""),
        (NOW_NS + 3 * YEAR_NS, NOW_NS, NOW_NS, False, "another day than those of agents"),
        (NOW_NS + 3 * YEAR_NS, NOW_NS, NOW_NS, True, ""),
        (NOW_NS + 3600 * SECOND_NS, NOW_NS, NOW_NS, False, ""),
        (12 * SECOND_NS, NOW_NS, None, True, "cannot run"),
        (12 * SECOND_NS, 0, 12 * SECOND_NS, True, "cannot run"),
        (4_039_372_800 * SECOND_NS, NOW_NS, 4_039_372_800 * SECOND_NS, True, "cannot run"),
    ],
)
def test_what_is_known_decides_whether_a_clock_can_be_right(
    shown_ns: int, known_ns: int, agents_ns: int | None, follows: bool, word: str
) -> None:
    found = doubt(shown_ns, BUILT_NS, known_ns, agents_ns, follows=follows)

    assert word in found
    assert bool(word) is bool(found)


def test_the_ends_of_what_can_be() -> None:
    assert [is_absurd(ns, BUILT_NS) for ns in (BUILT_NS - DAY_NS - 1, BUILT_NS - DAY_NS)] == [True, False]
    assert [is_absurd(BUILT_NS + LONGEST_LIFE_NS - n, BUILT_NS) for n in (0, 1)] == [True, False]


def agents(*ahead_seconds: float, heard_ns: int = 0) -> list[Witness]:
    return [Witness(heard_ns, NOW_NS + int(each * SECOND_NS)) for each in ahead_seconds]


def test_agents_are_believed_where_they_are_several_and_agree() -> None:
    assert consensus(agents(0, 1, 2), 7) == NOW_NS + SECOND_NS + 7
    assert consensus(agents(0, 1, 3 * 10**8), 0) == NOW_NS + SECOND_NS, "one in three may be wrong"
    assert consensus(agents(0, 3 * 10**8), 0) is None
    assert consensus(agents(0, 10**8, 2 * 10**8), 0) is None
    assert consensus(agents(0, 1, 2), 601 * SECOND_NS) is None, "they were heard long ago"


@given(st.lists(st.integers(-50, 50), min_size=3, max_size=30), st.integers(-(10**9), 10**9))
def test_one_agent_alone_moves_what_all_agree_on_by_no_more_than_they_differ(rest: list[int], lie: int) -> None:
    honest = consensus(agents(*rest), 0)
    found = consensus(agents(*rest, lie), 0)

    assert found is None or honest is None or min(rest) * SECOND_NS <= found - NOW_NS <= max(rest) * SECOND_NS
