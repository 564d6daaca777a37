"""When nobody could see last, our own side being cut: what is known of outages that began or ended meanwhile."""

from collections.abc import Iterable

from collector.judgement.scene import Blind

_SECOND_NS = 1_000_000_000
_LOOKED_NS = 30 * _SECOND_NS
"""So long after somebody could see again every site has been looked at."""
_PLAIN_NS = 180 * _SECOND_NS
"""An outage that was seen for so long can be told by that time alone."""


class Blindness:
    """The last time of it, wall times in nanoseconds."""

    def __init__(self) -> None:
        self._first_ns = self._last_ns = 0

    def see(self, blind: Iterable[Blind], now_ns: int) -> None:
        """Who cannot see at this moment."""
        if alone := [one.since_ns for one in blind if one.alone]:
            self._first_ns, self._last_ns = min(alone), now_ns

    def before(self, began_ns: int) -> int | None:
        """Since when nobody could see, where nobody could when a site was found lost."""
        return self._first_ns if self._first_ns <= began_ns <= self._last_ns + _LOOKED_NS else None

    def until(self, began_ns: int, ended_ns: int) -> int | None:
        """Since when nobody could see until a site was back that was known to be lost: it may have been back before."""
        seen, hidden = began_ns + _PLAIN_NS <= self._first_ns, self._first_ns < ended_ns <= self._last_ns + _LOOKED_NS
        return self._first_ns if seen and hidden else None
