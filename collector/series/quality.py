"""Loss and round-trip time of each site over the last day, by five minutes; it holds no single run."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

_SECOND_NS = 1_000_000_000
SLOT_S = 300
SLOTS = 288
"""Twenty-four hours."""
_NEVER = -1.0


@dataclass(frozen=True, slots=True)
class Slot:
    """Five minutes of one site."""

    at_s: int
    """Their beginning, Unix seconds."""
    loss_ratio: float
    rtt_seconds: float | None
    """The longest of the medians of its trains: a short jam is not to vanish in a mean."""


class Quality:
    """Rings of slots by site; each ring has its size for ever."""

    def __init__(self) -> None:
        self._rings: dict[str, _Ring] = {}

    def take(self, site: str, at_ns: int, sent: float, loss_ratio: float, rtt_seconds: float | None) -> None:
        """One train, in any order of time; what is older than a day before the newest is not kept."""
        ring = self._rings.get(site)
        if ring is None:
            ring = self._rings[site] = _Ring()
        ring.take(at_ns // _SECOND_NS // SLOT_S, sent, loss_ratio, rtt_seconds)

    def of(self, site: str, now_s: float) -> list[Slot]:
        """What is known of the last day, oldest first; times without a train are not in it."""
        ring = self._rings.get(site)
        return [] if ring is None else list(ring.slots(int(now_s) // SLOT_S))


class _Ring:
    __slots__ = ("_lost", "_number", "_rtt", "_sent")

    def __init__(self) -> None:
        self._number = array("q", [0] * SLOTS)
        self._sent = array("f", [0.0] * SLOTS)
        self._lost = array("f", [0.0] * SLOTS)
        self._rtt = array("f", [_NEVER] * SLOTS)

    def take(self, number: int, sent: float, loss_ratio: float, rtt_seconds: float | None) -> None:
        place = number % SLOTS
        if number < self._number[place]:
            return
        if number > self._number[place]:
            self._number[place] = number
            self._sent[place] = self._lost[place] = 0.0
            self._rtt[place] = _NEVER
        self._sent[place] += sent
        self._lost[place] += sent * loss_ratio
        if rtt_seconds is not None:
            self._rtt[place] = max(self._rtt[place], rtt_seconds)

    def slots(self, newest: int) -> Iterator[Slot]:
        for number in range(newest - SLOTS + 1, newest + 1):
            place = number % SLOTS
            if self._number[place] == number and self._sent[place]:
                rtt = self._rtt[place]
                yield Slot(number * SLOT_S, self._lost[place] / self._sent[place], None if rtt < 0 else rtt)
