"""What is told of forwarding in the collector's own metrics; it counts and never decides."""

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge

from collector.forward.translate import DeadLetter

REASONS = (
    *("too_old", "out_of_bounds", "out_of_order", "duplicate", "future", "refused", "unwritten", "fault"),
    *("implausible_time", "invalid", "undecodable"),
)


class ForwardTelemetry:
    """Metrics of all destinations."""

    def __init__(self, registry: CollectorRegistry) -> None:
        by = ("destination",)
        self.sent = Counter("phusong_forward_samples_sent_total", "Samples that were taken.", by, registry=registry)
        self.dead = Counter(
            "phusong_forward_samples_dead_total",
            "Samples that were refused for good.",
            (*by, "reason"),
            registry=registry,
        )
        self.requests = Counter(
            "phusong_forward_requests_total", "Requests by what became of them.", (*by, "outcome"), registry=registry
        )
        self.pending = Gauge(
            "phusong_forward_pending_parcels", "Stored batches that are still to be forwarded.", by, registry=registry
        )
        self.pruned = Counter(
            "phusong_forward_pruned_parcels_total", "Stored batches forgotten before they went.", by, registry=registry
        )
        self.cursor = Gauge(
            "phusong_forward_cursor_timestamp_seconds",
            "When the newest batch that was forwarded had come.",
            by,
            registry=registry,
        )
        self.protocol = Gauge(
            "phusong_forward_protocol_version", "Remote write that is spoken: 1 or 2.", by, registry=registry
        )
        self.late_refused = Gauge(
            "phusong_forward_late_samples_refused",
            "1 where a sample a day old was refused at start.",
            by,
            registry=registry,
        )

    def begin(self, destination: str) -> None:
        """Show the counters from zero on, so that the first increase is seen."""
        self.sent.labels(destination)
        self.pruned.labels(destination)
        for reason in REASONS:
            self.dead.labels(destination, reason)

    def died(self, destination: str, letters: Iterable[DeadLetter]) -> None:
        """Count dead letters by reason."""
        for reason, number in Tally(letter.reason for letter in letters).items():
            self.dead.labels(destination, reason).inc(number)
