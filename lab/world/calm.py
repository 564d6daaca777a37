"""Whether what the lines lose by chance, and what becomes of them, could matter to the judge in a stretch of time."""

from collections.abc import Iterator, Sequence

from collector.judgement.settings import JudgementSettings
from lab.world.chance import Chance
from lab.world.lookout import CHECK
from lab.world.pace import enough_losses
from lab.world.place import CENTRE, Place
from lab.world.timeline import Timeline

_LEAST_OUTAGE_SECONDS = 40.0


class Calm:
    """Asked before anything is skipped."""

    def __init__(
        self, timeline: Timeline, chance: Chance, places: Sequence[Place], settings: JudgementSettings
    ) -> None:
        self._timeline = timeline
        self._chance = chance
        self._places = places
        self._settings = settings
        self._own = timeline.of(CENTRE)
        self._enough = enough_losses(settings)

    def is_steady(self, second: int, until: int, window: int, heard: int) -> bool:
        """Whether it is all one which of its latest trains the judge remembers when life goes on.

        So it is where the trains before the stretch and those after it do not lose enough together, where no line gets
        worse meanwhile, and where whoever is lost is lost so long that the judge forgets all of them.
        """
        trains, period = self._settings.degraded_runs, int(CHECK.every_seconds)
        if self._own.until(second) <= until + window:
            return False
        first = [*range(second // period - trains, second // period + 1)]
        last = [*range((until - heard) // period, (until + window) // period + 1)]
        for place in self._places:
            history = self._timeline.of(place.id)
            if not history.is_plain(second, until + window, _LEAST_OUTAGE_SECONDS):
                return False
            for line in place.lines:
                if sum(self._chance.lost(line, train) for train in (*first, *last)) >= self._enough:
                    return False
        return True

    def first_matter(self, second: int, until: int) -> float | None:
        """When the first loss of a stretch could matter, on any line that can be seen."""
        period = CHECK.every_seconds
        first, last = int(second // period), int(until // period) + 1
        found = None
        for line in self._seen(second):
            train = self._chance.first_matter(line, first, last, self._settings.degraded_runs, self._enough)
            if train is not None:
                last, found = train, train * period
        return found

    def _seen(self, second: int) -> Iterator[str]:
        """Lines over which something answers."""
        for place in self._places:
            strain = self._timeline.of(place.id).at(second)
            for line, open_way in zip(place.lines, (strain.by_main, strain.by_backup), strict=False):
                if open_way:
                    yield line
