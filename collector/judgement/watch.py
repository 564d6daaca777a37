"""Since when all has been judged without a pause: what a report may call known; it writes nothing."""

_SECOND_NS = 1_000_000_000
PAUSE_NS = 60 * _SECOND_NS
"""Longer than this between two evaluations, and nobody watched meanwhile."""
NOTE_NS = 60 * _SECOND_NS
"""How much of a watch a power cut may take from the reports; it counts as unknown then."""


class Watch:
    """One span after the other; a collector that was off, asleep or had its clock set back begins a new one."""

    def __init__(self) -> None:
        self._begun_ns: int | None = None
        self._last_ns = self._noted_ns = 0

    def take(self, now_ns: int) -> tuple[int, int] | None:
        """Note an evaluation; gives the span (begun, until) where it is to be written."""
        paused = self._begun_ns is None or not 0 <= now_ns - self._last_ns <= PAUSE_NS
        if self._begun_ns is None or paused:
            self._begun_ns = now_ns
        self._last_ns = now_ns
        if not paused and now_ns - self._noted_ns < NOTE_NS:
            return None
        self._noted_ns = now_ns
        return self._begun_ns, now_ns
