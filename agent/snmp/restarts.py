"""Whether counters began anew between two polls: the device started again, or says so itself; it reads no clock."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.wire.reading import Labels, Sample

_WRAP_SECONDS = 2**32 / 100
"""sysUpTime is hundredths of a second in 32 bits: it begins again after 497 days without any restart."""
_SLACK_SECONDS = 10.0
_DRIFT = 0.01
"""Device clocks are off by less than that; answers are late by less than the slack."""


@dataclass(slots=True)
class Restarts:
    """Restarts of devices by name, since the agent started."""

    _seen: dict[str, tuple[float, float, int]] = field(default_factory=dict)

    def take(self, name: str, uptime_seconds: float, now_seconds: float) -> int:
        """Number of restarts seen so far, with this poll.

        A device that restarted long before the poll may be up for longer than it was at the poll before: what counts
        is whether it is up for less than the time that passed says.
        """
        before = self._seen.get(name)
        restarts = 0
        if before is not None:
            uptime_before, then, restarts = before
            passed = now_seconds - then
            expected = uptime_before + passed
            slack = _SLACK_SECONDS + _DRIFT * passed
            wrapped = abs(expected - _WRAP_SECONDS - uptime_seconds) <= slack
            if expected - uptime_seconds > slack and not wrapped:
                restarts += 1
        self._seen[name] = (uptime_seconds, now_seconds, restarts)
        return restarts


DISCONTINUITY = "ifCounterDiscontinuityTime"
_MOST_ROWS = 4096


@dataclass(slots=True)
class Discontinuities:
    """Jumps of an interface's counters that the device itself tells (RFC 2863, ifCounterDiscontinuityTime)."""

    _seen: dict[str, dict[Labels, tuple[float, int]]] = field(default_factory=dict)

    def take(self, name: str, samples: Iterable[Sample], *, restarted: bool) -> list[tuple[Labels, int]]:
        """Jumps so far by interface, of those that had any; a restart sets all stamps anew and is counted as such."""
        before = self._seen.get(name, {})
        now: dict[Labels, tuple[float, int]] = {}
        for sample in samples:
            if sample.name == DISCONTINUITY and len(now) < _MOST_ROWS:
                stamp, jumps = before.get(sample.labels, (sample.value, 0))
                now[sample.labels] = (sample.value, jumps + (sample.value != stamp and not restarted))
        # An interface that is not there this time may come back.
        gone = {labels: known for labels, known in before.items() if labels not in now}
        self._seen[name] = {**dict(list(gone.items())[: max(0, _MOST_ROWS - len(now))]), **now}
        return [(labels, jumps) for labels, (_, jumps) in now.items() if jumps]
