"""When a check that follows another is due: the other's outcome changed for good; it decides and runs nothing."""

from dataclasses import dataclass

RUNS = 3
"""So many runs in a row must differ from what stood: one lost packet is no change."""
LEAST_APART_NS = 300 * 1_000_000_000
"""A link that flaps is not traced at every turn."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the followed check stands on one target."""

    good: bool
    differing: int = 0
    """Runs in a row that ended otherwise."""
    followed_ns: int | None = None
    """When the follower was last made due."""


def step(before: Standing | None, good: bool, now_ns: int) -> tuple[Standing, bool]:
    """The standing after one more run, and whether the follower is due now; the first run is no change."""
    if before is None:
        return Standing(good), False
    if good is before.good:
        return Standing(good, 0, before.followed_ns), False
    if before.differing + 1 < RUNS:
        return Standing(before.good, before.differing + 1, before.followed_ns), False
    if before.followed_ns is not None and now_ns - before.followed_ns < LEAST_APART_NS:
        return Standing(good, 0, before.followed_ns), False
    return Standing(good, 0, now_ns), True
