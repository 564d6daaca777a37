"""Stretches of time: what is left, what is shared."""

from hypothesis import given
from hypothesis import strategies as st

from lab.world.spans import Span, likeness, longest, shared, without

SPANS = st.tuples(st.integers(0, 60), st.integers(1, 30)).map(lambda each: (float(each[0]), float(sum(each))))


@given(SPANS, st.lists(SPANS, max_size=6))
def test_what_is_left_are_the_moments_in_none_of_the_holes(whole: Span, holes: list[Span]) -> None:
    left = without(whole, holes)
    moments = [at + 0.5 for at in range(100)]

    def within(at: float, spans: list[Span]) -> bool:
        return any(start <= at < end for start, end in spans)

    assert [at for at in moments if within(at, left)] == [
        at for at in moments if within(at, [whole]) and not within(at, holes)
    ]
    assert all(start < end for start, end in left)
    assert left == sorted(left)
    assert longest(left) <= whole[1] - whole[0]


@given(SPANS, SPANS)
def test_only_equal_times_are_wholly_alike(one: Span, other: Span) -> None:
    assert likeness(one, one) == 1.0
    assert 0.0 <= likeness(one, other) <= 1.0
    assert (likeness(one, other) == 0.0) is (shared(one, other) == 0.0)
    assert likeness((5.0, 5.0), (5.0, 5.0)) == 1.0
