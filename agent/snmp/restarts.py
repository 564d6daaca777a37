"""Whether a device started anew between two polls, from its sysUpTime and our elapsed time; it reads no clock."""

from dataclasses import dataclass, field

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
