"""What is told of telling in the collector's own metrics; it counts and never decides."""

import contextlib

from prometheus_client import CollectorRegistry, Counter, Gauge

from collector.notify.queue import Waiting

RESULTS = ("told", "merged", "refused", "expired", "failed")
_SECOND_NS = 1_000_000_000


class NotifyTelemetry:
    """Metrics of all channels."""

    def __init__(self, registry: CollectorRegistry) -> None:
        by = ("channel",)
        self._results = Counter(
            "phusong_notifications_total",
            "Messages by what became of them; failed ones are tried again.",
            (*by, "result"),
            registry=registry,
        )
        self._waiting = Gauge(
            "phusong_notifications_waiting", "Messages that are stored and not told yet.", by, registry=registry
        )
        self._oldest = Gauge(
            "phusong_notifications_oldest_untold_timestamp_seconds",
            "When the oldest of them was decided; absent where none waits.",
            by,
            registry=registry,
        )
        self._proven = Gauge(
            "phusong_alert_path_proven_timestamp_seconds",
            "When a trial last came through; absent before the first.",
            by,
            registry=registry,
        )
        self.faults = Counter(
            "phusong_notify_faults_total", "Looks at incidents or turns of a channel that failed.", registry=registry
        )

    def begin(self, channel: str) -> None:
        """Show the counters from zero on, so that the first increase is seen."""
        for result in RESULTS:
            self._results.labels(channel, result)
        self._waiting.labels(channel)

    def became(self, channel: str, result: str, messages: int = 1) -> None:
        """Count what became of messages."""
        self._results.labels(channel, result).inc(messages)

    def waits(self, channel: str, waiting: list[Waiting]) -> None:
        """Note what a channel has still to tell."""
        self._waiting.labels(channel).set(len(waiting))
        if waiting:
            self._oldest.labels(channel).set(min(one.note.created_ns for one in waiting) / _SECOND_NS)
        else:
            with contextlib.suppress(KeyError):
                self._oldest.remove(channel)

    def proven(self, channel: str, at_ns: int) -> None:
        """Note when a trial came through."""
        self._proven.labels(channel).set(at_ns / _SECOND_NS)
