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
    return normal([*ranges, *((number, number) for number in numbers)])


def normal(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The same numbers as ascending ranges that neither touch nor overlap."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def without(ranges: Ranges, others: Ranges) -> Ranges:
    """The numbers that are in ``ranges`` and not in ``others``."""
    left: list[tuple[int, int]] = []
    place = 0
    for first, last in ranges:
        begin = first
        while place < len(others) and others[place][1] < begin:
            place += 1
        at = place
        while at < len(others) and others[at][0] <= last:
            if others[at][0] > begin:
                left.append((begin, others[at][0] - 1))
            begin = others[at][1] + 1
            at += 1
        if begin <= last:
            left.append((begin, last))
    return tuple(left)


def within(ranges: Ranges, first: int, last: int) -> Ranges:
    """The numbers of ranges from ``first`` to ``last``, in time that does not grow with the ranges beside."""
    begin = max(0, bisect_right(ranges, (first, _ABOVE_ALL)) - 1)
    end = bisect_right(ranges, (last, _ABOVE_ALL))
    cut = ((max(first, a), min(last, b)) for a, b in ranges[begin:end])
    return tuple(run for run in cut if run[0] <= run[1])


def common(ranges: Ranges, others: Ranges) -> Ranges:
    """The numbers that are in both."""
    return without(ranges, without(ranges, others))


def count(ranges: Ranges) -> int:
    """How many numbers there are."""
    return sum(last - first + 1 for first, last in ranges)


_ABOVE_ALL = 2**64
