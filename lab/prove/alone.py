"""Each kind of fault alone, anywhere: told once, soon, by its cause where that can be known, or to nobody."""

import random
from collections.abc import Iterator

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
from lab.world.place import BACKUP, MAIN, Land
from lab.world.scoring import Score, score
from lab.world.timeline import Timeline
from lab.world.truth import Happening, dark_times, happenings

_FIRST_SECONDS, _AFTER_SECONDS = 1200.0, 1500
_LEAST_SECONDS, _MOST_SECONDS = 185.0, 5400.0
_LEAST_SITES, _MOST_SITES = 4, 24
_LOSSES = (0.0, 0.005, 0.02)
_AIM_SECONDS = 30.0
_DEAF = JudgementSettings(down_runs=8, hub_share=2.0)
"""The sabotage: a judge that is slow to believe, and never in hubs."""


def _run(trial: Trial) -> Finding:
    broken, told, named = 0, 0, 0
    seen: list[str] = []
    kinds = list(KINDS)
    for number in range(trial.count):
        dice = random.Random(f"{trial.seed}/{number}")
        land = make_land(dice.randint(_LEAST_SITES, _MOST_SITES), dice.randrange(2**32))
        fault, loss = _draw(kinds[number % len(kinds)], land, dice), dice.choice(_LOSSES)
        truth, found, messages, links = _live(land, fault, loss, dice.randrange(2**32), sabotage=trial.sabotage)
        faults = list(_faults(truth, found, messages, links))
        broken += bool(faults)
        told += found.must_tell
        named += found.causes.evident
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
    begins = round(_FIRST_SECONDS + 60 * dice.random(), 1)
    lasts = _LEAST_SECONDS * (_MOST_SECONDS / _LEAST_SECONDS) ** dice.random()
    return Fault(kind, where, begins, round(begins + lasts, 1))


def _live(
    land: Land, fault: Fault, loss: float, seed: int, *, sabotage: bool
) -> tuple[Happening, Score, MessageScore, LinkScore | None]:
    faults = (fault,)
    land = with_backups(land, faults, seed)
    seconds = int(fault.ends) + _AFTER_SECONDS
    timeline = Timeline(land, faults)
    life = Life(land, timeline, Chance(seed, loss), _DEAF if sabotage else JudgementSettings())
    versions = life.run(seconds, lambda _: None).versions
    truth = happenings(faults, land, timeline, seconds)
    found = score(truth, versions, dark_times(timeline, seconds), len(land.places) * seconds / 3600)
    return (
        truth[0],
        found,
        message_score(truth, versions, seconds, loss),
        link_score(faults, timeline, versions, seconds),
    )


def _faults(truth: Happening, found: Score, messages: MessageScore, links: LinkScore | None) -> Iterator[str]:
    """What is not as it should be, in words."""
    if found.missed or found.recall_of_faults == 0:
        yield "not told"
    if found.false:
        yield f"somebody was called for nothing, {found.false[0]}"
    if found.causes.wrong:
        yield f"said to be {found.causes.wrong[0].rpartition(' ')[2]}"
    if found.causes.right_where_evident == 0:
        yield "its cause was not named"
    if found.pages > max(1, len(truth.sites) if truth.scope == "provider" and len(truth.sites) < _few() else 1):
        yield f"told by {found.pages} pages"
    if found.detect_p99_seconds is not None and found.detect_p99_seconds > _AIM_SECONDS:
        yield f"known after {found.detect_p99_seconds:.0f} s"
    if messages.false_messages > 2 * messages.false_degraded:
        yield "people were told of what was not"
    if links is not None and (links.links_missed or links.links_false):
        yield "its link was not named"


def _few() -> int:
    """Providers of fewer sites are told site by site."""
    return JudgementSettings().provider_sites


PROOF = Proof(
    "alone", "each kind of fault alone is told once, within 30 s, by its cause, or calls nobody", 190, 19, _run
)
