"""Which records go next: the newest state first, then history in its order; it decides and never sends."""

from dataclasses import dataclass

from agent.spool.queue import Stored
from shared.wire.reading import Lane


@dataclass(frozen=True, slots=True)
class Load:
    """The records of one batch."""

    lane: Lane
    records: tuple[Stored, ...]


def choose(newest: Stored | None, oldest: list[Stored], last_live: int) -> Load | None:
    """What to send, None where nothing waits.

    ``newest`` is the newest waiting record, ``oldest`` those from the oldest on as far as one batch holds them,
    ``last_live`` the highest sequence that went by the live lane. Where all that waits fits into one batch it goes at
    once; otherwise the newest record goes alone, before the history that stands in front of it.
    """
    if newest is None or not oldest:
        return None
    if oldest[-1].sequence == newest.sequence:
        return Load(Lane.LIVE, tuple(oldest))
    if newest.sequence > last_live:
        return Load(Lane.LIVE, (newest,))
    return Load(Lane.HISTORY, tuple(oldest))
