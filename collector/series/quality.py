"""Loss and round-trip time of each site over the last day, by five minutes; it holds no single train."""

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

_SECOND_NS = 1_000_000_000
SLOT_S = 300
SLOTS = 288
"""Twenty-four hours."""
_NEVER = -1.0
_LONGEST_S = 3600.0
_MOST_PACKETS = 1_000_000
"""No train waits so long for a reply, or has so many packets."""


@dataclass(frozen=True, slots=True)
class Train:
    """What one train of echo requests found; RTTs are None where nothing came back, or nobody told."""

    sent: float
    loss_ratio: float
    median_seconds: float | None = None
    shortest_seconds: float | None = None
    longest_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """Five minutes of one site."""

    at_s: int
    """Their beginning, Unix seconds."""
    sent: float
    """Packets."""
    loss_ratio: float
    rtt_seconds: float | None
    """The longest of the medians of its trains: a short jam is not to vanish in a mean."""
    low_seconds: float | None
    """The shortest time of a packet; of the medians where no train told."""
    high_seconds: float | None
    """The longest one."""


@dataclass(frozen=True, slots=True)
class Day:
    """The last day of one site."""

    slots: tuple[Slot, ...]
    """Oldest first; times without a train are not in it."""
    newest_s: float | None
    """When the newest train was sent, Unix seconds."""
    since_s: float
    """What was measured before is not kept, but for what came late."""


class Quality:
    """Rings of slots by site; each ring has its size for ever."""

    def __init__(self, since_s: float = -math.inf) -> None:
        """``since_s``: since when trains have been kept here, Unix seconds."""
        self._since_s = since_s
        self._rings: dict[str, _Ring] = {}

    def reach_back(self, since_s: float) -> None:
        """What was measured since then is here now too; what was here stays."""
        self._since_s = min(self._since_s, since_s)

    def take(self, site: str, at_ns: int, train: Train) -> None:
        """One train, in any order of time; what is older than a day before the newest is not kept."""
        if not _can_be(train):
            return
        ring = self._rings.get(site)
        if ring is None:
            ring = self._rings[site] = _Ring()
        ring.take(at_ns // _SECOND_NS // SLOT_S, train)
        ring.newest_s = max(ring.newest_s, at_ns / _SECOND_NS)

    def day(self, site: str, now_s: float) -> Day:
        """What is known of the last day."""
        ring = self._rings.get(site)
        if ring is None:
            return Day((), None, self._since_s)
        return Day(tuple(ring.slots(int(now_s) // SLOT_S)), ring.newest_s, self._since_s)


class _Ring:
    __slots__ = ("_high", "_lost", "_low", "_number", "_rtt", "_sent", "newest_s")

    def __init__(self) -> None:
        self._number = array("i", [0] * SLOTS)
        self._sent = array("f", [0.0] * SLOTS)
        self._lost = array("f", [0.0] * SLOTS)
        self._rtt = array("f", [_NEVER] * SLOTS)
        self._low = array("f", [_NEVER] * SLOTS)
        self._high = array("f", [_NEVER] * SLOTS)
        self.newest_s = -math.inf

    def take(self, number: int, train: Train) -> None:
        place = number % SLOTS
        if number < self._number[place]:
            return
        if number > self._number[place]:
            self._number[place] = number
            self._sent[place] = self._lost[place] = 0.0
            self._rtt[place] = self._low[place] = self._high[place] = _NEVER
        self._sent[place] += train.sent
        self._lost[place] += train.sent * train.loss_ratio
        median = train.median_seconds
        if median is None:
            return
        low = min(median, median if train.shortest_seconds is None else train.shortest_seconds)
        high = max(median, median if train.longest_seconds is None else train.longest_seconds)
        self._low[place] = low if self._low[place] < 0 else min(self._low[place], low)
        self._rtt[place] = max(self._rtt[place], median)
        self._high[place] = max(self._high[place], high)

    def slots(self, newest: int) -> Iterator[Slot]:
        for number in range(newest - SLOTS + 1, newest + 1):
            place = number % SLOTS
            sent = self._sent[place]
            if self._number[place] == number and sent:
                low, rtt, high = (
                    None if ring[place] < 0 else ring[place] for ring in (self._low, self._rtt, self._high)
                )
                yield Slot(number * SLOT_S, sent, min(1.0, self._lost[place] / sent), rtt, low, high)


def _can_be(train: Train) -> bool:
    """Whether the figures are of this world: what an agent says is drawn, and a number that is none spoils a day."""
    known = (train.median_seconds, train.shortest_seconds, train.longest_seconds)
    return (
        0 < train.sent <= _MOST_PACKETS
        and 0 <= train.loss_ratio <= 1
        and all(seconds is None or 0 <= seconds <= _LONGEST_S for seconds in known)
    )
