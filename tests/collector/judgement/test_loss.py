"""Loss that chance explains is no fault of a line, however few packets there are and however long one looks."""

import math

from hypothesis import given
from hypothesis import strategies as st

from collector.judgement.loss import is_loss, least_lost, spells


def likely(sent: int, least: int, ratio: float) -> float:
    """The probability that at least so many of ``sent`` are lost."""
    return sum(math.comb(sent, lost) * ratio**lost * (1 - ratio) ** (sent - lost) for lost in range(least, sent + 1))


@given(st.integers(1, 300), st.floats(0.001, 0.5), st.floats(0.5, 5.0))
def test_chance_explains_one_packet_less_and_not_this_many(sent: int, ratio: float, deviations: float) -> None:
    rare = math.erfc(deviations / math.sqrt(2)) / 2
    least = least_lost(sent, ratio, deviations)

    assert least > sent or likely(sent, least, ratio) <= rare * 1.000001
    assert likely(sent, least - 1, ratio) >= rare * 0.999999


def test_a_month_of_a_province_whose_lines_lose_two_of_a_hundred_degrades_none_by_chance() -> None:
    """193 lines, a train of five packets every eight seconds: 62 million looks at the latest thirty, at most."""
    looks = 193 * 30 * 86_400 / 8
    assert looks * likely(150, least_lost(150, 0.05, 3.0), 0.02) < 0.15

    returns = 1000  # a month's outages, each followed by looks at few packets: six trains to thirty
    assert returns * sum(likely(5 * n, least_lost(5 * n, 0.05, 3.0), 0.02) for n in range(6, 30)) < 0.01


def test_what_is_lost_all_at_once_is_one_spell() -> None:
    assert spells([0.0, 1.0, 1.0, 0.0, 0.2, 0.2, 1.0]) == 4
    assert spells([]) == 0

    blip = [0.0] * 10 + [1.0, 1.0] + [0.2] + [0.0] * 10
    assert not is_loss(blip, 55, 115, ratio=0.05, deviations=3.0)
    assert is_loss([*blip, 0.2], 56, 120, ratio=0.05, deviations=3.0)
