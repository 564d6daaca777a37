"""Samples that show whether a destination takes late ones, and whether it takes any; it sends none of them."""

from collections.abc import Mapping

from collector.forward.translate import Point

NAME = "phusong_forward_canary"
_LATE_MS = 25 * 3600 * 1000
_PROBES = 16


def canary(destination: str, extra: Mapping[str, str], now_ms: int) -> tuple[Point, Point]:
    """The one of now goes first: an empty store takes everything, and only then knows what is late."""
    labels = tuple(sorted({"__name__": NAME, **extra, "destination": destination}.items()))
    labels = tuple((name, text) for name, text in labels if text)
    return Point(labels, now_ms, 1.0), Point(labels, now_ms - _LATE_MS, 1.0)


def probe(destination: str, extra: Mapping[str, str], now_ms: int) -> list[Point]:
    """Of several series: a store that spreads them over machines takes them all only where most of these are well."""
    labels = {"__name__": NAME, **extra, "destination": destination}
    named = (labels | {"slot": str(number)} for number in range(_PROBES))
    return [Point(tuple(sorted((name, text) for name, text in each.items() if text)), now_ms, 1.0) for each in named]
