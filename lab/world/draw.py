"""Faults drawn from a seed: how often each kind strikes, where and for how long; it applies none."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from lab.world.kinds import KINDS, Fault
from lab.world.place import Land
from lab.world.when import DAY_SECONDS

_MINUTE, _HOUR = 60.0, 3600.0
_QUIET_SECONDS = 900.0
"""At the beginning: everybody is seen well before anything happens."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a kind strikes and how long it lasts."""

    kind: str
    a_month: float
    """In 30 days of 193 sites."""
    least: float
    most: float
    """Seconds; durations in between are spread evenly over their logarithm."""


RATES = (Rate("fibre_cut", 30, 4 * _MINUTE, 8 * _HOUR),)


def draw_faults(land: Land, seed: int, seconds: float) -> tuple[Fault, ...]:
    """The script of a seed, in the order of time."""
    found = [fault for rate in RATES for fault in _strikes(rate, land, random.Random(f"{seed}/{rate.kind}"), seconds)]
    return tuple(sorted(found, key=lambda fault: (fault.begins, fault.kind, fault.where)))


def _strikes(rate: Rate, land: Land, dice: random.Random, seconds: float) -> Iterator[Fault]:
    scope = KINDS[rate.kind].scope
    wheres = (
        ("",)
        if scope is None
        else tuple(place.id for place in land.places)
        if scope == "site"
        else tuple(land.members(scope.value))
    )
    share = len(land.places) / 193 if scope == "site" else 1.0
    mean_gap = 30 * DAY_SECONDS / (rate.a_month * share)
    at = _QUIET_SECONDS + dice.expovariate(1 / mean_gap)
    while at < seconds:
        lasts = rate.least * (rate.most / rate.least) ** dice.random()
        yield Fault(rate.kind, wheres[int(dice.random() * len(wheres))], round(at, 1), round(at + lasts, 1))
        at += dice.expovariate(1 / mean_gap)
