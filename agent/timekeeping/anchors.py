"""Which known moments of each boot are worth keeping; it decides and neither asks a clock nor writes a file."""

from collections.abc import Iterable, Mapping

import msgspec

from shared.wire.reading import Anchor

_SECOND_NS = 1_000_000_000
_APART_NS = 3600 * _SECOND_NS
_MOST_BOOTS = 64
_WORST_ERROR_NS = 2 * _SECOND_NS
COLLECTOR = "collector"
KERNEL = "kernel"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The kept moments by boot, the oldest boot first: the first and the latest of each, so that drift is bounded."""

    boots: dict[str, tuple[Anchor, ...]] = {}

    def latest_wall_ns(self) -> int:
        """The latest true time that was ever known; 0 where none was."""
        return max((anchor.wall_ns for anchors in self.boots.values() for anchor in anchors), default=0)


def answered(boot_id: str, server_time_ns: int, sent_ns: int, received_ns: int) -> Anchor | None:
    """The moment that a collector's answer tells, None where it was too long under way (RFC 5905, section 8).

    ``sent_ns`` and ``received_ns`` are monotonic; the collector looked at its clock somewhere between them.
    """
    error_ns = (received_ns - sent_ns + 1) // 2
    if not 0 <= error_ns <= _WORST_ERROR_NS:
        return None
    return Anchor(boot_id, received_ns - error_ns, server_time_ns, error_ns, COLLECTOR)


def learn(known: Known, new: Anchor) -> Known:
    """What is known with one more moment; the same object where the new one tells nothing new.

    A collector's word replaces the kernel's at once, for everybody's readings are compared by the collector's clock.
    """
    before = known.boots.get(new.boot_id, ())
    if before and not _tells_more(before[-1], new):
        return known
    kept = (before[0], new) if before and before[0].source == new.source else (new,)
    boots = {name: anchors for name, anchors in known.boots.items() if name != new.boot_id}
    boots[new.boot_id] = kept
    for name in list(boots)[: max(0, len(boots) - _MOST_BOOTS)]:
        del boots[name]
    return Known(boots=boots)


def _tells_more(last: Anchor, new: Anchor) -> bool:
    if last.source != new.source:
        return new.source == COLLECTOR
    return new.monotonic_ns - last.monotonic_ns >= _APART_NS


def of_boots(known: Known, boots: Iterable[str]) -> tuple[Anchor, ...]:
    """The moments of these boots."""
    return tuple(anchor for boot in sorted(set(boots)) for anchor in known.boots.get(boot, ()))


def offset_ns(boots: Mapping[str, tuple[Anchor, ...]], boot_id: str, monotonic_ns: int, wall_ns: int) -> int | None:
    """How far the machine's clock is ahead of the true time, None where nothing is known of this boot."""
    anchors = boots.get(boot_id)
    if not anchors:
        return None
    return wall_ns - (anchors[-1].wall_ns + monotonic_ns - anchors[-1].monotonic_ns)
