"""Stretches of time, and what is left of one without others; pure."""

from collections.abc import Iterable

Span = tuple[float, float]
"""From and to, in seconds since the replay began."""


def without(whole: Span, holes: Iterable[Span]) -> list[Span]:
    """What of a stretch lies in none of the holes, in the order of time."""
    left: list[Span] = []
    at = whole[0]
    for start, end in sorted(holes):
        if start > at and at < whole[1]:
            left.append((at, min(start, whole[1])))
        at = max(at, end)
    if at < whole[1]:
        left.append((at, whole[1]))
    return left


def shared(one: Span, other: Span) -> float:
    """Seconds that lie in both."""
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))


def longest(spans: Iterable[Span]) -> float:
    """Seconds of the longest; 0 of none."""
    return max((end - start for start, end in spans), default=0.0)


def likeness(one: Span, other: Span) -> float:
    """1 where both are the same time, 0 where they share nothing: what they share of what either covers."""
    both = shared(one, other)
    either = (one[1] - one[0]) + (other[1] - other[0]) - both
    return both / either if either > 0 else float(one == other)
