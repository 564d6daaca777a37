"""Two faults at once, of any two kinds and anywhere: each is told, soon, and by no cause that is not true."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from collector.judgement.settings import JudgementSettings
from lab.prove import Finding, Proof, Trial
from lab.world.backups import with_backups
from lab.world.chance import Chance
from lab.world.fault import LINK, Fault
from lab.world.kinds import KINDS
from lab.world.land import make_land
from lab.world.life import Life
from lab.world.link_scoring import LinkScore, link_score
from lab.world.messages import MessageScore, message_score
from lab.world.place import BACKUP, MAIN, Land, Place
from lab.world.scoring import Score, score
from lab.world.timeline import Timeline
from lab.world.truth import Happening, dark_times, happenings

_FIRST_SECONDS, _AFTER_SECONDS = 1200.0, 1500
_LEAST_SECONDS, _MOST_SECONDS = 185.0, 5400.0
_LEAST_SITES, _MOST_SITES = 4, 24
_LOSSES = (0.0, 0.02)
_AIM_SECONDS = 30.0
_DEAF = JudgementSettings(down_runs=8, hub_share=2.0)
"""The sabotage: a judge that is slow to believe, and never in hubs."""


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


@dataclass(frozen=True, slots=True)
class _Told:
    truth: Sequence[Happening]
    found: Score
    messages: MessageScore
    links: LinkScore | None


def _run(trial: Trial) -> Finding:
    orders = list(product(trial.only or KINDS, repeat=2))
    random.Random(f"{trial.seed}/orders").shuffle(orders)
    broken = told = evident = unnamed = pages = owned = 0
    seen: list[str] = []
    for number in range(trial.count):
        pair = draw_pair(orders[number % len(orders)], f"{trial.seed}/{number}")
        lived = live(pair, sabotage=trial.sabotage)
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
    land = make_land(dice.randint(_LEAST_SITES, _MOST_SITES), dice.randrange(2**32))
    here = dice.choice(land.places)
    where = dice.choice(tuple(_PLACES))
    there = dice.choice([place for place in land.places if _PLACES[where](here, place)] or [here])
    begins = round(_FIRST_SECONDS + 60 * dice.random(), 1)
    first = Fault(one, _where(one, here, dice), begins, round(begins + _lasts(dice), 1))
    when = dice.choice(tuple(_TIMES))
    begins, ends = _TIMES[when](first, dice)
    second = Fault(other, _where(other, there, dice), round(begins, 1), round(ends, 1))
    return Pair(land, first, second, dice.choice(_LOSSES), dice.randrange(2**32), where, when)


def describe(pair: Pair) -> str:
    """The pair in words."""
    faults = (f"{one.kind} {one.where} {one.begins:.0f}-{one.ends:.0f}" for one in (pair.first, pair.second))
    return f"{pair.where}, {pair.when}: {' and '.join(faults)}, loss {pair.loss:g}"


def live(pair: Pair, *, sabotage: bool = False) -> _Told:
    """Both in one life, and how they were told."""
    faults = sorted((pair.first, pair.second), key=lambda fault: fault.begins)
    land = with_backups(pair.land, faults, pair.seed)
    seconds = int(max(fault.ends for fault in faults)) + _AFTER_SECONDS
    timeline = Timeline(land, faults)
    judge = _DEAF if sabotage else JudgementSettings()
    versions = Life(land, timeline, Chance(pair.seed, pair.loss), judge).run(seconds, lambda _: None).versions
    truth = happenings(faults, land, timeline, seconds)
    return _Told(
        truth,
        score(truth, versions, dark_times(timeline, seconds), len(land.places) * seconds / 3600),
        message_score(truth, versions, seconds, pair.loss),
        link_score(faults, timeline, versions, seconds),
    )


def _faults(lived: _Told) -> Iterator[str]:
    """What is not as it should be, in words."""
    found, messages, links = lived.found, lived.messages, lived.links
    if found.missed or (found.recall_of_faults is not None and found.recall_of_faults < 1):
        yield f"not told, {found.missed}"
    if found.false:
        yield f"somebody was called for nothing, {found.false[0]}"
    for wrong in found.causes.wrong:
        yield f"wrong: {wrong}"
    if found.pages > 1 + sum(_pages(one) for one in lived.truth):
        yield f"told by {found.pages} pages"
    if found.detect_p99_seconds is not None and found.detect_p99_seconds > _AIM_SECONDS:
        yield f"known after {found.detect_p99_seconds:.0f} s"
    if messages.false_messages > 2 * messages.false_degraded:
        yield "people were told of what was not"
    if links is not None and (links.links_missed or links.links_false):
        yield "its link was not named"


def _told_faults(found: Score) -> int:
    """How many faults somebody was called for."""
    return round(found.true_pages / found.pages_per_fault) if found.pages_per_fault else 0


def _pages(one: Happening) -> int:
    """How many may tell of a fault: those of providers of few sites are told site by site; two may need one more."""
    few = one.scope == "provider" and len(one.sites) < JudgementSettings().provider_sites
    return len(one.sites) if few else 1


def _where(kind: str, place: Place, dice: random.Random) -> str:
    scope = KINDS[kind].scope
    if scope is None:
        return ""
    if scope == "site":
        return place.id + (f"/{dice.choice((MAIN, BACKUP))}" if kind == LINK else "")
    return str(getattr(place.site, scope.value))


def _lasts(dice: random.Random) -> float:
    return float(_LEAST_SECONDS * (_MOST_SECONDS / _LEAST_SECONDS) ** dice.random())


def _after(first: Fault, dice: random.Random, least: float, most: float) -> tuple[float, float]:
    begins = first.begins + least + (most - least) * dice.random()
    return begins, begins + _lasts(dice)


def _within(first: Fault, dice: random.Random) -> tuple[float, float]:
    begins = first.begins + 0.4 * (first.ends - first.begins) * dice.random()
    return begins, begins + 0.1 + 0.5 * (first.ends - first.begins) * (0.5 + 0.5 * dice.random())


def _in_turn(first: Fault, dice: random.Random) -> tuple[float, float]:
    return first.ends, first.ends + _lasts(dice)


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
