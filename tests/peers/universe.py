"""Small universes for tests: a land, a script, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from collector.incident import Incident
from collector.judgement.settings import JudgementSettings
from lab.world.chance import Chance
from lab.world.fault import Fault
from lab.world.land import make_land
from lab.world.life import Life
from lab.world.place import Land
from lab.world.scoring import Score, score
from lab.world.timeline import Timeline
from lab.world.truth import Happening, dark_times, happenings
from lab.world.witness import Lived


@dataclass(frozen=True)
class Universe:
    """A script on a land."""

    land: Land
    faults: Sequence[Fault]
    seconds: int
    seed: int = 1
    loss: float = 0.0

    @property
    def timeline(self) -> Timeline:
        return Timeline(self.land, self.faults)

    @property
    def truth(self) -> tuple[Happening, ...]:
        return happenings(self.faults, self.land, self.timeline, self.seconds)

    def live(self, *, skip: bool = True, waits: JudgementSettings | None = None) -> Lived:
        chance = Chance(self.seed, self.loss)
        life = Life(self.land, self.timeline, chance, JudgementSettings(), skip=skip, waits=waits)
        return life.run(self.seconds, lambda _: None)

    def score(self, versions: Sequence[Incident]) -> Score:
        blind = dark_times(self.timeline, self.seconds)
        return score(self.truth, versions, blind, len(self.land.places) * self.seconds / 3600)


def universe(faults: Sequence[Fault], seconds: int, *, sites: int = 12, seed: int = 1, loss: float = 0.0) -> Universe:
    """A universe of so many sites."""
    return Universe(make_land(sites, seed), faults, seconds, seed, loss)
