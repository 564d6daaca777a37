"""Which sequence numbers have been seen, as ranges; a few numbers stand for years of an agent's work."""

from bisect import bisect_right
from collections.abc import Iterable

Ranges = tuple[tuple[int, int], ...]
"""Closed ranges (first, last), ascending, with at least one number missing between two of them."""


def contains(ranges: Ranges, number: int) -> bool:
    """Whether the number lies in one of the ranges."""
    place = bisect_right(ranges, (number, _ABOVE_ALL))
    return place > 0 and ranges[place - 1][1] >= number


def add(ranges: Ranges, numbers: Iterable[int]) -> Ranges:
    """The ranges with the numbers in them."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted([*ranges, *((number, number) for number in numbers)]):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


_ABOVE_ALL = 2**64
