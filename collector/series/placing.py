"""When a reading was taken, by the collector's clock; an agent's wall clock is believed only where it must be."""

from dataclasses import dataclass
from enum import Enum

from shared.wire.reading import Batch, ClockQuality, Cycle, Reading

SECOND_NS = 1_000_000_000
_EARLIEST_WALL_NS = 1_704_067_200 * SECOND_NS  # 2024-01-01: before the first release nobody measured anything
_AHEAD_NS = 300 * SECOND_NS
_OLDEST_NS = 400 * 86_400 * SECOND_NS
_SLACK_NS = SECOND_NS


class Trust(Enum):
    """What the time rests on."""

    MONOTONIC = "monotonic"
    """Both stamps come from one boot of the agent: right whatever its wall clock says."""
    SYNCHRONISED = "synchronised"
    """From an earlier boot, whose kernel said that its clock followed a reference."""
    UNSYNCHRONISED = "unsynchronised"
    """From an earlier boot with a clock that nobody vouches for, but plausible."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Age of a reading when its batch arrived, never negative."""

    age_ns: int
    trust: Trust


def place(reading: Reading, cycle: Cycle, batch: Batch, received_wall_ns: int) -> Placed | None:
    """The age of a reading, or None where its stamps are implausible."""
    if cycle.boot_id == batch.boot_id:
        age_ns = batch.sent_monotonic_ns - reading.started_monotonic_ns
        return Placed(max(0, age_ns), Trust.MONOTONIC) if -_SLACK_NS <= age_ns <= _OLDEST_NS else None
    wall_ns = reading.started_wall_ns
    if not _EARLIEST_WALL_NS <= wall_ns <= received_wall_ns + _AHEAD_NS:
        return None
    trust = Trust.SYNCHRONISED if cycle.clock is ClockQuality.SYNCHRONISED else Trust.UNSYNCHRONISED
    return Placed(max(0, received_wall_ns - wall_ns), trust)
