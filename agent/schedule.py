"""What is due when, by monotonic time alone; it never waits and never catches up on what was missed."""

import hashlib
import heapq
from dataclasses import dataclass
from typing import Generic, TypeVar

_SECOND_NS = 1_000_000_000
_Job = TypeVar("_Job")


@dataclass(frozen=True, slots=True)
class Due(Generic[_Job]):
    """A job whose slot has come, and how many of its slots passed unused before this one."""

    job: _Job
    slot_ns: int
    missed: int


def phase_ns(name: str, period_ns: int) -> int:
    """Where in its period a job runs: fixed by its name, spread evenly over all names."""
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") * period_ns >> 64


class Schedule(Generic[_Job]):
    """Periodic jobs on fixed slots; a job that is late runs once, not once for each missed slot."""

    def __init__(self, begin_ns: int) -> None:
        self._begin_ns = begin_ns
        self._queue: list[tuple[int, int, int, _Job]] = []

    def add(self, name: str, every_seconds: float, job: _Job) -> None:
        """Enter a job; its first slot comes within one period."""
        period_ns = max(1, int(every_seconds * _SECOND_NS))
        slot_ns = self._begin_ns + phase_ns(name, period_ns)
        heapq.heappush(self._queue, (slot_ns, len(self._queue), period_ns, job))

    def next_ns(self) -> int | None:
        """Monotonic time of the next slot; None where there are no jobs."""
        return self._queue[0][0] if self._queue else None

    def pop_due(self, now_ns: int) -> list[Due[_Job]]:
        """Take what is due; each job is entered again for its next slot after ``now_ns``."""
        due: list[Due[_Job]] = []
        while self._queue and self._queue[0][0] <= now_ns:
            slot_ns, order, period_ns, job = heapq.heappop(self._queue)
            missed = (now_ns - slot_ns) // period_ns
            due.append(Due(job, slot_ns + missed * period_ns, missed))
            heapq.heappush(self._queue, (slot_ns + (missed + 1) * period_ns, order, period_ns, job))
        return due
