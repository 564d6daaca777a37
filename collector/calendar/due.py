"""When something that is done once a day is due, from what is stored alone; it starts nothing and reads no clock."""

from datetime import datetime, time, timedelta, tzinfo

_SECOND_NS = 1_000_000_000
_MINUTE_NS = 60 * _SECOND_NS
DAY_NS = 24 * 60 * _MINUTE_NS


def is_due(now_ns: int, last_ns: int | None, at: time, zone: tzinfo, late_ns: int) -> bool:
    """Whether the day's hour has come and it was not done since; up to ``late_ns`` late.

    Neither a restart nor a step of the clock leaves it out or does it twice.
    """
    now = datetime.fromtimestamp(now_ns // _SECOND_NS, zone)
    planned = datetime.combine(now.date(), at, zone)
    if planned > now:
        planned -= timedelta(days=1)
    planned_ns = int(planned.timestamp()) * _SECOND_NS
    return now_ns - planned_ns < late_ns and (last_ns is None or last_ns < planned_ns)


class Nights:
    """The nights of one program: ask :meth:`begin` often; times are wall and monotonic nanoseconds."""

    def __init__(self, at: time, zone: tzinfo, last_ns: int | None) -> None:
        """``last_ns``: when one was done last, by an earlier run; where none ever was the first is the next."""
        self.at = at
        self.zone = zone
        self._last_ns = last_ns
        self._offset_ns: int | None = None

    def begin(self, now_ns: int) -> bool:
        """Whether the night's work is due: then it is begun, and not due again."""
        if self._last_ns is None:
            self._last_ns = now_ns
        if self._last_ns > now_ns + DAY_NS:
            self._last_ns = 0  # It was done while the clock was wrong by days.
        if not is_due(now_ns, self._last_ns, self.at, self.zone, DAY_NS):
            return False
        self._last_ns = now_ns
        return True

    def stepped(self, wall_ns: int, monotonic_ns: int) -> bool:
        """Whether the wall clock was set since it was asked last: who waits by it must count anew."""
        before, self._offset_ns = self._offset_ns, wall_ns - monotonic_ns
        return before is not None and abs(self._offset_ns - before) > _MINUTE_NS
