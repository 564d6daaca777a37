"""Two samples that show whether a destination takes late ones: one of now, then one a day old; it sends neither."""

from collections.abc import Mapping

from collector.forward.translate import Point

NAME = "phusong_forward_canary"
_LATE_MS = 25 * 3600 * 1000


def canary(destination: str, extra: Mapping[str, str], now_ms: int) -> tuple[Point, Point]:
    """The one of now goes first: an empty store takes everything, and only then knows what is late."""
    labels = tuple(sorted({"__name__": NAME, **extra, "destination": destination}.items()))
    labels = tuple((name, text) for name, text in labels if text)
    return Point(labels, now_ms, 1.0), Point(labels, now_ms - _LATE_MS, 1.0)
