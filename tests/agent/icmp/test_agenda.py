"""The agenda: each thing comes up at its moment, in order, once."""

from hypothesis import given
from hypothesis import strategies as st

from agent.icmp.agenda import Agenda


@given(st.lists(st.integers(0, 20)), st.lists(st.integers(0, 25), max_size=5))
def test_everything_is_due_once_in_the_order_of_time(moments: list[int], asked: list[int]) -> None:
    agenda = Agenda[int]()
    for number, at_ns in enumerate(moments):
        agenda.add(at_ns, number)

    taken: list[int] = []
    for now_ns in [*sorted(asked), 25]:
        taken += [number for _, due in agenda.take(now_ns) for number in due]
        assert sorted(taken) == [number for number, at_ns in enumerate(moments) if at_ns <= now_ns]

    assert taken == sorted(range(len(moments)), key=lambda number: moments[number])
    assert agenda.next_ns is None


def test_what_is_added_while_it_is_read_is_due_at_once() -> None:
    """A train that is behind sends all that it missed in one go."""
    agenda = Agenda[str]()
    agenda.add(1, "first")
    seen = []
    for at_ns, due in agenda.take(3):
        seen += due
        if at_ns < 5:
            agenda.add(at_ns + 1, f"after {at_ns}")

    assert seen == ["first", "after 1", "after 2"]
    assert agenda.next_ns == 4
