"""A few sites, the faults that strike them, and how the real judge told of each; it judges nothing itself."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from collector.judgement.settings import JudgementSettings
from lab.world.backups import with_backups
from lab.world.chance import Chance
from lab.world.fault import Fault
from lab.world.life import Life
from lab.world.link_scoring import LinkScore, link_score
from lab.world.messages import MessageScore, message_score
from lab.world.place import Land
from lab.world.scoring import Score, score
from lab.world.timeline import Timeline
from lab.world.truth import Happening, dark_times, happenings

FIRST_SECONDS = 1200.0
"""Before anything fails."""
LEAST_SITES, MOST_SITES = 4, 24
_AFTER_SECONDS = 1500
_LEAST_SECONDS, _MOST_SECONDS = 185.0, 5400.0
_AIM_SECONDS = 30.0
_DEAF = JudgementSettings(down_runs=8, hub_share=2.0)
"""The sabotage: a judge that is slow to believe, and never in hubs."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was so, and what was told of it."""

    truth: Sequence[Happening]
    found: Score
    messages: MessageScore
    links: LinkScore | None


def lasting_seconds(dice: random.Random) -> float:
    """How long a fault lasts: minutes as often as an hour."""
    return float(_LEAST_SECONDS * (_MOST_SECONDS / _LEAST_SECONDS) ** dice.random())


def live(land: Land, faults: Sequence[Fault], loss: float, seed: int, *, sabotage: bool = False) -> Told:
    """All faults in one life, and how they were told."""
    land = with_backups(land, faults, seed)
    seconds = int(max(fault.ends for fault in faults)) + _AFTER_SECONDS
    timeline = Timeline(land, faults)
    life = Life(land, timeline, Chance(seed, loss), _DEAF if sabotage else JudgementSettings())
    versions = life.run(seconds, lambda _: None).versions
    truth = happenings(faults, land, timeline, seconds)
    return Told(
        truth,
        score(truth, versions, dark_times(timeline, seconds), len(land.places) * seconds / 3600),
        message_score(truth, versions, seconds, loss),
        link_score(faults, timeline, versions, seconds),
    )


def pages_for(one: Happening) -> int:
    """How many may tell of it: a provider of few sites is told site by site."""
    few = one.scope == "provider" and len(one.sites) < JudgementSettings().provider_sites
    return max(1, len(one.sites)) if few else 1


def shortcomings(lived: Told, most_pages: int) -> Iterator[str]:
    """What no life may show, however many faults are in it, in words."""
    found, messages, links = lived.found, lived.messages, lived.links
    if found.pages > most_pages:
        yield f"told by {found.pages} pages"
    if found.detect_p99_seconds is not None and found.detect_p99_seconds > _AIM_SECONDS:
        yield f"known after {found.detect_p99_seconds:.0f} s"
    if messages.false_messages > 2 * messages.false_degraded:
        yield "people were told of what was not"
    if links is not None and (links.links_missed or links.links_false):
        yield "its link was not named"
