"""How much of the line the budget of a month still allows, history giving way first; it decides and counts no byte.

Below the line (the month's share so far and a tenth of the month ahead) everything goes. History keeps a tenth of that
away from it, so that it slows down first; above it live goes as seldom as what is left asks for, and never more seldom
than every quarter of an hour, even where nothing is left.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

SELDOM_SECONDS = 900.0
_AHEAD = 0.1
_HISTORY_SHARE = 0.9
_SECOND_NS = 1_000_000_000
_DAY_SECONDS = 86_400


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of one calendar month (UTC)."""

    month: str = ""
    """``2026-11``; empty while the time was never known."""
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of a calendar month."""

    month: str
    elapsed: float
    """Share of the month that has passed, 0 to 1."""
    left_seconds: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What may be sent now."""

    history: bool
    live_every_seconds: float
    """Least time between two live batches."""
    newest_only: bool
    """Whether a live batch carries the newest record alone."""


FREE = Plan(history=True, live_every_seconds=0.0, newest_only=False)


def moment_of(wall_ns: int) -> Moment:
    """Where a true time lies in its month."""
    now = datetime.fromtimestamp(wall_ns / _SECOND_NS, UTC)
    begun = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    seconds = monthrange(now.year, now.month)[1] * _DAY_SECONDS
    passed = (now - begun).total_seconds()
    return Moment(f"{now:%Y-%m}", passed / seconds, seconds - passed)


def charge(spent: Spent, moment: Moment | None, count: int) -> Spent:
    """The account with ``count`` bytes more; a later month begins at 0, an unknown time stays in the month it knew.

    A month before the one that was written down means that its clock was wrong: its bytes are this month's.
    """
    if moment is None or moment.month == spent.month:
        return Spent(month=spent.month, bytes=spent.bytes + count)
    carried = spent.bytes if not spent.month or moment.month < spent.month else 0
    return Spent(month=moment.month, bytes=carried + count)


def plan(limit_bytes: int | None, spent_bytes: int, moment: Moment | None, live_cost_bytes: int) -> Plan:
    """What may be sent; everything where there is no limit or the time is not known, for an answer tells it.

    ``live_cost_bytes`` is what the last live batch cost.
    """
    if limit_bytes is None or moment is None:
        return FREE
    line = limit_bytes * min(1.0, moment.elapsed + _AHEAD)
    left = limit_bytes - spent_bytes
    if spent_bytes <= line and left > 0:
        return Plan(history=spent_bytes <= line * _HISTORY_SHARE, live_every_seconds=0.0, newest_only=False)
    every = SELDOM_SECONDS if left <= 0 else min(SELDOM_SECONDS, live_cost_bytes * moment.left_seconds / left)
    return Plan(history=False, live_every_seconds=every, newest_only=every >= SELDOM_SECONDS)
