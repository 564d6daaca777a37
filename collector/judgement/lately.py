"""How many sites were down in the last day, by ten minutes, as it was known then; it writes nothing."""

from collections.abc import Mapping

SLOT_NS = 600 * 1_000_000_000
SLOTS = 144
"""Twenty-four hours."""


class Lately:
    """The most sites that were down at once in each slot; a slot in which nobody judged is not there."""

    def __init__(self, known: Mapping[int, int]) -> None:
        """``known`` by the beginnings of slots, nanoseconds since 1970-01-01 UTC."""
        self._most = dict(known)

    def take(self, now_ns: int, down: int) -> tuple[int, int] | None:
        """Note an evaluation; gives the beginning of its slot and the number where that is to be written."""
        slot = now_ns - now_ns % SLOT_NS
        if down <= self._most.get(slot, -1):
            return None
        if slot not in self._most and len(self._most) > 2 * SLOTS:
            self._most = {at: most for at, most in self._most.items() if abs(slot - at) <= SLOTS * SLOT_NS}
        self._most[slot] = down
        return slot, down

    def view(self, now_ns: int) -> tuple[int | None, ...]:
        """The last day, oldest first, the slot that runs last; None where nobody judged."""
        newest = now_ns - now_ns % SLOT_NS
        return tuple(self._most.get(newest - place * SLOT_NS) for place in range(SLOTS - 1, -1, -1))
