"""A follower runs once for a change that holds, never for one lost packet, not at each turn of a flapping link."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from agent.following import LEAST_APART_NS, RUNS, Standing, step

SECOND_NS = 1_000_000_000


def due(runs: list[bool], apart_seconds: int = 30) -> list[int]:
    """At which runs the follower was due."""
    standing: Standing | None = None
    found = []
    for number, good in enumerate(runs):
        standing, now = step(standing, good, number * apart_seconds * SECOND_NS)
        if now:
            found.append(number)
    return found


def test_a_link_that_goes_and_comes_back_is_followed_at_each_change_that_holds() -> None:
    assert due([True] * 5 + [False] * 20 + [True] * 20) == [7, 27]


@given(st.lists(st.integers(1, RUNS - 1), max_size=20))
def test_what_does_not_hold_is_no_change(losses: list[int]) -> None:
    runs = [run for lost in losses for run in [*([False] * lost), True]]

    assert due([True, *runs]) == []


@given(st.lists(st.booleans(), max_size=300), st.integers(1, 60))
def test_two_are_never_nearer_than_five_minutes(runs: list[bool], apart_seconds: int) -> None:
    found = due(runs, apart_seconds)

    assert all(
        (late - early) * apart_seconds * SECOND_NS >= LEAST_APART_NS for early, late in itertools.pairwise(found)
    )


def test_a_target_that_is_away_from_the_start_is_no_change() -> None:
    assert due([False] * 50) == []
