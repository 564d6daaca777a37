"""Stored batches as points of series, labelled as on ``/metrics``; what has no plausible time never becomes a point."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from collector.exposition.page import labels_of
from collector.exposition.text import merge
from collector.ingest.inbox import StoredParcel
from collector.series.names import is_valid
from collector.series.placing import SECOND_NS, place
from collector.series.settings import SeriesSettings
from shared.wire.codec import BatchError, Limits, decode_batch
from shared.wire.reading import Batch, Labels, Reading, Record, Sample

_AHEAD_NS = 300 * SECOND_NS
_MILLISECOND_NS = 1_000_000
_REMEMBERED = 500_000


class Point(msgspec.Struct, frozen=True, gc=False):
    """One value of one series at one time."""

    labels: Labels
    """Sorted by name, ``__name__`` among them."""
    at_ms: int
    value: float


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A sample that goes nowhere."""

    reason: str
    """One of few words: the label of the counter."""
    series: str
    at_ms: int
    value: float
    detail: str = ""


@dataclass(slots=True)
class Translation:
    """What a parcel holds."""

    points: list[Point] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)


class Translator:
    """Turns parcels into points; it remembers the labels of series that it has seen, and nothing else."""

    def __init__(
        self,
        hubs: Mapping[str, str],
        extra: Mapping[str, str],
        series: SeriesSettings,
        limits: Limits,
        *,
        remembered: int = _REMEMBERED,
    ) -> None:
        """``hubs`` by site; ``extra`` are the destination's own labels."""
        self._remembered = remembered
        self._hubs = hubs
        self._extra = tuple(extra.items())
        self._series = series
        self._limits = limits
        self._known: dict[tuple[str, str, str, str, str, str, Labels], Labels | None] = {}

    def translate(self, parcel: StoredParcel, now_wall_ns: int) -> Translation:
        """The points of the parcel's fresh records; voided readings say nothing and give none."""
        found = Translation()
        try:
            batch = decode_batch(parcel.body, self._limits)
        except BatchError as error:
            found.dead.append(DeadLetter(reason="undecodable", series="", at_ms=0, value=0.0, detail=str(error)))
            return found
        fresh = frozenset(parcel.fresh)
        for record in batch.records:
            if record.sequence in fresh:
                for reading in record.cycle.readings:
                    if not reading.voided:
                        at_ns = _when(placed_at(reading, record, batch, parcel), now_wall_ns)
                        self._take(found, parcel.agent, reading, at_ns)
        return found

    def _take(self, found: Translation, agent: str, reading: Reading, at_ns: int | None) -> None:
        at_ms = (reading.started_wall_ns if at_ns is None else at_ns) // _MILLISECOND_NS
        for sample, labels in self._labelled(agent, reading):
            if labels is None or at_ns is None:
                reason = "invalid" if labels is None else "implausible_time"
                letter = DeadLetter(reason=reason, series=sample.name[:200], at_ms=at_ms, value=sample.value)
                found.dead.append(letter)
            else:
                found.points.append(Point(labels, at_ms, sample.value))

    def _labelled(self, agent: str, reading: Reading) -> Iterator[tuple[Sample, Labels | None]]:
        known, seen = self._known, set[Labels]()
        for sample in reading.samples:
            key = (agent, reading.kind, reading.site, reading.target, reading.check, sample.name, sample.labels)
            if key not in known:
                if len(known) >= self._remembered:
                    known.clear()
                known[key] = self._labels(agent, reading, sample)
            labels = known[key]
            if labels is not None and labels in seen:
                labels = None
            elif labels is not None:
                seen.add(labels)
            yield sample, labels

    def _labels(self, agent: str, reading: Reading, sample: Sample) -> Labels | None:
        if not is_valid(sample, self._series):
            return None
        ours = (*labels_of(agent, reading, self._hubs), *self._extra)
        named = (("__name__", sample.name), *merge(ours, sample.labels))
        return tuple(sorted((name, text) for name, text in named if text))


def placed_at(reading: Reading, record: Record, batch: Batch, parcel: StoredParcel) -> int | None:
    """Wall time of a reading by the collector's clock; None where its stamps are implausible."""
    placed = place(reading, record.cycle, batch, parcel.received_wall_ns)
    return None if placed is None else parcel.received_wall_ns - placed.age_ns


def _when(at_ns: int | None, now_wall_ns: int) -> int | None:
    """A time ahead of ours stays here: one such sample makes Prometheus refuse everybody else's."""
    return at_ns if at_ns is not None and at_ns <= now_wall_ns + _AHEAD_NS else None
