"""A day of one site as trains tell it: calm, a jam, an outage, light loss, packets that took long, times unmeasured."""

import math
import random

from collector.series.quality import SLOT_S, SLOTS, Quality, Train

SECOND_NS = 1_000_000_000
KEPT_SLOTS = SLOTS - 24
"""Before that the collector had not been started."""
UNMEASURED = (range(60, 75), range(200, 201))
JAM, OUTAGE, LIGHT = range(110, 122), range(150, 157), range(215, 235)
SLOW = frozenset({90, 175, 262})
"""Slots with one packet that took 0.9 s."""
CALM_SECONDS = 0.018


def lived(site: str, now_s: float) -> Quality:
    """What is known at the end of it; slots are counted from the oldest, 287 is the one that goes on."""
    quality, dice = Quality(now_s - KEPT_SLOTS * SLOT_S), random.Random(7)
    newest = int(now_s) // SLOT_S
    for place in range(SLOTS - KEPT_SLOTS, SLOTS):
        if not any(place in some for some in UNMEASURED):
            at_s = min(now_s, (newest - SLOTS + 1 + place) * SLOT_S + 40)
            quality.take(site, int(at_s * SECOND_NS), train(place, dice))
    return quality


def train(place: int, dice: random.Random) -> Train:
    """One train of a slot."""
    if place in OUTAGE:
        return Train(5, 1.0)
    median = CALM_SECONDS * (1 + 0.25 * math.sin(place / 40)) * dice.uniform(0.95, 1.1)
    loss = 0.0
    if place in JAM:
        median, loss = dice.uniform(0.09, 0.14), dice.uniform(0.02, 0.12)
    elif place in LIGHT:
        loss = dice.uniform(0.002, 0.02)
    longest = 0.9 if place in SLOW else median * dice.uniform(1.1, 1.9)
    return Train(200, loss, median, median * dice.uniform(0.7, 0.92), longest)
