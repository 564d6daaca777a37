"""The newest reading of each check and target, and what of it still counts; an older reading never replaces a newer."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from collector.arrival import Arrival
from collector.series.placing import SECOND_NS, Placed, Trust, place
from collector.series.settings import SeriesSettings
from collector.series.thrift import interned, renewed
from shared.wire.reading import Metric, Reading, Sample

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
_FUTURE_NS = 5 * SECOND_NS
_REASON_CHARACTERS = 2000
_HELP_CHARACTERS = 1000
_SUFFIXES = ("_bucket", "_sum", "_count")

Key = tuple[str, str, str]
"""Agent, check, target."""


class Latest(msgspec.Struct, frozen=True, gc=False):
    """The newest reading of one check and target. Times are the collector's; monotonic decides, wall is for people.

    There are hundreds of thousands, none in a cycle: the garbage collection that would look at all of them is spared.
    """

    agent: str
    reading: Reading
    measured_monotonic_ns: int
    measured_wall_ns: int
    period_ns: int | None
    """Time since the reading before it; None for the first."""


class Late(msgspec.Struct, frozen=True, gc=False):
    """A reading that is not the newest of its key: history, placed by the collector's wall clock."""

    agent: str
    reading: Reading
    measured_wall_ns: int


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
        self._latest: dict[Key, Latest] = {}
        self._held: dict[str, int] = {}
        self._keys: dict[str, int] = {}
        self._named: dict[str, int] = {}
        self._heard_monotonic_ns: dict[str, int] = {}
        self._metrics: dict[str, Metric] = {}
        self._undescribed: set[str] = set()
        self.tally = SeriesTally()

    def accept(self, arrival: Arrival) -> Iterator[Latest | Late]:
        """Take an arrival; gives each reading that became the newest of its key, and those that came too late for it.

        Of a late one the time must rest on something; what was voided, cannot be placed or would be too much for its
        agent is given by neither.
        """
        batch = arrival.batch
        heard = self._heard_monotonic_ns.get(arrival.agent, arrival.received_monotonic_ns)
        self._heard_monotonic_ns[arrival.agent] = max(heard, arrival.received_monotonic_ns)
        if batch.metrics:
            self._metrics.update((m.name, m) for m in batch.metrics if self._may_describe(arrival.agent, m))
            self._undescribed = {n for n in self._undescribed if family_of(n, self._metrics) not in self._metrics}
        for record in arrival.fresh:
            for reading in record.cycle.readings:
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
        return (latest for latest in self._latest.values() if self.is_fresh(latest, now_monotonic_ns))

    def counts(self, key: Key, measured_monotonic_ns: int, now_monotonic_ns: int) -> bool:
        """Whether something that was measured of a key at a time counts."""
        latest = self._latest.get(key)
        return latest is not None and self._counts(latest, measured_monotonic_ns, now_monotonic_ns)

    def is_fresh(self, latest: Latest, now_monotonic_ns: int) -> bool:
        """Whether a reading counts: its agent was heard from, and it is not overdue by its own rhythm."""
        return self._counts(latest, latest.measured_monotonic_ns, now_monotonic_ns)

    def _counts(self, latest: Latest, measured_monotonic_ns: int, now_monotonic_ns: int) -> bool:
        if not self.is_heard(latest.agent, now_monotonic_ns):
            return False
        settings = self._settings
        horizon_ns = int(settings.fresh_first_seconds * SECOND_NS)
        if latest.period_ns is not None:
            least_ns = int(settings.fresh_least_seconds * SECOND_NS)
            horizon_ns = max(least_ns, int(settings.fresh_periods * latest.period_ns))
        return now_monotonic_ns - measured_monotonic_ns <= horizon_ns

    def is_heard(self, agent: str, now_monotonic_ns: int) -> bool:
        """Whether the agent sent anything lately."""
        heard = self._heard_monotonic_ns.get(agent)
        return heard is not None and now_monotonic_ns - heard <= self._settings.agent_silent_seconds * SECOND_NS

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
        if not self._may_hold(arrival.agent, before, reading):
            self.tally.dropped += max(1, len(reading.samples))
            return None
        kept = renewed(before.reading, reading) if before is not None else None
        if kept is None:
            kept = interned(self._capped(arrival.agent, before, reading))
        period_ns = measured_ns - before.measured_monotonic_ns if before is not None else None
        latest = Latest(arrival.agent, kept, measured_ns, arrival.received_wall_ns - placed.age_ns, period_ns)
        self._latest[(latest.agent, kept.check, kept.target) if before is None else key] = latest
        return latest

    def _may_hold(self, agent: str, before: Latest | None, reading: Reading) -> bool:
        """Whether the agent may hold a reading more, of names and words that are no flood themselves."""
        if before is not None and len(reading.reason) <= _REASON_CHARACTERS:
            return True
        names = (reading.check, reading.kind, reading.site, reading.target, reading.role)
        if max(map(len, names)) > self._settings.label_bytes or len(reading.reason) > _REASON_CHARACTERS:
            return False
        keys = self._keys.get(agent, 0)
        if before is None and keys >= self._settings.readings_per_agent:
            return False
        self._keys[agent] = keys + (before is None)
        return True

    def _may_name(self, agent: str) -> bool:
        named = self._named.get(agent, 0)
        self._named[agent] = min(named + 1, self._settings.metrics_per_agent)
        return named < self._settings.metrics_per_agent

    def _may_describe(self, agent: str, metric: Metric) -> bool:
        if not _METRIC.fullmatch(metric.name) or len(metric.help) > _HELP_CHARACTERS:
            return False
        return metric.name in self._metrics or metric.name in self._undescribed or self._may_name(agent)

    def _capped(self, agent: str, before: Latest | None, reading: Reading) -> Reading:
        free = (
            self._settings.series_per_agent - self._held.get(agent, 0) + (len(before.reading.samples) if before else 0)
        )
        samples = tuple(self._valid(reading.samples))
        if len(samples) > free:
            self.tally.dropped += len(samples) - max(0, free)
            samples = samples[: max(0, free)]
        self._held[agent] = self._settings.series_per_agent - free + len(samples)
        for sample in samples:
            self._note(agent, sample.name)
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

    def _note(self, agent: str, name: str) -> None:
        if name in self._metrics or name in self._undescribed:
            return
        if family_of(name, self._metrics) not in self._metrics and self._may_name(agent):
            self._undescribed.add(name)

    def _valid(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        seen: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
        for sample in samples:
            identity = (sample.name, sample.labels)
            if identity in seen or not is_valid(sample, self._settings):
                self.tally.dropped += 1
                continue
            seen.add(identity)
            yield sample


def _late(arrival: Arrival, reading: Reading, placed: Placed) -> Late | None:
    return None if reading.voided else Late(arrival.agent, reading, arrival.received_wall_ns - placed.age_ns)


def family_of(name: str, metrics: dict[str, Metric]) -> str:
    """The family that a sample belongs to: its own name, or that of the histogram it is a part of."""
    if name in metrics:
        return name
    for suffix in _SUFFIXES:
        stem = name.removesuffix(suffix)
        if stem != name and stem in metrics:
            return stem
    return name


def is_valid(sample: Sample, settings: SeriesSettings) -> bool:
    """Whether Prometheus would take the names, and the caps allow the labels."""
    if not _METRIC.fullmatch(sample.name) or len(sample.labels) > settings.labels_per_series:
        return False
    names = [name for name, _ in sample.labels]
    return len(set(names)) == len(names) and all(
        _LABEL.fullmatch(name)
        and not name.startswith("__")
        and len(value.encode(errors="replace")) <= settings.label_bytes
        for name, value in sample.labels
    )
