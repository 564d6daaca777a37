"""A day of loss and round-trip time as SVG, drawn on the server so that it needs no script; it holds no measurement."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from collector.series.quality import SLOT_S, SLOTS, Slot

WIDTH, HEIGHT = 288 * 4, 120
_DAY_S = SLOT_S * SLOTS


@dataclass(frozen=True, slots=True)
class Bar:
    """One slot of the loss strip; pixels."""

    x: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws."""

    bars: tuple[Bar, ...]
    gaps: tuple[tuple[float, float], ...]
    """Times without any train: (left, width)."""
    lines: tuple[str, ...]
    """RTT as polylines, broken where nothing was measured or nothing came back."""
    top_seconds: float
    """RTT at the upper edge."""
    hours: tuple[tuple[float, str], ...]
    """(left, HH:MM) of grid lines."""


def chart(slots: Sequence[Slot], now_s: float, clock: Callable[[float], str]) -> Chart:
    """The chart of the day until ``now_s``; ``clock`` gives HH:MM."""
    first_s = (int(now_s) // SLOT_S - SLOTS + 1) * SLOT_S
    known = {slot.at_s: slot for slot in slots}
    top = max([slot.rtt_seconds for slot in slots if slot.rtt_seconds is not None], default=0.0) * 1.1 or 0.1
    bars = tuple(
        Bar(_x(slot.at_s, first_s), round(slot.loss_ratio * HEIGHT, 1), f"{clock(slot.at_s)} {slot.loss_ratio:.1%}")
        for slot in slots
        if slot.loss_ratio > 0
    )
    times = [first_s + place * SLOT_S for place in range(SLOTS)]
    gaps = tuple((_x(at_s, first_s), WIDTH / SLOTS) for at_s in times if at_s not in known)
    hours = tuple((_x(at_s, first_s), clock(at_s)) for at_s in times if at_s % (4 * 3600) == 0)
    return Chart(bars, _joined(gaps), tuple(_lines(times, known, first_s, top)), top, hours)


def _x(at_s: float, first_s: float) -> float:
    return round((at_s - first_s) / _DAY_S * WIDTH, 1)


def _joined(gaps: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    found: list[tuple[float, float]] = []
    for left, width in gaps:
        if found and abs(found[-1][0] + found[-1][1] - left) < 0.5:
            found[-1] = (found[-1][0], left + width - found[-1][0])
        else:
            found.append((left, width))
    return tuple(found)


def _lines(times: Sequence[int], known: dict[int, Slot], first_s: int, top: float) -> list[str]:
    lines: list[list[str]] = [[]]
    for at_s in times:
        slot = known.get(at_s)
        if slot is None or slot.rtt_seconds is None:
            lines.append([])
        else:
            middle = _x(at_s, first_s) + WIDTH / SLOTS / 2
            lines[-1].append(f"{middle:g},{HEIGHT - slot.rtt_seconds / top * HEIGHT:.1f}")
    return [" ".join(points if len(points) > 1 else points * 2) for points in lines if points]
