"""Losses by chance: as many as there should be, the same however one asks, and none that matters is passed over."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lab.world.chance import Chance
from lab.world.strain import PACKETS


def test_as_many_packets_are_lost_as_the_ratio_says() -> None:
    chance = Chance(3, 0.02)
    trains = 60_000
    losses = [chance.lost("line", train) for train in range(trains)]
    packets = trains * PACKETS

    assert abs(sum(losses) / packets - 0.02) < 4 * (0.02 * 0.98 / packets) ** 0.5
    # Each by itself: a train loses two of five as often as two coins of five show the rare side.
    twos = 10 * 0.02**2 * 0.98**3
    assert abs(losses.count(2) / trains - twos) < 4 * (twos / trains) ** 0.5


@given(st.lists(st.integers(0, 20_000), max_size=30), st.integers(0, 9))
@settings(max_examples=20)
def test_the_order_in_which_one_asks_changes_nothing(trains: list[int], seed: int) -> None:
    one, other = Chance(seed, 0.05), Chance(seed, 0.05)

    assert [one.lost("a", train) for train in trains] == [other.lost("a", train) for train in reversed(trains)][::-1]


def test_lines_and_seeds_have_losses_of_their_own() -> None:
    def losses(seed: int, line: str) -> list[int]:
        return [Chance(seed, 0.05).lost(line, train) for train in range(200)]

    assert losses(1, "a") != losses(1, "b")
    assert losses(1, "a") != losses(2, "a")
    assert losses(1, "a") == losses(1, "a")


@given(st.integers(0, 50), st.floats(0.01, 0.5), st.integers(0, 3000), st.integers(1, 2500), st.integers(2, 40))
@settings(max_examples=60, deadline=None)
def test_the_first_window_that_matters_is_the_one_that_counting_finds(
    seed: int, ratio: float, first: int, length: int, enough: int
) -> None:
    chance, window = Chance(seed, ratio), 30
    last = first + length
    counted = [chance.lost("line", train) if train >= 0 else 0 for train in range(first - window, last)]
    expected = next(
        (
            train
            for train in range(first, last)
            if counted[train - first + window] >= PACKETS
            or (
                counted[train - first + window] > 0
                and sum(counted[train - first + 1 : train - first + window + 1]) >= enough
            )
        ),
        None,
    )

    assert chance.first_matter("line", first, last, window, enough) == expected


def test_a_line_without_losses_never_matters() -> None:
    assert Chance(1, 0.0).first_matter("line", 0, 10**9, 30, 1) is None
    assert Chance(1, 0.0).lost("line", 5) == 0
