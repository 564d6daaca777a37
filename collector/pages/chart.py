"""A day of loss and round-trip time as SVG, drawn on the server so that it needs no script; it holds no measurement."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from collector.pages.day import first_slot
from collector.series.quality import SLOT_S, SLOTS, Day, Slot

SLOT_WIDTH = 4
WIDTH, HEIGHT = SLOTS * SLOT_WIDTH, 240
_DAY_S = SLOT_S * SLOTS
_LEAST_BAR = 2.0
"""One lost packet can be seen."""
_GRID_LINES = 4
_ROUND = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
_MEDIAN_ROOM, _SPREAD_ROOM, _SPREAD_SHARE = 1.25, 1.1, 0.95
"""The axis has room for all medians, and for all packets but the slowest of one slot in twenty: those are marked."""


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
    forgotten: tuple[tuple[float, float], ...]
    """Those of them of which nothing is kept."""
    lines: tuple[str, ...]
    """RTT as paths, a step for each slot, broken where nothing was measured or nothing came back."""
    bands: tuple[str, ...]
    """From the fastest packet to the slowest, as closed paths."""
    beyond: tuple[float, ...]
    """Where the slowest packet lies above the edge: the middle of the slot."""
    grid: tuple[tuple[float, str], ...]
    """(top, milliseconds) of RTT grid lines."""
    hours: tuple[tuple[float, str], ...]
    """(left, HH:MM) of grid lines."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Of RTT, from 0; milliseconds."""

    step: float
    top: float

    def y(self, seconds: float) -> float:
        """Pixels from the top."""
        return round(HEIGHT * (1 - min(1.0, seconds * 1000 / self.top)), 1)


def chart(day: Day, now_s: float, clock: Callable[[float], str], figures: Callable[[str], str] = str) -> Chart:
    """The chart of the day until ``now_s``; ``clock`` gives HH:MM, ``figures`` a number as it is written there."""
    first = first_slot(now_s)
    scale = axis(day.slots)
    known = {slot.at_s: slot for slot in day.slots}
    times = [first + place * SLOT_S for place in range(SLOTS)]
    missing = [at_s for at_s in times if at_s not in known]
    runs = list(_runs(day.slots))
    return Chart(
        bars=tuple(_bar(slot, first, clock, figures) for slot in day.slots if slot.loss_ratio > 0),
        gaps=_joined([at_s for at_s in missing if at_s + SLOT_S > day.since_s], first, now_s),
        forgotten=_joined([at_s for at_s in missing if at_s + SLOT_S <= day.since_s], first, now_s),
        lines=tuple(_steps([(slot.at_s, slot.rtt_seconds or 0.0) for slot in run], first, scale) for run in runs),
        bands=tuple(_band(run, first, scale) for run in runs),
        beyond=tuple(
            _x(slot.at_s, first) + SLOT_WIDTH / 2 for slot in day.slots if (slot.high_seconds or 0) * 1000 > scale.top
        ),
        grid=tuple((scale.y(line * scale.step / 1000), figures(f"{line * scale.step:g}")) for line in _lines(scale)),
        hours=tuple((_x(at_s, first), clock(at_s)) for at_s in times if at_s % 900 == 0 and clock(at_s) in _LABELLED),
    )


_LABELLED = frozenset(f"{hour:02}:00" for hour in range(0, 24, 3))


def axis(slots: Sequence[Slot]) -> Axis:
    """With round numbers on it; ``axis`` of ``site/axis.js`` finds the same."""
    medians = [slot.rtt_seconds for slot in slots if slot.rtt_seconds is not None]
    highs = sorted(slot.high_seconds for slot in slots if slot.high_seconds is not None)
    spread = highs[math.ceil(_SPREAD_SHARE * len(highs)) - 1] if highs else 0.0
    room = 1000 * max(_MEDIAN_ROOM * max(medians, default=0.0), _SPREAD_ROOM * spread, 0.001)
    tens = 10 ** math.floor(math.log10(room / _GRID_LINES))
    step = next(tens * factor for factor in _ROUND if tens * factor * _GRID_LINES >= room * (1 - 1e-9))
    return Axis(step, step * _GRID_LINES)


def _lines(scale: Axis) -> range:
    return range(round(scale.top / scale.step) + 1)


def _x(at_s: float, first_s: float) -> float:
    return round((at_s - first_s) / _DAY_S * WIDTH, 1)


def _bar(slot: Slot, first: int, clock: Callable[[float], str], figures: Callable[[str], str]) -> Bar:
    height = max(_LEAST_BAR, round(slot.loss_ratio * HEIGHT, 1))
    return Bar(_x(slot.at_s, first), height, f"{clock(slot.at_s)} {figures(f'{100 * slot.loss_ratio:.1f}')} %")


def _joined(times: Sequence[int], first: int, now_s: float) -> tuple[tuple[float, float], ...]:
    """Neighbours as one stretch, and none of them in the future."""
    found = []
    for _, some in groupby(enumerate(times), key=lambda place: place[1] - place[0] * SLOT_S):
        stretch = [at_s for _, at_s in some]
        left = _x(stretch[0], first)
        found.append((left, round(_x(min(now_s, stretch[-1] + SLOT_S), first) - left, 1)))
    return tuple(found)


def _runs(slots: Sequence[Slot]) -> Iterator[list[Slot]]:
    """Neighbours in which something came back."""
    answered = [slot for slot in slots if slot.rtt_seconds is not None]
    for _, some in groupby(enumerate(answered), key=lambda place: place[1].at_s - place[0] * SLOT_S):
        yield [slot for _, slot in some]


def _steps(points: Sequence[tuple[int, float]], first: int, scale: Axis) -> str:
    path, last = [], None
    for at_s, seconds in points:
        y = scale.y(seconds)
        if last is None:
            path.append(f"M{_x(at_s, first):g} {y:g}")
        elif y != last:
            path.append(f"H{_x(at_s, first):g}V{y:g}")
        last = y
    return f"{''.join(path)}H{_x(points[-1][0] + SLOT_S, first):g}" if points else ""


def _band(run: Sequence[Slot], first: int, scale: Axis) -> str:
    upper = _steps([(slot.at_s, slot.high_seconds or 0.0) for slot in run], first, scale)
    lower = "".join(f"V{scale.y(slot.low_seconds or 0.0):g}H{_x(slot.at_s, first):g}" for slot in reversed(run))
    return f"{upper}{lower}Z"
