"""What a replay skips changes nothing: random universes, lived through whole and with skipping, tell the same."""

import random
from itertools import zip_longest

from collector.incident import Incident
from collector.judgement.settings import JudgementSettings
from lab.prove import Finding, Proof, Trial
from lab.world.chance import Chance
from lab.world.draw import draw_faults
from lab.world.fault import Fault
from lab.world.land import make_land
from lab.world.life import Life
from lab.world.place import Land
from lab.world.timeline import Timeline

_SECONDS = 6 * 3600
_DRAWN_SECONDS = 60 * 86_400
_QUIET_SECONDS = 900.0
_MOST_SITES, _MOST_FAULTS = 24, 10
_LOSSES = (0.0, 0.005, 0.02, 0.05)
_HASTY = JudgementSettings(
    fold_seconds=0,
    remainder_seconds=0,
    settle_seconds=0,
    vantage_silent_seconds=0,
    reports_silent_seconds=0,
    agent_silent_seconds=0,
)
"""The sabotage: limits of time are not waited for."""


def _run(trial: Trial) -> Finding:
    broken, lived, skipped, versions = 0, 0, 0, 0
    seen: list[str] = []
    for number in range(trial.count):
        dice = random.Random(f"{trial.seed}/{number}")
        land = make_land(dice.randint(4, _MOST_SITES), dice.randrange(2**32))
        faults, loss = _script(land, dice), dice.choice(_LOSSES)
        chance_seed = dice.randrange(2**32)
        universe = (land, Timeline(land, faults), Chance(chance_seed, loss), JudgementSettings())
        lives = [
            Life(*universe, skip=skip, waits=_HASTY if trial.sabotage else None).run(_SECONDS, lambda _: None)
            for skip in (True, False)
        ]
        lived += lives[0].lived_seconds
        skipped += lives[0].skipped_seconds
        versions += len(lives[1].versions)
        told = lives[0].versions
        if told != lives[1].versions:
            broken += 1
            seen.append(f"universe {number}: {_first_difference(told, lives[1].versions)}")
        trial.tell(f"{number + 1} of {trial.count} universes, {broken} broken")
    share = skipped / (lived + skipped) if lived else 0.0
    return Finding(trial.count, broken, (f"{versions:,} versions of incidents, {share:.0%} skipped", *seen[:3]))


def _script(land: Land, dice: random.Random) -> list[Fault]:
    """Faults of all kinds, far more often than they come."""
    drawn = list(draw_faults(land, dice.randrange(2**32), _DRAWN_SECONDS))
    kinds = sorted({fault.kind for fault in drawn})
    found = []
    for _ in range(dice.randint(1, _MOST_FAULTS)):
        kind = dice.choice(kinds)
        fault = dice.choice([one for one in drawn if one.kind == kind])
        begins = round(dice.uniform(_QUIET_SECONDS, _SECONDS), 1)
        lasts = min(fault.ends - fault.begins, _SECONDS / 3)
        found.append(Fault(fault.kind, fault.where, begins, round(begins + lasts, 1)))
    return sorted(found, key=lambda fault: fault.begins)


def _first_difference(told: list[Incident], whole: list[Incident]) -> str:
    for one, other in zip_longest(told, whole):
        if one != other:
            either = one if one is not None else other
            return f"{either.scope} {either.subject} {either.trouble}, version {either.version}" if either else ""
    return ""


PROOF = Proof("skipping", "what a replay skips changes no version of any incident", 40, 4, _run)
