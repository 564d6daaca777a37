"""How often a machine may take a new key, which the book keeps for ever; it reads no clock and asks nobody (core)."""

from collections.abc import Iterable

KEYS_A_DAY = 8
"""Of one agent; one is due each 90 days, and a person may try a few times."""
_DAY_NS = 86_400 * 1_000_000_000
_SECOND_NS = 1_000_000_000


def wait_seconds(born_wall_ns: Iterable[int], now_ns: int, most: int = KEYS_A_DAY) -> int:
    """After how many seconds the agent of keys that were born then may have one more; 0 where it may now."""
    lately = sorted(born_ns for born_ns in born_wall_ns if now_ns - _DAY_NS < born_ns <= now_ns)
    if len(lately) < most:
        return 0
    return (lately[-most] + _DAY_NS - now_ns) // _SECOND_NS + 1
