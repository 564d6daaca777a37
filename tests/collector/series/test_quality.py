"""The last day of a site: late trains find their place, old ones go, and numbers that are none spoil nothing."""

import math

import pytest

from collector.series.quality import SLOT_S, SLOTS, Quality, Slot, Train

SECOND_NS = 1_000_000_000
DAWN_S = 1_000_000_200
DAY_S = SLOT_S * SLOTS


def lived(*trains: Train, at_s: int = 0) -> tuple[Slot, ...]:
    quality = Quality()
    for train in trains:
        quality.take("a", (DAWN_S + at_s) * SECOND_NS, train)
    return quality.day("a", DAWN_S + at_s).slots


def test_the_last_day_forgets_what_is_older_and_takes_late_trains() -> None:
    quality = Quality()
    for at_s in (0, DAY_S - SLOT_S, 10):
        quality.take("a", (DAWN_S + at_s) * SECOND_NS, Train(5, 0.2, 0.01))

    assert [slot.loss_ratio for slot in quality.day("a", DAWN_S + DAY_S - 1).slots] == pytest.approx([0.2, 0.2])
    quality.take("a", (DAWN_S + DAY_S) * SECOND_NS, Train(5, 1.0))
    newest = quality.day("a", DAWN_S + DAY_S).slots
    assert [(slot.loss_ratio, slot.rtt_seconds is None) for slot in newest] == [
        (pytest.approx(0.2), False),
        (1.0, True),
    ]
    assert quality.day("b", 0).slots == ()


def test_a_slot_has_the_fastest_and_the_slowest_packet_and_the_slowest_median() -> None:
    (slot,) = lived(
        Train(5, 0.0, 0.02, 0.01, 0.05), Train(5, 1.0), Train(5, 0.0, 0.03, 0.012, 0.04), Train(5, 0.2, 0.025)
    )

    assert (slot.low_seconds, slot.rtt_seconds, slot.high_seconds) == pytest.approx((0.01, 0.03, 0.05))
    assert slot.loss_ratio == pytest.approx(0.3)
    assert slot.sent == 20


def test_where_no_train_told_its_spread_the_medians_are_the_spread() -> None:
    (slot,) = lived(Train(5, 0.0, 0.02), Train(5, 0.0, 0.03))

    assert (slot.low_seconds, slot.rtt_seconds, slot.high_seconds) == pytest.approx((0.02, 0.03, 0.03))


def test_a_slot_that_is_used_again_remembers_nothing() -> None:
    quality = Quality()
    quality.take("a", DAWN_S * SECOND_NS, Train(5, 0.5, 0.5, 0.1, 0.9))
    quality.take("a", (DAWN_S + DAY_S) * SECOND_NS, Train(5, 0.0, 0.02))
    (slot,) = quality.day("a", DAWN_S + DAY_S).slots

    assert (slot.low_seconds, slot.high_seconds, slot.loss_ratio) == pytest.approx((0.02, 0.02, 0.0))


@pytest.mark.parametrize(
    "wrong",
    [
        Train(math.nan, 0.0, 0.02),
        Train(0, 0.0, 0.02),
        Train(1e300, 0.0, 0.02),
        Train(5, math.nan, 0.02),
        Train(5, -0.1, 0.02),
        Train(5, 1.1, 0.02),
        Train(5, 0.0, math.nan),
        Train(5, 0.0, math.inf),
        Train(5, 0.0, -0.02),
        Train(5, 0.0, 0.02, math.nan, 0.03),
        Train(5, 0.0, 0.02, 0.01, 1e300),
    ],
    ids=str,
)
def test_a_number_that_is_none_spoils_no_day(wrong: Train) -> None:
    """One of them in a sum, and all that comes after it is drawn as nonsense."""
    assert lived(wrong) == ()
    assert len(lived(wrong, Train(5, 0.0, 0.02))) == 1


def test_a_spread_that_contradicts_its_median_is_widened() -> None:
    (slot,) = lived(Train(5, 0.0, 0.02, 0.03, 0.01))

    assert (slot.low_seconds, slot.high_seconds) == pytest.approx((0.02, 0.02))


def test_a_day_says_when_the_newest_train_was_and_since_when_it_is_kept() -> None:
    quality = Quality(DAWN_S - 900)
    assert quality.day("a", DAWN_S).newest_s is None
    for at_s in (100, 160, 40):
        quality.take("a", (DAWN_S + at_s) * SECOND_NS, Train(5, 0.0, 0.02))

    day = quality.day("a", DAWN_S + 200)
    assert day.newest_s == DAWN_S + 160
    assert day.since_s == DAWN_S - 900
