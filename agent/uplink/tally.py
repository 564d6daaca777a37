"""What the courier did and since when it has been doing it; it decides nothing."""

from dataclasses import dataclass, field


@dataclass
class CourierTally:
    """What the courier did, for the agent's own metrics."""

    requests: dict[str, int] = field(default_factory=dict)
    """By verdict; ``away`` where there was no answer."""
    bytes_sent: int = 0
    records_sent: int = 0
    acknowledged_ns: int | None = None
    """When the collector last took something, monotonic."""
    acknowledged_since_ns: int | None = None
    """When it first did of those in a row; a record that it refuses for good is neither taken nor a failure."""
    failed_ns: int | None = None
    """When a batch last stayed here."""
    failing_since_ns: int | None = None
    """When the first of those in a row did; None while batches are taken."""

    def took(self, now_ns: int) -> None:
        """A batch was acknowledged."""
        if self.acknowledged_since_ns is None or self.failing_since_ns is not None:
            self.acknowledged_since_ns = now_ns
        self.acknowledged_ns, self.failing_since_ns = now_ns, None

    def kept(self, now_ns: int) -> None:
        """A batch stays here."""
        self.failed_ns = now_ns
        if self.failing_since_ns is None:
            self.failing_since_ns = now_ns
