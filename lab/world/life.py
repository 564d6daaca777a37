"""A month of a province in one process: agents, network and the collector on virtual time; it scores nothing itself."""

import gc
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from collector.arrival import Arrival
from collector.incident import Incident
from collector.journal.journal import Change
from collector.journal.memory import MemoryJournal
from collector.judgement.settings import JudgementSettings
from collector.picture import Picture, Transition
from collector.pipeline import Pipeline
from collector.series.settings import SeriesSettings
from collector.series.store import SeriesStore
from lab.world.chance import Chance
from lab.world.lookout import Lookout
from lab.world.outpost import COMMIT_SECONDS, Outpost
from lab.world.place import CENTRE, PROVINCE, Land
from lab.world.timeline import LONG_AGO, Timeline
from lab.world.when import monotonic_ns, wall_ns
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Record

_REPLAYED_SECONDS = 900


@dataclass(slots=True)
class Lived:
    """What a replay was."""

    versions: list[Incident] = field(default_factory=list)
    """All versions of all incidents, in the order in which they were decided."""
    lived_seconds: int = 0
    skipped_seconds: int = 0
    readings: int = 0


class Witness(MemoryJournal):
    """The journal, and a list of what was written into it."""

    def __init__(self, lived: Lived) -> None:
        super().__init__()
        self._lived = lived
        self.wrote = 0

    def write(self, transitions: Sequence[Change], incidents: Sequence[Incident] = ()) -> list[Transition]:
        """See the promise."""
        self._lived.versions.extend(incidents)
        self.wrote += len(transitions) + len(incidents)
        return super().write(transitions, incidents)


class Life:
    """Call :meth:`run` once."""

    def __init__(self, land: Land, timeline: Timeline, chance: Chance, settings: JudgementSettings) -> None:
        self._land = land
        self._timeline = timeline
        self._settings = settings
        self._own = timeline.of(CENTRE)
        self._lookout = Lookout(land, timeline, chance)
        self._outposts = [Outpost(place, timeline, chance) for place in land.places]
        self._due: list[list[Outpost]] = [[] for _ in range(COMMIT_SECONDS)]
        for outpost in self._outposts:
            self._due[outpost.phase].append(outpost)
        self._replayed: deque[Arrival] = deque()
        self._unsent: list[Record] = []
        self.lived = Lived()
        self._journal = Witness(self.lived)
        self._pipeline = self._collector()
        self.picture: Picture | None = None

    def run(self, seconds: int, tell: Callable[[int], None]) -> Lived:
        """Live through so many seconds; ``tell`` is called with the time now and then."""
        gc.collect()
        gc.freeze()
        try:
            for second in range(1, seconds + 1):
                self._live(second)
                if second % 3600 == 0:
                    tell(second)
        finally:
            gc.unfreeze()
        return self.lived

    def _live(self, second: int) -> None:
        self.lived.lived_seconds += 1
        self._measure(second)
        self.picture = self._pipeline.evaluate(wall_ns(second), monotonic_ns(second, LONG_AGO))

    def _measure(self, second: int) -> None:
        readings = self._lookout.cycle(second)
        if readings:
            self._unsent.append(Record(second, Cycle(PROVINCE, ClockQuality.SYNCHRONISED, tuple(readings))))
        if self._unsent:
            self._send_province(second)
        open_way = not self._own.at(second).line_cut
        due = self._due[second % COMMIT_SECONDS]
        late = [outpost for outpost in self._outposts if outpost.has_backlog and outpost not in due]
        for outpost in (*due, *late):
            batch = outpost.step(second, open_way=open_way)
            if batch is not None:
                self._arrive(batch, second)

    def _send_province(self, second: int) -> None:
        """It stands beside the collector: the line between them is a wire."""
        records, self._unsent = self._unsent, []
        for lane, some in ((Lane.LIVE, records[-1:]), (Lane.HISTORY, records[:-1])):
            if some:
                stamp = monotonic_ns(second, LONG_AGO)
                batch = Batch(PROVINCE, "spool", PROVINCE, stamp, wall_ns(second), lane, tuple(some), version="world")
                self._arrive(batch, second)

    def _arrive(self, batch: Batch, second: int) -> None:
        arrival = Arrival(
            agent=batch.agent,
            received_wall_ns=wall_ns(second),
            received_monotonic_ns=monotonic_ns(second, LONG_AGO),
            batch=batch,
            fresh=batch.records,
        )
        self.lived.readings += sum(len(record.cycle.readings) for record in batch.records)
        self._pipeline.accept(arrival)

    def _collector(self) -> Pipeline:
        agents = {PROVINCE: CENTRE} | {outpost.name: outpost.site for outpost in self._outposts}
        series = SeriesStore(SeriesSettings())
        return Pipeline(self._land.inventory(), agents, series, self._journal, settings=self._settings, build="world")
