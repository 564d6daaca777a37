"""When a reading was taken, by the collector's clock; an agent's wall clock is believed only where it must be."""

from enum import Enum

import msgspec

from shared.wire.reading import Anchor, Batch, ClockQuality, Cycle, Reading

SECOND_NS = 1_000_000_000
_EARLIEST_WALL_NS = 1_704_067_200 * SECOND_NS  # 2024-01-01: before the first release nobody measured anything
_AHEAD_NS = 300 * SECOND_NS
_OLDEST_NS = 400 * 86_400 * SECOND_NS
_SLACK_NS = SECOND_NS
_DRIFT = 10_000  # a quartz that nobody corrects is off by at most 100 millionths


class Trust(Enum):
    """What the time rests on."""

    MONOTONIC = "monotonic"
    """Both stamps come from one boot of the agent: right whatever its wall clock says."""
    REPAIRED = "repaired"
    """From an earlier boot, of which the agent knew the true time at some moment: counted from there."""
    SYNCHRONISED = "synchronised"
    """From an earlier boot, whose kernel said that its clock followed a reference."""
    UNSYNCHRONISED = "unsynchronised"
    """From an earlier boot with a clock that nobody vouches for, but plausible."""


class Placed(msgspec.Struct, frozen=True, gc=False):
    """Age of a reading when its batch arrived, never negative."""

    age_ns: int
    trust: Trust


def place(reading: Reading, cycle: Cycle, batch: Batch, received_wall_ns: int) -> Placed | None:
    """The age of a reading, or None where its stamps are implausible."""
    if cycle.boot_id == batch.boot_id:
        age_ns = batch.sent_monotonic_ns - reading.started_monotonic_ns
        return Placed(max(0, age_ns), Trust.MONOTONIC) if -_SLACK_NS <= age_ns <= _OLDEST_NS else None
    wall_ns, trust = _wall(reading, cycle, batch.anchors)
    if not _EARLIEST_WALL_NS <= wall_ns <= received_wall_ns + _AHEAD_NS:
        return None
    return Placed(max(0, received_wall_ns - wall_ns), trust)


def _wall(reading: Reading, cycle: Cycle, anchors: tuple[Anchor, ...]) -> tuple[int, Trust]:
    """The stamp to go by: the agent's own where its clock followed a reference and nothing known speaks against it."""
    ours = [anchor for anchor in anchors if anchor.boot_id == cycle.boot_id]
    synchronised = cycle.clock is ClockQuality.SYNCHRONISED
    if not ours:
        return reading.started_wall_ns, Trust.SYNCHRONISED if synchronised else Trust.UNSYNCHRONISED
    at_ns = reading.started_monotonic_ns
    nearest = min(ours, key=lambda anchor: abs(at_ns - anchor.monotonic_ns))
    distance_ns = at_ns - nearest.monotonic_ns
    repaired_ns = nearest.wall_ns + distance_ns
    doubt_ns = nearest.error_ns + _SLACK_NS + abs(distance_ns) // _DRIFT
    if synchronised and abs(reading.started_wall_ns - repaired_ns) <= doubt_ns:
        return reading.started_wall_ns, Trust.SYNCHRONISED
    return repaired_ns, Trust.REPAIRED
