"""The newest reading of each check and target, and what of it still counts; an older reading never replaces a newer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from collector.arrival import Arrival
from collector.series.latest import Cut, Key, Late, Latest, horizon_ns
from collector.series.names import family_of, is_describable, is_valid
from collector.series.placing import SECOND_NS, Placed, Trust, place
from collector.series.settings import SeriesSettings
from collector.series.thrift import interned, renewed
from shared.wire.reading import Metric, Reading, Sample

_FUTURE_NS = 5 * SECOND_NS
_REASON_CHARACTERS = 2000
_FORGET_NS = 60 * SECOND_NS
NEVER_NS = -(1 << 63)
"""Before any time."""
_ROWS = 300
"""Readings and samples that are taken without a pause: half a millisecond."""


@dataclass(slots=True)
class SeriesTally:
    """What was not taken, for the collector's own metrics."""

    late: int = 0
    repaired: int = 0
    """Of the late ones: stamped by a clock that was wrong, and put right."""
    unplaced: int = 0
    voided: int = 0
    dropped: int = 0


class SeriesStore:
    """Latest readings by key, and when each agent was heard last."""

    def __init__(self, settings: SeriesSettings) -> None:
        self._settings = settings
        self._silent_ns = int(settings.agent_silent_seconds * SECOND_NS)
        self._latest: dict[Key, Latest] = {}
        self._held: dict[str, int] = {}
        self._keys: dict[str, int] = {}
        self._named: dict[str, int] = {}
        self._forgotten_ns: dict[str, int] = {}
        self._heard_monotonic_ns: dict[str, int] = {}
        self._metrics: dict[str, Metric] = {}
        self._undescribed: set[str] = set()
        self.tally = SeriesTally()

    def accept(self, arrival: Arrival) -> Iterator[Latest | Late | None]:
        """Take an arrival; gives each reading that became the newest of its key, and those that came too late for it.

        Of a late one the time must rest on something; what was voided, cannot be placed or would be too much for its
        agent is given by neither. None is a stop for breath: others may have a turn.
        """
        batch = arrival.batch
        heard = self._heard_monotonic_ns.get(arrival.agent, arrival.received_monotonic_ns)
        self._heard_monotonic_ns[arrival.agent] = max(heard, arrival.received_monotonic_ns)
        if batch.metrics:
            self._metrics.update((m.name, m) for m in batch.metrics if self._may_describe(arrival.agent, m))
            self._undescribed = {n for n in self._undescribed if family_of(n, self._metrics) not in self._metrics}
        rows = 0
        for record in arrival.fresh:
            for reading in record.cycle.readings:
                rows += 1 + len(reading.samples)
                if rows > _ROWS:
                    rows = 0
                    yield None
                placed = place(reading, record.cycle, batch, arrival.received_wall_ns)
                taken = self._enter(arrival, reading, placed)
                if taken is not None:
                    yield taken

    def metrics_wanted(self) -> bool:
        """Whether there are series that nobody has described yet."""
        return bool(self._undescribed)

    def metrics(self) -> dict[str, Metric]:
        """Descriptions by family name."""
        return self._metrics

    def fresh(self, now_monotonic_ns: int) -> Iterator[Latest]:
        """The readings that still count."""
        return self.cut(now_monotonic_ns).fresh()

    def cut(self, now_monotonic_ns: int) -> Cut:
        """All that there is at this moment."""
        heard, metrics = dict(self._heard_monotonic_ns), dict(self._metrics)
        return Cut(tuple(self._latest.values()), heard, metrics, self._settings, now_monotonic_ns)

    def counts(self, key: Key, measured_monotonic_ns: int, now_monotonic_ns: int) -> bool:
        """Whether what was measured of a key at a time counts: its agent was heard, and it is not overdue."""
        return now_monotonic_ns <= self.counts_until(key, measured_monotonic_ns)

    def counts_until(self, key: Key, measured_monotonic_ns: int) -> int:
        """Until when it does, if nothing more comes from its agent."""
        latest = self._latest.get(key)
        heard_ns = self._heard_monotonic_ns.get(latest.agent) if latest is not None else None
        if latest is None or heard_ns is None:
            return NEVER_NS
        return min(heard_ns + self._silent_ns, measured_monotonic_ns + horizon_ns(latest, self._settings))

    def is_heard(self, agent: str, now_monotonic_ns: int) -> bool:
        """Whether the agent sent anything lately."""
        heard = self._heard_monotonic_ns.get(agent)
        return heard is not None and now_monotonic_ns - heard <= self._silent_ns

    def _enter(self, arrival: Arrival, reading: Reading, placed: Placed | None) -> Latest | Late | None:
        if placed is None or placed.trust is not Trust.MONOTONIC:
            # Of another boot: history. Its time may be right, but the present is what this boot measures.
            self.tally.unplaced += placed is None
            self.tally.late += placed is not None
            self.tally.repaired += placed is not None and placed.trust is Trust.REPAIRED
            if placed is None or placed.trust is Trust.UNSYNCHRONISED:
                return None
            return _late(arrival, reading, placed)
        if reading.voided:
            self.tally.voided += 1
            return None
        key = (arrival.agent, reading.check, reading.target)
        measured_ns = arrival.received_monotonic_ns - placed.age_ns
        before = self._latest.get(key)
        if before is not None and measured_ns <= before.measured_monotonic_ns:
            self.tally.late += 1
            return _late(arrival, reading, placed)
        if (before is None or len(reading.reason) > _REASON_CHARACTERS) and not self._may_hold(
            arrival.agent, before, reading, arrival.received_monotonic_ns
        ):
            self.tally.dropped += max(1, len(reading.samples))
            return None
        kept = renewed(before.reading, reading) if before is not None else None
        if kept is None:
            kept = interned(self._capped(arrival.agent, before, reading))
        period_ns = measured_ns - before.measured_monotonic_ns if before is not None else None
        left = before.reading.site if before is not None and before.reading.site != kept.site else ""
        latest = Latest(arrival.agent, kept, measured_ns, arrival.received_wall_ns - placed.age_ns, period_ns, left)
        self._latest[(latest.agent, kept.check, kept.target) if before is None else key] = latest
        return latest

    def _may_hold(self, agent: str, before: Latest | None, reading: Reading, now_monotonic_ns: int) -> bool:
        """Whether the agent may hold a reading more, of names and words that are no flood themselves."""
        names = (reading.check, reading.kind, reading.site, reading.target, reading.role)
        if max(map(len, names)) > self._settings.label_bytes or len(reading.reason) > _REASON_CHARACTERS:
            return False
        if before is None and self._keys.get(agent, 0) >= self._settings.readings_per_agent:
            self._forget(agent, now_monotonic_ns)
            if self._keys[agent] >= self._settings.readings_per_agent:
                return False
        self._keys[agent] = self._keys.get(agent, 0) + (before is None)
        return True

    def _forget(self, agent: str, now_monotonic_ns: int) -> None:
        """Make room for an agent that holds all it may: what it stopped telling goes; looked for once a minute."""
        if now_monotonic_ns - self._forgotten_ns.get(agent, -_FORGET_NS) < _FORGET_NS:
            return
        self._forgotten_ns[agent] = now_monotonic_ns
        held = {key: latest for key, latest in self._latest.items() if key[0] == agent}
        for key, latest in held.items():
            if not self.counts(key, latest.measured_monotonic_ns, now_monotonic_ns):
                del self._latest[key]
                self._keys[agent] -= 1
                self._held[agent] -= len(latest.reading.samples)

    def _may_name(self, agent: str) -> bool:
        named = self._named.get(agent, 0)
        self._named[agent] = min(named + 1, self._settings.metrics_per_agent)
        return named < self._settings.metrics_per_agent

    def _may_describe(self, agent: str, metric: Metric) -> bool:
        if not is_describable(metric):
            return False
        return metric.name in self._metrics or metric.name in self._undescribed or self._may_name(agent)

    def _capped(self, agent: str, before: Latest | None, reading: Reading) -> Reading:
        free = (
            self._settings.series_per_agent - self._held.get(agent, 0) + (len(before.reading.samples) if before else 0)
        )
        samples = tuple(islice(self._valid(agent, reading.samples), max(0, free)))
        self.tally.dropped += len(reading.samples) - len(samples)
        self._held[agent] = self._settings.series_per_agent - free + len(samples)
        if len(samples) == len(reading.samples):
            return reading
        return Reading(
            check=reading.check,
            kind=reading.kind,
            site=reading.site,
            target=reading.target,
            role=reading.role,
            outcome=reading.outcome,
            started_monotonic_ns=reading.started_monotonic_ns,
            started_wall_ns=reading.started_wall_ns,
            duration_ns=reading.duration_ns,
            samples=samples,
            reason=reading.reason,
        )

    def _may_bring(self, agent: str, name: str) -> bool:
        """Whether the agent may have a series of that name: one that others have too, or one of its share."""
        if name in self._undescribed or family_of(name, self._metrics) in self._metrics:
            return True
        if not self._may_name(agent):
            return False
        self._undescribed.add(name)
        return True

    def _valid(self, agent: str, samples: Iterable[Sample]) -> Iterator[Sample]:
        seen: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
        for sample in samples:
            identity = (sample.name, sample.labels)
            if identity not in seen and is_valid(sample, self._settings) and self._may_bring(agent, sample.name):
                seen.add(identity)
                yield sample


def _late(arrival: Arrival, reading: Reading, placed: Placed) -> Late | None:
    return None if reading.voided else Late(arrival.agent, reading, arrival.received_wall_ns - placed.age_ns)
