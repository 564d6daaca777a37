"""When something was seen well and when not, as spans that late looks still fill in; it keeps no endless past."""

from bisect import bisect_right

import msgspec
from msgspec.structs import replace


class Span(msgspec.Struct, frozen=True, gc=False):
    """Observations of one kind without another between them."""

    good: bool
    first_ns: int
    last_ns: int


class Spans:
    """Spans in the order of time, none overlapping another.

    Two observations belong to one span where no longer than ``gap_ns`` lies between them: of a longer time nothing is
    claimed. At most ``keep`` spans are held.
    """

    __slots__ = ("_gap_ns", "_keep", "_spans")

    def __init__(self, gap_ns: int, keep: int = 64) -> None:
        self._gap_ns = gap_ns
        self._keep = keep
        self._spans: list[Span] = []

    def see(self, at_ns: int, good: bool) -> None:
        """One observation, in any order of time."""
        spans = self._spans
        newest = spans[-1] if spans else None
        if newest is not None and newest.good is good and 0 < at_ns - newest.last_ns <= self._gap_ns:
            spans[-1] = Span(good, newest.first_ns, at_ns)
            return
        place = bisect_right(spans, at_ns, key=lambda span: span.first_ns)
        left = spans[place - 1] if place else None
        if left is not None and at_ns <= left.last_ns:
            if left.good is not good:
                self._split(place - 1, at_ns, good)
            return
        right = spans[place] if place < len(spans) else None
        joins_left = left is not None and left.good is good and at_ns - left.last_ns <= self._gap_ns
        joins_right = right is not None and right.good is good and right.first_ns - at_ns <= self._gap_ns
        if joins_left and joins_right and left is not None and right is not None:
            spans[place - 1 : place + 1] = [replace(left, last_ns=right.last_ns)]
        elif joins_left and left is not None:
            spans[place - 1] = replace(left, last_ns=at_ns)
        elif joins_right and right is not None:
            spans[place] = replace(right, first_ns=at_ns)
        else:
            spans.insert(place, Span(good, at_ns, at_ns))
            del spans[: -self._keep]

    def within(self, first_ns: int, last_ns: int) -> list[Span]:
        """The parts of spans that lie in a closed interval."""
        return [
            Span(span.good, max(span.first_ns, first_ns), min(span.last_ns, last_ns))
            for span in self._spans
            if span.last_ns >= first_ns and span.first_ns <= last_ns
        ]

    def latest(self) -> Span | None:
        """The span of the newest observation."""
        return self._spans[-1] if self._spans else None

    def _split(self, place: int, at_ns: int, good: bool) -> None:
        """An observation that contradicts a span in its midst ends it there; what is after it stays what it was."""
        span = self._spans[place]
        parts = [Span(span.good, span.first_ns, at_ns - 1)] if span.first_ns < at_ns else []
        parts.append(Span(good, at_ns, at_ns))
        if span.last_ns > at_ns:
            parts.append(Span(span.good, at_ns + 1, span.last_ns))
        self._spans[place : place + 1] = parts
        del self._spans[: -self._keep]
