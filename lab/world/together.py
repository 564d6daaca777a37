"""Faults that are hard to tell apart, drawn from a seed: small hubs, two at once, two in turn; it applies none."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from lab.world.fault import Fault
from lab.world.kinds import KINDS
from lab.world.place import Land
from lab.world.when import DAY_SECONDS

_T = TypeVar("_T")
QUIET_SECONDS = 900.0
"""At the beginning: everybody is seen well before anything happens."""
_GRAND = 4
"""Hubs, providers and areas of fewer sites are drawn apart."""
_MINUTE, _HOUR = 60.0, 3600.0
_ALONE = ("fibre_cut", "power_cut", "router_hang")
"""What strikes one site."""

Draw = Callable[[Land, random.Random, float], Iterator[Fault]]


def draw_together(land: Land, seed: int, seconds: float) -> list[Fault]:
    """All such faults of a seed."""
    found = []
    for name, (a_month, draw) in _DRAWS.items():
        dice = random.Random(f"{seed}/{name}")
        at = QUIET_SECONDS + dice.expovariate(a_month / (30 * DAY_SECONDS))
        while at < seconds:
            found += list(draw(land, dice, at))
            at += dice.expovariate(a_month / (30 * DAY_SECONDS))
    return found


def grand(kind: str, land: Land) -> tuple[str, ...]:
    """Where a kind can strike; of hubs, providers and areas the large ones, where there are any."""
    scope = KINDS[kind].scope
    if scope is None:
        return ("",)
    if scope == "site":
        return tuple(place.id for place in land.places)
    members = land.members(scope.value)
    return tuple(name for name, ids in members.items() if len(ids) >= _GRAND) or tuple(members)


def _twins(land: Land, dice: random.Random, at: float) -> Iterator[Fault]:
    """A power area and a provider."""
    for kind in ("power_area", "provider_outage"):
        yield _fault(kind, _one_of(grand(kind, land), dice), at + _MINUTE * dice.random(), _lasts(dice, 0.5, 1.5))


def _small_hub(land: Land, dice: random.Random, at: float) -> Iterator[Fault]:
    """A hub of a few sites, or of one."""
    small = [name for name, ids in land.members("hub").items() if len(ids) < _GRAND]
    if small:
        yield _fault("hub_down", _one_of(small, dice), at, _lasts(dice, 0.1, 3))


def _siblings(land: Land, dice: random.Random, at: float) -> Iterator[Fault]:
    """Two hubs of one district, within seconds of each other."""
    districts: dict[str, set[str]] = {}
    for place in land.places:
        districts.setdefault(place.site.district, set()).add(place.site.hub)
    several = [sorted(hubs) for _, hubs in sorted(districts.items()) if len(hubs) > 1]
    if several:
        lasts = _lasts(dice, 0.2, 2)
        for hub in dice.sample(_one_of(several, dice), 2):
            yield _fault("hub_down", hub, at + 30 * dice.random(), lasts + _MINUTE * dice.random())


def _hub_and_site(land: Land, dice: random.Random, at: float) -> Iterator[Fault]:
    """A hub, and one of its sites by a fault of its own, from before the hub's or within it, that may outlast it."""
    hub, lasts = _one_of(grand("hub_down", land), dice), _lasts(dice, 0.3, 1)
    yield _fault("hub_down", hub, at, lasts)
    begins = max(QUIET_SECONDS, at - 10 * _MINUTE + dice.random() * (10 * _MINUTE + lasts))
    site = _one_of(land.members("hub")[hub], dice)
    yield _fault(_one_of(_ALONE, dice), site, begins, _lasts(dice, 0.2, 2))


def _in_turn(land: Land, dice: random.Random, at: float) -> Iterator[Fault]:
    """Two faults of one site: the second begins shortly before the first ends, or within minutes after it."""
    site, lasts = _one_of(land.places, dice).id, _lasts(dice, 0.2, 1)
    first, second = dice.sample(_ALONE, 2)
    yield _fault(first, site, at, lasts)
    yield _fault(second, site, at + lasts + _MINUTE * (15 * dice.random() - 5), _lasts(dice, 0.2, 1))


def _fault(kind: str, where: str, begins: float, lasts: float) -> Fault:
    return Fault(kind, where, round(begins, 1), round(begins + lasts, 1))


def _lasts(dice: random.Random, least_hours: float, most_hours: float) -> float:
    return _HOUR * (least_hours + (most_hours - least_hours) * dice.random())


def _one_of(things: Sequence[_T], dice: random.Random) -> _T:
    return things[int(dice.random() * len(things))]


_DRAWS: dict[str, tuple[float, Draw]] = {
    "twins": (4, _twins),
    "small_hub": (4, _small_hub),
    "siblings": (2, _siblings),
    "hub_and_site": (2, _hub_and_site),
    "in_turn": (3, _in_turn),
}
"""How often in 30 days."""
