"""Points into bodies that a receiver takes: oldest first, grouped by series, bounded in samples and bytes."""

from collections.abc import Iterator, Sequence
from operator import attrgetter

from collector.forward.encoding import TimeSeries
from collector.forward.translate import Point
from shared.wire.reading import Labels

BYTES = 1_000_000
"""Of a body before compression, by an estimate that is never too small."""
_at = attrgetter("at_ms")


def chunks(points: Sequence[Point], samples: int, size: int = BYTES) -> Iterator[list[Point]]:
    """Parts of at most ``samples`` points and ``size`` bytes, oldest first; a point too large stands alone."""
    part: list[Point] = []
    held = 0
    for point in sorted(points, key=_at):
        cost = _cost(point.labels)
        if part and (len(part) >= samples or held + cost > size):
            yield part
            part, held = [], 0
        part.append(point)
        held += cost
    if part:
        yield part


def halves(points: list[Point]) -> tuple[list[Point], list[Point]]:
    """The older and the newer half of at least two points."""
    middle = len(points) // 2
    return points[:middle], points[middle:]


def grouped(points: Sequence[Point]) -> list[TimeSeries]:
    """One entry a series, its samples in the order in which they came."""
    found: dict[Labels, list[tuple[int, float]]] = {}
    for point in points:
        found.setdefault(point.labels, []).append((point.at_ms, point.value))
    return [TimeSeries(labels, tuple(samples)) for labels, samples in found.items()]


def _cost(labels: Labels) -> int:
    return 40 + sum([_bytes(name) + _bytes(text) + 14 for name, text in labels])


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
