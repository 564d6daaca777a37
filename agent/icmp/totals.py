"""Running totals of one target since the agent started: what trains add up to, and how they are shown as samples."""

from bisect import bisect_left

from agent.icmp.packet import ErrorKind
from agent.icmp.train import TrainFacts
from shared.wire.reading import Metric, MetricKind, Sample

_SECOND_NS = 1_000_000_000
BUCKETS_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
_BOUNDS_NS = tuple(int(bound * _SECOND_NS) for bound in BUCKETS_SECONDS)
_LE = (*(f"{bound:g}" for bound in BUCKETS_SECONDS), "+Inf")

METRICS = (
    Metric("phusong_ping_requests_total", MetricKind.COUNTER, "Echo requests sent, in trains that were not voided."),
    Metric("phusong_ping_replies_total", MetricKind.COUNTER, "Requests answered before their deadline."),
    Metric("phusong_ping_late_replies_total", MetricKind.COUNTER, "Requests answered after their deadline."),
    Metric("phusong_ping_duplicates_total", MetricKind.COUNTER, "Replies beyond the first to a request."),
    Metric("phusong_ping_reordered_total", MetricKind.COUNTER, "Replies that came after the reply to a later request."),
    Metric("phusong_ping_errors_total", MetricKind.COUNTER, "ICMP errors about requests, by kind."),
    Metric("phusong_ping_rtt_seconds", MetricKind.HISTOGRAM, "Round-trip time of requests answered in time."),
)


class Totals:
    """Counts only grow; a voided train is not added."""

    def __init__(self) -> None:
        self._requests = self._replies = self._late = self._duplicates = self._reordered = 0
        self._errors: dict[ErrorKind, int] = {}
        self._buckets = [0] * (len(_BOUNDS_NS) + 1)
        self._rtt_sum_ns = 0

    def add(self, facts: TrainFacts) -> None:
        """Count a train that has ended."""
        self._requests += facts.sent
        self._replies += facts.received
        self._late += facts.late
        self._duplicates += facts.duplicates
        self._reordered += facts.reordered
        for error in facts.errors:
            self._errors[error.kind] = self._errors.get(error.kind, 0) + 1
        for rtt_ns in facts.rtts_ns:
            if rtt_ns is not None:
                self._buckets[bisect_left(_BOUNDS_NS, rtt_ns)] += 1
                self._rtt_sum_ns += rtt_ns

    def add_late(self, replies: int) -> None:
        """Count replies that came when their train was over."""
        self._late += replies

    def samples(self) -> tuple[Sample, ...]:
        """All series of the target."""
        found = [
            Sample("phusong_ping_requests_total", float(self._requests)),
            Sample("phusong_ping_replies_total", float(self._replies)),
            Sample("phusong_ping_late_replies_total", float(self._late)),
            Sample("phusong_ping_duplicates_total", float(self._duplicates)),
            Sample("phusong_ping_reordered_total", float(self._reordered)),
        ]
        for kind, number in sorted(self._errors.items()):
            found.append(Sample("phusong_ping_errors_total", float(number), (("kind", kind.value),)))
        below = 0
        for bound, number in zip(_LE, self._buckets, strict=True):
            below += number
            found.append(Sample("phusong_ping_rtt_seconds_bucket", float(below), (("le", bound),)))
        found.append(Sample("phusong_ping_rtt_seconds_sum", self._rtt_sum_ns / _SECOND_NS))
        found.append(Sample("phusong_ping_rtt_seconds_count", float(below)))
        return tuple(found)
