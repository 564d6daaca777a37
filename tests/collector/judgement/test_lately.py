"""The last day in slots: the most that were down, gaps where nobody judged, and little to write."""

from hypothesis import given
from hypothesis import strategies as st

from collector.judgement.lately import SLOT_NS, SLOTS, Lately

NOW_NS = 1_790_000_000_000_000_000 // SLOT_NS * SLOT_NS


def test_slots_without_an_evaluation_are_gaps_and_not_zero() -> None:
    lately = Lately({NOW_NS - 3 * SLOT_NS: 2})
    lately.take(NOW_NS + 5, 0)

    assert lately.view(NOW_NS + 5)[-4:] == (2, None, None, 0)
    assert len(lately.view(NOW_NS + 5)) == SLOTS


@given(st.lists(st.tuples(st.integers(0, 3 * SLOTS), st.integers(0, 20)), max_size=200))
def test_what_is_written_is_what_is_shown_after_a_restart(evaluations: list[tuple[int, int]]) -> None:
    """In any order: a clock may step back."""
    lately, written = Lately({}), dict[int, int]()
    for slot, down in evaluations:
        new = lately.take(NOW_NS + slot * SLOT_NS + 7, down)
        if new is not None:
            written[new[0]] = max(new[1], written.get(new[0], 0))
    newest = NOW_NS + max((slot for slot, _ in evaluations), default=0) * SLOT_NS
    most = {slot: max(down for at, down in evaluations if at == slot) for slot, _ in evaluations}

    assert Lately(written).view(newest)[-1] == most.get((newest - NOW_NS) // SLOT_NS)
    assert written == {NOW_NS + slot * SLOT_NS: down for slot, down in most.items()}


def test_an_evaluation_that_says_nothing_new_is_not_written() -> None:
    lately = Lately({})
    assert lately.take(NOW_NS, 4) == (NOW_NS, 4)
    assert lately.take(NOW_NS + 1, 4) is None
    assert lately.take(NOW_NS + 2, 1) is None
    assert lately.take(NOW_NS + 3, 5) == (NOW_NS, 5)
