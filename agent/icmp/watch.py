"""Whether the agent itself was late: stalls, stolen CPU, dropped packets, stepped clocks; it only reads and tells."""

from pathlib import Path

from shared.clock import Clock

_SECOND_NS = 1_000_000_000
_STEP_NS = 1_000_000
"""NTP slews both clocks alike; their difference moves only by a step, and by the time between two readings."""
_STALL_NS = 500_000_000
_STALL_WITHOUT_STAMPS_NS = 50_000_000
"""Where the kernel does not stamp, the loop's lateness is in every round-trip time."""
_STOLEN = 0.3
"""Share of the machine's time that the hypervisor may take."""
_STOLEN_WITHIN_NS = 5 * _SECOND_NS
_STAT = Path("/proc/stat")
_TRIES = 5


class SelfWatch:
    """Asked at every tick; answers with the reason why the packets in flight say nothing about their targets."""

    def __init__(self, clock: Clock, *, stamped: bool, stat: Path = _STAT) -> None:
        self._clock = clock
        self._stall_ns = _STALL_NS if stamped else _STALL_WITHOUT_STAMPS_NS
        self._stat = stat
        self._offset_ns = self._read_offset()
        self._stolen_at_ns = clock.monotonic_ns()
        self._stolen = self._read_stolen()
        self._dropped: dict[int, int] = {}

    def start(self) -> None:
        """Forget what happened while nothing was in flight."""
        self._offset_ns = self._read_offset()
        self._stolen_at_ns = self._clock.monotonic_ns()
        self._stolen = self._read_stolen()

    def look(self, planned_ns: int, now_ns: int) -> str:
        """Why nothing in flight can be believed, or an empty string; the tick was meant for ``planned_ns``."""
        return self._stepped() or self._stalled(planned_ns, now_ns) or self._robbed(now_ns)

    def drops(self, version: int, dropped: int) -> str:
        """The same for the number of packets that a family's socket has dropped so far."""
        more = (dropped - self._dropped.get(version, 0)) & 0xFFFF_FFFF
        self._dropped[version] = dropped
        return f"the agent's socket dropped {more} packets" if more else ""

    def _stalled(self, planned_ns: int, now_ns: int) -> str:
        late_ns = now_ns - planned_ns
        return f"the agent stood still for {late_ns / _SECOND_NS:.2f} s" if late_ns >= self._stall_ns else ""

    def _stepped(self) -> str:
        offset_ns = self._read_offset()
        step_ns = offset_ns - self._offset_ns
        self._offset_ns = offset_ns
        return f"the clock stepped by {step_ns / _SECOND_NS:+.3f} s" if abs(step_ns) >= _STEP_NS else ""

    def _robbed(self, now_ns: int) -> str:
        if now_ns - self._stolen_at_ns < _STOLEN_WITHIN_NS:
            return ""
        before, self._stolen = self._stolen, self._read_stolen()
        self._stolen_at_ns = now_ns
        total = self._stolen[1] - before[1]
        share = (self._stolen[0] - before[0]) / total if total > 0 else 0.0
        return f"the host took {share:.0%} of the machine's time" if share >= _STOLEN else ""

    def _read_offset(self) -> int:
        """Wall minus monotonic; of several readings the one that took least, so that a preemption is no step."""
        best = offset = 0
        for attempt in range(_TRIES):
            before_ns = self._clock.monotonic_ns()
            wall_ns = self._clock.wall_ns()
            took_ns = self._clock.monotonic_ns() - before_ns
            if attempt == 0 or took_ns < best:
                best, offset = took_ns, wall_ns - before_ns - took_ns // 2
            if took_ns < _STEP_NS // 10:
                break
        return offset

    def _read_stolen(self) -> tuple[int, int]:
        """(stolen, all) jiffies since boot, from the first line of /proc/stat."""
        try:
            with self._stat.open("rb") as stat:
                counts = [int(word) for word in stat.readline().split()[1:9]]
        except (OSError, ValueError):
            return 0, 0
        return (counts[7], sum(counts)) if len(counts) == 8 else (0, 0)
