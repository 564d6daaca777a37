"""Faults drawn from a seed: how often each kind strikes, where and for how long, and the nights; it applies none."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from lab.world.fault import Fault
from lab.world.kinds import KINDS
from lab.world.place import Land
from lab.world.together import QUIET_SECONDS, draw_together, grand
from lab.world.when import DAY_SECONDS

_MINUTE, _HOUR = 60.0, 3600.0


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a kind strikes and how long it lasts."""

    kind: str
    a_month: float
    """In 30 days of 193 sites."""
    least: float
    most: float
    """Seconds; durations in between are spread evenly over their logarithm."""


RATES = (
    Rate("fibre_cut", 34, 4 * _MINUTE, 8 * _HOUR),
    Rate("power_cut", 27, 10 * _MINUTE, 6 * _HOUR),
    Rate("power_area", 6, 20 * _MINUTE, 5 * _HOUR),
    Rate("router_hang", 16, 4 * _MINUTE, 3 * _HOUR),
    Rate("lan_unplugged", 8, 10 * _MINUTE, 4 * _HOUR),
    Rate("provider_outage", 3, 5 * _MINUTE, 2 * _HOUR),
    Rate("hub_down", 8, 5 * _MINUTE, 4 * _HOUR),
    Rate("province_uplink", 3, 4 * _MINUTE, 1 * _HOUR),
    Rate("collector_restart", 6, 10, 4 * _MINUTE),
    Rate("backlog", 2, 5 * _MINUTE, 40 * _MINUTE),
    Rate("agent_crash", 12, 1 * _MINUTE, 2 * _HOUR),
    Rate("clock_jump", 6, 5 * _MINUTE, 2 * _HOUR),
    Rate("brown_out", 6, 20 * _MINUTE, 1 * _HOUR),
    Rate("bursty_loss", 6, 10 * _MINUTE, 30 * _MINUTE),
    Rate("flapping", 5, 10 * _MINUTE, 30 * _MINUTE),
    Rate("maintenance", 3, 30 * _MINUTE, 3 * _HOUR),
    Rate("dns_failure", 6, 10 * _MINUTE, 1 * _HOUR),
)
_LEAVE, _ARRIVE = 17 * _HOUR, 7 * _HOUR + 20 * _MINUTE
_SPREAD = 10 * _MINUTE
_WEEKEND = 5
"""Number of the first day without an office, Monday being 0: every replay begins on a Monday."""


def draw_faults(land: Land, seed: int, seconds: float) -> tuple[Fault, ...]:
    """The script of a seed, in the order of time."""
    found = [fault for rate in RATES for fault in _strikes(rate, land, random.Random(f"{seed}/{rate.kind}"), seconds)]
    found += draw_together(land, seed, seconds)
    found += _nights(land, random.Random(f"{seed}/nights"), seconds)
    return tuple(sorted(found, key=lambda fault: (fault.begins, fault.kind, fault.where)))


def _strikes(rate: Rate, land: Land, dice: random.Random, seconds: float) -> Iterator[Fault]:
    wheres = grand(rate.kind, land)
    share = len(land.places) / 193 if KINDS[rate.kind].scope == "site" else 1.0
    mean_gap = 30 * DAY_SECONDS / (rate.a_month * share)
    at = QUIET_SECONDS + dice.expovariate(1 / mean_gap)
    while at < seconds:
        lasts = rate.least * (rate.most / rate.least) ** dice.random()
        yield Fault(rate.kind, wheres[int(dice.random() * len(wheres))], round(at, 1), round(at + lasts, 1))
        at += lasts + dice.expovariate(1 / mean_gap)


def _nights(land: Land, dice: random.Random, seconds: float) -> Iterator[Fault]:
    """Offices switch their computers off, from Friday to Monday too."""
    for place in land.places:
        off: float | None = None
        for day in range(int(seconds // DAY_SECONDS) + 1):
            if not place.office or day % 7 >= _WEEKEND:
                continue
            arrives = day * DAY_SECONDS + _ARRIVE + _SPREAD * dice.random()
            leaves = day * DAY_SECONDS + _LEAVE + _SPREAD * dice.random()
            if off is not None:
                yield Fault("host_off", place.id, round(off, 1), round(arrives, 1))
            off = leaves if leaves < seconds else None
        if off is not None:
            yield Fault("host_off", place.id, round(off, 1), round(seconds + _HOUR, 1))
