"""How checks stand on targets: what a run says, what it does not say, and how little is remembered of it."""

import pytest

from agent.onsite.standing import Standing, after
from shared.wire.reading import Outcome, Reading
from tests.peers.village import SECOND_NS
from tests.peers.way_out import reading

PERIOD_NS = 10 * SECOND_NS


def stand(*readings: Reading, service: bool = False) -> Standing | None:
    standing: Standing | None = None
    for one in readings:
        standing = after(standing, one, PERIOD_NS, service=service)
    return standing


def row(*lost: int, begin_s: int = 0) -> list[Reading]:
    """Trains of five packets ten seconds apart; five lost is a train without an answer."""
    return [
        reading("t", begin_s + 10 * number, Outcome.TIMEOUT if each == 5 else Outcome.OK, lost=each)
        for number, each in enumerate(lost)
    ]


@pytest.mark.parametrize(
    ("outcome", "way", "service"),
    [
        (Outcome.OK, True, True),
        (Outcome.TIMEOUT, False, False),
        (Outcome.UNREACHABLE, False, False),
        (Outcome.REFUSED, True, False),
        (Outcome.ERROR, None, False),
        (Outcome.DENIED, None, False),
        (Outcome.MALFORMED, None, False),
    ],
)
def test_each_outcome_has_its_meaning_for_a_device_on_the_way_and_for_a_service(
    outcome: Outcome, way: bool | None, service: bool
) -> None:
    """A router that closes a port is there; a machine that could not send knows nothing of it."""
    found = stand(reading("t", 1, outcome, kind="tcp"))
    served = stand(reading("t", 1, outcome, kind="http"), service=True)

    assert (found and found.answers) is way
    assert served is not None
    assert served.answers is service


def test_a_voided_run_says_nothing_and_what_was_known_grows_old() -> None:
    before = stand(*row(0))
    assert stand(*row(0), reading("t", 10, Outcome.TIMEOUT, voided="the agent was late")) == before
    assert stand(reading("t", 10, voided="the agent was late")) is None


def test_since_is_the_first_run_that_ended_like_the_newest() -> None:
    lost = stand(*row(0, 0, 5, 5))
    back = stand(*row(0, 0, 5, 5, 0, 0))
    never = stand(*row(5, 5))

    assert lost is not None
    assert back is not None
    assert never is not None
    assert (lost.answers, lost.since_ns, lost.first) == (False, 20 * SECOND_NS, False)
    assert (back.answers, back.since_ns, back.first) == (True, 40 * SECOND_NS, False)
    assert (never.since_ns, never.first) == (0, True)


def test_a_gap_begins_anew_for_nobody_knows_what_was_in_it() -> None:
    found = stand(*row(0, 0), *row(0, begin_s=60))

    assert found is not None
    assert (found.since_ns, found.first, len(found.runs)) == (60 * SECOND_NS, True, 1)


@pytest.mark.parametrize(
    ("lost", "lossy"),
    [
        ((0, 0, 0, 0, 0, 0, 0, 0, 0, 0), False),
        ((2,), False),
        ((0, 0, 0, 0, 1, 0, 0, 0, 1, 0), False),
        ((1, 1, 1), True),
        ((0, 0, 0, 0, 2, 0, 0, 1, 2, 0), True),
        ((0, 0, 0, 0, 0, 5, 0, 0, 0, 0), True),
        ((0, 0, 5, 5, 5, 0), False),
        ((3, 3, *[0] * 10), False),
    ],
    ids=["none", "two of five, once", "two of fifty", "three of fifteen", "a tenth", "one train", "an outage", "past"],
)
def test_much_loss_is_a_tenth_of_the_latest_trains_and_an_outage_that_is_over_is_none(
    lost: tuple[int, ...], lossy: bool
) -> None:
    found = stand(*row(*lost))

    assert found is not None
    assert found.answers
    assert found.lossy is lossy


def test_slow_is_half_of_the_latest_runs_and_more_than_one() -> None:
    quick, slow = {"seconds": 0.02}, {"seconds": 0.9}
    once = stand(reading("t", 0, **slow))  # type: ignore[arg-type]
    twice = stand(reading("t", 0, **slow), reading("t", 10, **slow))  # type: ignore[arg-type]
    seldom = stand(*(reading("t", 10 * n, **(slow if n < 2 else quick)) for n in range(5)))  # type: ignore[arg-type]

    assert [found and found.slow for found in (once, twice, seldom)] == [False, True, False]


def test_memory_is_bounded_whatever_comes() -> None:
    found = stand(*row(*[number % 6 for number in range(10_000)]))

    assert found is not None
    assert len(found.runs) <= 10


def test_runs_that_are_far_apart_are_not_added_up_over_hours() -> None:
    standing: Standing | None = None
    for number in range(20):
        standing = after(standing, reading("t", 300 * number, lost=1), 300 * SECOND_NS, service=False)

    assert standing is not None
    assert len(standing.runs) == 3
