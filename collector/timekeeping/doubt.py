"""Whether a clock can be right, by what is known and what agents' clocks show; it asks nobody (core)."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median_low

from shared.release import BUILT_NS, LONGEST_LIFE_NS

_SECOND_NS = 1_000_000_000
_DAY_NS = 86_400 * _SECOND_NS
_LATELY_NS = 600 * _SECOND_NS
_ALIKE_NS = 60 * _SECOND_NS
_LEAST_WITNESSES = 3
"""One agent's credentials must not be enough to silence the collector."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A clock of which the kernel of its agent's machine said that it follows a reference."""

    heard_ns: int
    """When, by our monotonic clock."""
    ahead_ns: int
    """How far it was ahead of that clock: what it shows now is that much more than what that clock shows now."""


def is_absurd(wall_ns: int, least_ns: int) -> bool:
    """Whether nobody need be asked: a day before ``least_ns``, or twenty years after this release was written."""
    return not least_ns - _DAY_NS <= wall_ns < BUILT_NS + LONGEST_LIFE_NS


def doubt(wall_ns: int, written_ns: int, known_ns: int, consensus_ns: int | None, *, follows: bool) -> str:
    """Why a clock cannot be right, in one line; empty where it may be.

    ``written_ns`` is when this release was; ``known_ns`` a time that was later than every one known so far;
    ``consensus_ns`` what agents' clocks show; ``follows`` says that our kernel follows a reference, which then counts
    for more than both.
    """
    if is_absurd(wall_ns, written_ns):
        return "the collector's clock shows a time at which this release cannot run"
    if follows:
        return ""
    if consensus_ns is not None:
        alike = abs(wall_ns - consensus_ns) <= _DAY_NS
        return "" if alike else "the collector's clock shows another day than those of agents, which follow a reference"
    return "the collector's clock is behind what came before" if is_absurd(wall_ns, known_ns) else ""


def consensus(witnesses: Iterable[Witness], now_ns: int) -> int | None:
    """What the clocks of agents that were heard lately show now; None where they are few, or do not agree."""
    shown = [each.ahead_ns + now_ns for each in witnesses if now_ns - each.heard_ns <= _LATELY_NS]
    if len(shown) < _LEAST_WITNESSES:
        return None
    middle_ns = median_low(shown)
    alike = sum(abs(each - middle_ns) <= _ALIKE_NS for each in shown)
    return middle_ns if 3 * alike >= 2 * len(shown) else None
