"""Slots: fixed by the name, never caught up on, spread over the period."""

from hypothesis import given
from hypothesis import strategies as st

from agent.schedule import Schedule, phase_ns

SECOND_NS = 1_000_000_000


@given(st.lists(st.integers(0, 30 * SECOND_NS), max_size=60), st.integers(0, 10**18))
def test_every_slot_is_used_once_or_counted_as_missed(steps: list[int], begin_ns: int) -> None:
    """Whatever the host does, slots used and missed add up to the slots that passed."""
    schedule: Schedule[str] = Schedule(begin_ns)
    schedule.add("ping", 5, "ping")
    first_ns = schedule.next_ns()
    assert first_ns is not None
    now_ns, used, missed = begin_ns, 0, 0
    for step in steps:
        now_ns += step
        for due in schedule.pop_due(now_ns):
            assert due.slot_ns <= now_ns < due.slot_ns + 5 * SECOND_NS
            used, missed = used + 1, missed + due.missed

    passed = 0 if now_ns < first_ns else (now_ns - first_ns) // (5 * SECOND_NS) + 1
    assert used + missed == passed


@given(st.text(), st.integers(1, 10**14))
def test_a_phase_lies_within_the_period_and_never_changes(name: str, period_ns: int) -> None:
    assert 0 <= phase_ns(name, period_ns) < period_ns
    assert phase_ns(name, period_ns) == phase_ns(name, period_ns)


def test_a_thousand_checks_are_spread_over_the_period() -> None:
    """A province must not ask all its routers in the same instant."""
    tenths = [0] * 10
    for number in range(1000):
        tenths[phase_ns(f"ping/router-{number}", 10 * SECOND_NS) // SECOND_NS] += 1

    assert min(tenths) > 60
    assert max(tenths) < 140


def test_jobs_of_the_same_slot_come_in_the_order_in_which_they_were_entered() -> None:
    schedule: Schedule[object] = Schedule(0)
    jobs = [object() for _ in range(3)]
    for job in jobs:
        schedule.add("the same name", 1, job)

    assert [due.job for due in schedule.pop_due(2 * SECOND_NS)] == jobs
