"""Virtual time in the clocks' own units: seconds since the replay began, and what clocks would show then."""

SECOND_NS = 1_000_000_000
DAY_SECONDS = 86_400
DAWN_NS = 1_780_246_800 * SECOND_NS
"""Monday, 2026-06-01, 00:00 in Vietnam (+07:00): the wall clock at the start of every replay."""


def wall_ns(seconds: float) -> int:
    """The true wall time."""
    return DAWN_NS + round(seconds * 1_000_000) * 1_000


def monotonic_ns(seconds: float, boot: float) -> int:
    """What a computer that was started at ``boot`` counts."""
    return round((seconds - boot) * 1_000_000) * 1_000


def seconds_of(stamp_ns: int) -> float:
    """Seconds since the replay began, of a wall time."""
    return (stamp_ns - DAWN_NS) / SECOND_NS
