"""Two faults at once, of any two kinds and anywhere: each is told, soon, and by no cause that is not true."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from lab.prove import Finding, Proof, Trial
from lab.prove.small_universe import (
    FIRST_SECONDS,
    LEAST_SITES,
    MOST_SITES,
    Told,
    lasting_seconds,
    live,
    pages_for,
    shortcomings,
)
from lab.world.fault import LINK, Fault
from lab.world.kinds import KINDS
from lab.world.land import make_land
from lab.world.place import BACKUP, MAIN, Land, Place
from lab.world.scoring import Score

_LOSSES = (0.0, 0.02)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two faults in one universe, and how they lie to each other."""

    land: Land
    first: Fault
    second: Fault
    loss: float
    seed: int
    where: str
    when: str


def _run(trial: Trial) -> Finding:
    orders = list(product(trial.only or KINDS, repeat=2))
    random.Random(f"{trial.seed}/orders").shuffle(orders)
    broken = told = evident = unnamed = pages = owned = 0
    seen: list[str] = []
    for number in range(trial.count):
        pair = draw_pair(orders[number % len(orders)], f"{trial.seed}/{number}")
        lived = live(pair.land, _in_order(pair), pair.loss, pair.seed, sabotage=trial.sabotage)
        faults = list(_faults(lived))
        causes = lived.found.causes
        less = round(causes.evident * (1 - (causes.right_where_evident or 0.0)))
        broken, told = broken + bool(faults), told + lived.found.must_tell
        evident, unnamed = evident + causes.evident, unnamed + less
        pages, owned = pages + lived.found.pages, owned + _told_faults(lived.found)
        trial.note({"universe": number, "pair": describe(pair), "faults": faults, "less": less})
        seen += [f"{describe(pair)}: {one} (universe {number})" for one in faults]
        trial.tell(f"{number + 1} of {trial.count} pairs, {broken} broken")
    counted = f"{told} had to be told, {evident} causes could be known and {unnamed} of them were not named"
    called = f"{pages} pages for {owned} faults"
    return Finding(trial.count, broken, (counted, called, *seen[:3]))


def draw_pair(kinds: Sequence[str], seed: str) -> Pair:
    """A universe of two kinds."""
    one, other = kinds
    dice = random.Random(seed)
    land = make_land(dice.randint(LEAST_SITES, MOST_SITES), dice.randrange(2**32))
    here = dice.choice(land.places)
    where = dice.choice(tuple(_PLACES))
    there = dice.choice([place for place in land.places if _PLACES[where](here, place)] or [here])
    begins = round(FIRST_SECONDS + 60 * dice.random(), 1)
    first = Fault(one, _where(one, here, dice), begins, round(begins + lasting_seconds(dice), 1))
    when = dice.choice(tuple(_TIMES))
    begins, ends = _TIMES[when](first, dice)
    second = Fault(other, _where(other, there, dice), round(begins, 1), round(ends, 1))
    return Pair(land, first, second, dice.choice(_LOSSES), dice.randrange(2**32), where, when)


def describe(pair: Pair) -> str:
    """The pair in words."""
    faults = (f"{one.kind} {one.where} {one.begins:.0f}-{one.ends:.0f}" for one in (pair.first, pair.second))
    return f"{pair.where}, {pair.when}: {' and '.join(faults)}, loss {pair.loss:g}"


def _in_order(pair: Pair) -> list[Fault]:
    return sorted((pair.first, pair.second), key=lambda fault: fault.begins)


def _faults(lived: Told) -> Iterator[str]:
    """What is not as it should be, in words; one page more than the faults have is let pass."""
    found = lived.found
    if found.missed or (found.recall_of_faults is not None and found.recall_of_faults < 1):
        yield f"not told, {found.missed}"
    if found.false:
        yield f"somebody was called for nothing, {found.false[0]}"
    for wrong in found.causes.wrong:
        yield f"wrong: {wrong}"
    yield from shortcomings(lived, 1 + sum(pages_for(one) for one in lived.truth))


def _told_faults(found: Score) -> int:
    """How many faults somebody was called for."""
    return round(found.true_pages / found.pages_per_fault) if found.pages_per_fault else 0


def _where(kind: str, place: Place, dice: random.Random) -> str:
    scope = KINDS[kind].scope
    if scope is None:
        return ""
    if scope == "site":
        return place.id + (f"/{dice.choice((MAIN, BACKUP))}" if kind == LINK else "")
    return str(getattr(place.site, scope.value))


def _after(first: Fault, dice: random.Random, least: float, most: float) -> tuple[float, float]:
    begins = first.begins + least + (most - least) * dice.random()
    return begins, begins + lasting_seconds(dice)


def _within(first: Fault, dice: random.Random) -> tuple[float, float]:
    begins = first.begins + 0.4 * (first.ends - first.begins) * dice.random()
    return begins, begins + 0.1 + 0.5 * (first.ends - first.begins) * (0.5 + 0.5 * dice.random())


def _in_turn(first: Fault, dice: random.Random) -> tuple[float, float]:
    return first.ends, first.ends + lasting_seconds(dice)


_PLACES: dict[str, Callable[[Place, Place], bool]] = {
    "same site": lambda here, there: there is here,
    "same hub": lambda here, there: there is not here and there.site.hub == here.site.hub,
    "same provider": lambda here, there: there is not here and there.site.provider == here.site.provider,
    "unrelated": lambda here, there: (
        not (
            {here.site.hub, here.site.provider, here.site.power_area}
            & {there.site.hub, there.site.provider, there.site.power_area}
        )
    ),
}
_TIMES: dict[str, Callable[[Fault, random.Random], tuple[float, float]]] = {
    "at once": lambda first, dice: _after(first, dice, 0.0, 0.0),
    "within seconds": lambda first, dice: _after(first, dice, 0.5, 30.0),
    "within minutes": lambda first, dice: _after(first, dice, 30.0, 900.0),
    "one inside the other": _within,
    "in turn": _in_turn,
}


PROOF = Proof("pairs", "two faults at once are each told within 30 s, and by no cause that is not true", 722, 38, _run)
