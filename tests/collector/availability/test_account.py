"""The account of a line: its parts sum to the period, nothing unseen counts as up, each loss has the right owner."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.availability.account import (
    OWNERS,
    Account,
    Interval,
    Outage,
    Owner,
    account,
    stretches,
    watched_only,
)
from collector.incident import Cause, Confidence, Incident, Scope, Trouble
from collector.journal.journal import Turn, joined
from collector.picture import State
from tests.peers.incidents import incident

FOREVER = [(0, 10_000)]


def held(began_ns: int, ended_ns: int | None, **given: object) -> Incident:
    stated = {"sites": ("a",), "subject": "a", "began_ns": began_ns, "ended_ns": ended_ns, **given}
    return incident(**stated)


def summed(turns: list[tuple[int, State]], incidents: tuple[Incident, ...] = (), watched: object = None) -> Account:
    every = stretches([Turn(*turn) for turn in turns], 0, 1000)
    return account(watched_only(every, watched or FOREVER), incidents, "a")  # type: ignore[arg-type]


SPANS = st.lists(st.tuples(st.integers(-500, 1500), st.integers(-500, 1500)), max_size=8)


@given(
    st.lists(st.tuples(st.integers(-500, 1500), st.sampled_from(State)), max_size=12).map(sorted),
    SPANS,
    st.lists(
        st.builds(
            held,
            st.integers(-500, 1500),
            st.none() | st.integers(-500, 1500),
            number=st.integers(1, 5),
            cause=st.sampled_from(Cause),
            scope=st.sampled_from(Scope),
            trouble=st.sampled_from(Trouble),
            folded_into=st.none() | st.integers(1, 5),
        ),
        max_size=5,
    ),
)
def test_the_parts_always_sum_to_the_period_and_shares_are_shares(
    turns: list[tuple[int, State]], spans: list[tuple[int, int]], incidents: list[Incident]
) -> None:
    every = stretches([Turn(*turn) for turn in turns], 0, 1000)
    found = account(watched_only(every, joined(spans, 0, 1000)), incidents, "a")

    assert found.period_ns == 1000
    assert min(found.up_ns, found.degraded_ns, found.unknown_ns, found.maintenance_ns) >= 0
    assert all(0 <= one.from_ns < one.until_ns <= 1000 for one in found.outages)
    assert all(a.until_ns <= b.from_ns for a, b in zip(found.outages, found.outages[1:], strict=False))
    assert sum(found.down_of(owner) for owner in Owner) == found.down_ns
    for share in (found.availability(), found.contracted()):
        assert share is None or -1e-9 <= share.least <= share.most <= 1 + 1e-9


def test_every_cause_has_an_owner() -> None:
    assert OWNERS.keys() == set(Cause)


def test_before_the_first_change_nothing_is_known() -> None:
    found = summed([(400, State.UP)])

    assert (found.unknown_ns, found.up_ns) == (400, 600)
    assert found.availability() == Interval(0.6, 1.0)


def test_a_state_from_before_the_period_goes_on_in_it() -> None:
    assert summed([(-50, State.UP), (900, State.DEGRADED)]).up_ns == 900


def test_what_nobody_watched_is_unknown_whatever_the_last_state_was() -> None:
    found = summed([(-50, State.UP), (500, State.DOWN)], watched=[(0, 100), (300, 600)])

    assert found.up_ns == 100 + 200
    assert found.down_ns == 100
    assert found.unknown_ns == 200 + 400


def test_an_outage_has_the_word_of_the_incident_that_covers_most_of_it() -> None:
    other = held(90, 110, number=3, cause=Cause.POWER)
    covering = held(100, 400, number=4, cause=Cause.ISP, confidence=Confidence.FINAL)
    found = summed([(-1, State.UP), (100, State.DOWN), (400, State.UP)], (other, covering))

    assert found.outages == (Outage(100, 400, Cause.ISP, Confidence.FINAL, 4),)
    assert found.down_of(Owner.PROVIDER) == 300


def test_an_outage_that_is_told_with_another_has_the_word_of_that_one() -> None:
    folded = held(100, 400, number=4, cause=Cause.UNKNOWN, folded_into=9)
    hub = held(100, 400, number=9, cause=Cause.POWER, scope=Scope.POWER_AREA, subject="p", confidence=Confidence.FINAL)
    found = summed([(-1, State.UP), (100, State.DOWN), (400, State.UP)], (folded, hub))

    assert [(one.cause, one.incident) for one in found.outages] == [(Cause.POWER, 9)]


def test_an_outage_that_no_incident_tells_of_is_nobodys_yet() -> None:
    found = summed([(-1, State.UP), (100, State.DOWN), (400, State.UP)])

    assert found.down_of(Owner.OPEN) == 300
    assert found.contracted() == Interval(0.7, 1.0)


def test_power_cuts_are_not_the_providers_and_its_own_faults_are() -> None:
    turns = [(-1, State.UP), (100, State.DOWN), (200, State.UP), (600, State.DOWN), (650, State.UP)]
    cut, line = held(100, 200, number=1, cause=Cause.POWER), held(600, 650, number=2, cause=Cause.ACCESS_LINK)
    found = summed(turns, (cut, line))

    assert found.availability() == Interval(pytest.approx(0.85), pytest.approx(0.85))
    assert found.contracted() == Interval(pytest.approx(0.95), pytest.approx(0.95))


def test_announced_work_counts_for_nobody() -> None:
    found = summed([(-1, State.UP), (500, State.MAINTENANCE)])

    assert found.availability() == Interval(1.0, 1.0)
    assert summed([(-1, State.MAINTENANCE)]).availability() is None


def test_what_a_backlog_told_of_unseen_time_is_no_longer_unknown() -> None:
    told = held(200, 300, cause=Cause.ACCESS_LINK, confidence=Confidence.FINAL, silent_because="past")
    found = summed([(-1, State.UP), (100, State.UNKNOWN), (500, State.UP)], (told,))

    assert (found.unknown_ns, found.down_ns, found.down_of(Owner.PROVIDER)) == (300, 100, 100)
    many = msgspec.structs.replace(told, scope=Scope.HUB, subject="h")
    assert summed([(-1, State.UP), (100, State.UNKNOWN), (500, State.UP)], (many,)).down_ns == 0
