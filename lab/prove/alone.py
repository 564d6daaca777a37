"""Each kind of fault alone, anywhere: told once, soon, by its cause where that can be known, or to nobody."""

import random
from collections.abc import Iterator

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
from lab.world.place import BACKUP, MAIN, Land

_LOSSES = (0.0, 0.005, 0.02)


def _run(trial: Trial) -> Finding:
    broken, told, named = 0, 0, 0
    seen: list[str] = []
    kinds = list(KINDS)
    for number in range(trial.count):
        dice = random.Random(f"{trial.seed}/{number}")
        land = make_land(dice.randint(LEAST_SITES, MOST_SITES), dice.randrange(2**32))
        fault, loss = _draw(kinds[number % len(kinds)], land, dice), dice.choice(_LOSSES)
        lived = live(land, (fault,), loss, dice.randrange(2**32), sabotage=trial.sabotage)
        faults = list(_faults(lived))
        broken += bool(faults)
        told += lived.found.must_tell
        named += lived.found.causes.evident
        seen += [f"{fault.kind} {fault.where}: {one} (universe {number})" for one in faults]
        trial.tell(f"{number + 1} of {trial.count} faults, {broken} broken")
    return Finding(trial.count, broken, (f"{told} had to be told, {named} causes could be known", *seen[:3]))


def _draw(kind: str, land: Land, dice: random.Random) -> Fault:
    scope = KINDS[kind].scope
    where = ""
    if scope == "site":
        where = dice.choice(land.places).id + (f"/{dice.choice((MAIN, BACKUP))}" if kind == LINK else "")
    elif scope is not None:
        where = dice.choice(list(land.members(scope.value)))
    begins = round(FIRST_SECONDS + 60 * dice.random(), 1)
    return Fault(kind, where, begins, round(begins + lasting_seconds(dice), 1))


def _faults(lived: Told) -> Iterator[str]:
    """What is not as it should be, in words."""
    found = lived.found
    if found.missed or found.recall_of_faults == 0:
        yield "not told"
    if found.false:
        yield f"somebody was called for nothing, {found.false[0]}"
    if found.causes.wrong:
        yield f"said to be {found.causes.wrong[0].rpartition(' ')[2]}"
    if found.causes.right_where_evident == 0:
        yield "its cause was not named"
    yield from shortcomings(lived, pages_for(lived.truth[0]))


PROOF = Proof(
    "alone", "each kind of fault alone is told once, within 30 s, by its cause, or calls nobody", 190, 19, _run
)
