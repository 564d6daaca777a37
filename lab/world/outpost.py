"""The agent at one site: what it measures in each cycle, and which cycles it sends when; it sends nothing itself."""

from collections.abc import Sequence
from itertools import islice

from agent.schedule import phase_ns
from agent.spool.queue import Stored
from agent.uplink.backoff import BackoffSettings, wait_seconds
from agent.uplink.lanes import choose
from lab.world.chance import Chance
from lab.world.inside import Inside
from lab.world.place import Place
from lab.world.timeline import Timeline
from lab.world.traces import PERIOD_SECONDS
from lab.world.when import SECOND_NS, monotonic_ns, wall_ns
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Record

COMMIT_SECONDS = 10
"""As the agent's settings have it where they say nothing else."""
_BATCH_RECORDS = 256
_AWAY_FAILURES = 16
_MOST_RECORDS = 20_000
"""Beyond it the oldest go, as at the quota."""


class Outpost:
    """One agent. Records are numbered by their place in its grid of cycles, so that any can be made at any time."""

    def __init__(self, place: Place, timeline: Timeline, chance: Chance) -> None:
        self.name = f"agent-{place.id}"
        self.site = place.id
        self.phase = phase_ns(self.name, COMMIT_SECONDS * SECOND_NS) // SECOND_NS
        self._history = timeline.of(place.id)
        self._inside = Inside(self.name, place, timeline, chance)
        self._chance = chance
        self._waiting: int | None = None
        """The oldest record that was not sent; None where all were."""
        self._lived: set[int] = set()
        """Records after it that were sent all the same."""
        self._last_live = -1
        self._newest: int | None = None
        """The newest record that was ever made; None before the first."""
        self._try_at: float | None = None
        self._boot_ids: dict[float, str] = {}

    @property
    def has_backlog(self) -> bool:
        """Whether it has something to send that is no news."""
        return self._waiting is not None

    def step(self, second: int, *, open_way: bool) -> Batch | None:
        """What it sends in this second; ``open_way``: whether a collector can be reached from the province's core."""
        strain = self._history.at(second)
        if not strain.measures:
            return None
        number, rest = divmod(second - self.phase, COMMIT_SECONDS)
        if not (open_way and strain.meets_core):
            if self._waiting is None and rest == 0:
                self._waiting = number
            self._try_at = None
            return None
        if self._waiting is None:
            return self._send(second, (number,), number, Lane.LIVE) if rest == 0 else None
        if self._try_at is None:
            draw = self._chance.draw(self.name, second, "backoff")
            self._try_at = second + wait_seconds(_AWAY_FAILURES, draw, BackoffSettings())
        if second < self._try_at:
            return None
        return self._deliver(second, number)

    def _deliver(self, second: int, newest: int) -> Batch | None:
        """Where there is a backlog: the newest record first, then what waited, oldest first."""
        first = max(self._waiting or 0, newest - _MOST_RECORDS)
        waiting = (n for n in range(first, newest + 1) if n not in self._lived and self._worked(n))
        oldest = [Stored(number, 0, b"") for number in islice(waiting, _BATCH_RECORDS)]
        last = next((n for n in range(newest, first - 1, -1) if n not in self._lived and self._worked(n)), None)
        load = choose(None if last is None else Stored(last, 0, b""), oldest, self._last_live)
        if load is None:
            self._rest()
            return None
        numbers = [stored.sequence for stored in load.records]
        if numbers[-1] != last:
            self._waiting = numbers[-1] + 1
        elif len(numbers) == len(oldest):
            self._rest()
        else:
            self._lived.add(numbers[-1])
        return self._send(second, numbers, first, load.lane)

    def _rest(self) -> None:
        """Nothing waits."""
        self._waiting = None
        self._lived.clear()

    def _worked(self, number: int) -> bool:
        return self._history.at(self.phase + number * COMMIT_SECONDS).measures

    def _send(self, second: int, numbers: Sequence[int], oldest: int, lane: Lane) -> Batch | None:
        """A batch of these records; ``oldest`` is the oldest that waits."""
        since = self._unlived(numbers[0]) if numbers[0] == oldest else None
        records = tuple([Record(number, cycle) for number in numbers if (cycle := self._cycle(number, oldest, since))])
        self._newest = numbers[-1] if self._newest is None else max(self._newest, numbers[-1])
        if lane is Lane.LIVE:
            self._last_live = numbers[-1]
        if not records:
            return None
        boot = self._history.host_boot(second)
        ahead_ns = round(self._history.at(second).clock_seconds * SECOND_NS)
        return Batch(
            agent=self.name,
            epoch="spool",
            boot_id=self._boot_id(boot),
            sent_monotonic_ns=monotonic_ns(second, boot),
            sent_wall_ns=wall_ns(second) + ahead_ns,
            lane=lane,
            records=records,
            version="world",
        )

    def _unlived(self, number: int) -> float | None:
        """When the record before this one ended, where cycles between them were skipped, as before the beginning."""
        if self._newest is None:
            return self.phase + number * COMMIT_SECONDS - PERIOD_SECONDS
        return self.phase + self._newest * COMMIT_SECONDS if number > self._newest + 1 else None

    def _cycle(self, number: int, oldest: int, since: float | None) -> Cycle | None:
        """One record; None where the agent did not work then."""
        committed = self.phase + number * COMMIT_SECONDS
        strain = self._history.at(committed)
        if not strain.measures:
            return None
        waits = wall_ns(self.phase + oldest * COMMIT_SECONDS) if oldest < number else None
        readings = self._inside.readings(committed, waits, since if oldest == number else None)
        if not readings:
            return None
        quality = ClockQuality.UNSYNCHRONISED if strain.clock_seconds else ClockQuality.SYNCHRONISED
        return Cycle(self._boot_id(self._history.host_boot(committed)), quality, readings)

    def _boot_id(self, boot: float) -> str:
        if boot not in self._boot_ids:
            self._boot_ids[boot] = f"{self.name}@{boot:.0f}"
        return self._boot_ids[boot]
