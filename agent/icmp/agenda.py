"""Who is due when: what falls on the same nanosecond shares one entry; it reads no clock and sends nothing."""

import heapq
from collections.abc import Iterator
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Agenda(Generic[_T]):
    """Trains start on ticks, so that hundreds are due at one moment, and a heap of moments stays small."""

    def __init__(self) -> None:
        self._moments: list[int] = []
        self._due: dict[int, list[_T]] = {}

    @property
    def next_ns(self) -> int | None:
        """When something is due next."""
        return self._moments[0] if self._moments else None

    def add(self, at_ns: int, item: _T) -> None:
        """An item may stand at several moments."""
        found = self._due.get(at_ns)
        if found is None:
            self._due[at_ns] = [item]
            heapq.heappush(self._moments, at_ns)
        else:
            found.append(item)

    def take(self, now_ns: int) -> Iterator[tuple[int, list[_T]]]:
        """Moments until ``now_ns`` and what is due then, the earliest first; what is added meanwhile is seen too."""
        while self._moments and self._moments[0] <= now_ns:
            at_ns = heapq.heappop(self._moments)
            yield at_ns, self._due.pop(at_ns)
