"""The last day of one site as the page's modules and its table want it; it draws nothing and holds no measurement."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import msgspec

from collector.series.quality import SLOT_S, SLOTS, Day, Slot


class DayDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A place for each slot, oldest first; times are Unix seconds."""

    now: float
    first: int
    """Beginning of the oldest slot."""
    slot_seconds: int = SLOT_S
    since: float | None
    """Where something of the day is not kept: since when it is."""
    newest: float | None
    """When the newest train was sent."""
    loss_ratio: tuple[float | None, ...]
    """None where nothing was measured; RTTs are None too where nothing came back."""
    rtt_seconds: tuple[float | None, ...]
    low_seconds: tuple[float | None, ...]
    high_seconds: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Hour:
    """A line of the table; what was not measured is None."""

    begins: str
    """HH:MM"""
    minutes: int
    """How much of it was measured."""
    is_kept: bool
    """Whether what was measured then is known here."""
    loss_ratio: float | None
    """Of its packets."""
    worst_ratio: float | None
    """In the worst five minutes of it."""
    low_seconds: float | None
    rtt_seconds: float | None
    high_seconds: float | None


def first_slot(now_s: float) -> int:
    """Beginning of the oldest slot of the day until now."""
    return (int(now_s) // SLOT_S - SLOTS + 1) * SLOT_S


def document(day: Day, now_s: float) -> str:
    """JSON, on one line."""
    first = first_slot(now_s)
    known = {slot.at_s: slot for slot in day.slots}
    slots = [known.get(first + place * SLOT_S) for place in range(SLOTS)]
    found = DayDocument(
        now=round(now_s, 1),
        first=first,
        since=round(day.since_s) if day.since_s > first else None,
        newest=None if day.newest_s is None else round(min(now_s, day.newest_s), 1),
        loss_ratio=tuple(None if slot is None else round(slot.loss_ratio, 4) for slot in slots),
        rtt_seconds=_column(slots, lambda slot: slot.rtt_seconds),
        low_seconds=_column(slots, lambda slot: slot.low_seconds),
        high_seconds=_column(slots, lambda slot: slot.high_seconds),
    )
    return msgspec.json.encode(found).decode()


def hours(day: Day, now_s: float, clock: Callable[[float], str]) -> list[Hour]:
    """By the hours of the province's clock, newest first; ``clock`` gives HH:MM."""
    known, first = {slot.at_s: slot for slot in day.slots}, first_slot(now_s)
    grouped = groupby(
        (first + place * SLOT_S for place in range(SLOTS)), key=lambda at_s: at_s - 60 * int(clock(at_s)[3:])
    )
    found = []
    for began_s, some in grouped:
        times = list(some)
        slots = [known[at_s] for at_s in times if at_s in known]
        found.append(_hour(clock(began_s), slots, is_kept=times[-1] + SLOT_S > day.since_s))
    return found[::-1]


def _hour(begins: str, slots: Sequence[Slot], *, is_kept: bool) -> Hour:
    sent = sum(slot.sent for slot in slots)
    return Hour(
        begins=begins,
        minutes=len(slots) * SLOT_S // 60,
        is_kept=is_kept,
        loss_ratio=sum(slot.sent * slot.loss_ratio for slot in slots) / sent if sent else None,
        worst_ratio=max((slot.loss_ratio for slot in slots), default=None),
        low_seconds=min((slot.low_seconds for slot in slots if slot.low_seconds is not None), default=None),
        rtt_seconds=max((slot.rtt_seconds for slot in slots if slot.rtt_seconds is not None), default=None),
        high_seconds=max((slot.high_seconds for slot in slots if slot.high_seconds is not None), default=None),
    )


def _column(slots: Iterable[Slot | None], of: Callable[[Slot], float | None]) -> tuple[float | None, ...]:
    values = (None if slot is None else of(slot) for slot in slots)
    return tuple(None if value is None else round(value, 5) for value in values)
