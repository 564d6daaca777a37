"""A month of a province in one process: agents, network and the collector on virtual time; it scores nothing itself."""

import gc
from collections import deque
from collections.abc import Callable

from collector.arrival import Arrival
from collector.inventory.site import Site
from collector.judgement.settings import JudgementSettings
from collector.judgement.standings import never
from collector.picture import Picture, State
from collector.pipeline import Pipeline
from collector.series.settings import SeriesSettings
from collector.series.store import SeriesStore
from lab.world.calm import Calm
from lab.world.chance import Chance
from lab.world.lookout import CHECK, Lookout
from lab.world.outpost import COMMIT_SECONDS, Outpost
from lab.world.pace import SELDOM_SECONDS, Pace
from lab.world.place import CENTRE, PROVINCE, Land
from lab.world.timeline import LONG_AGO, Timeline
from lab.world.when import monotonic_ns, seconds_of, wall_ns
from lab.world.witness import Lived, Witness
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Record

_GARBAGE = (10_000, 20, 50)
_RECENT_SECONDS = 900
"""What a collector reads back when it starts."""
_REST_LOOK_SECONDS = 10
_LEAST_JUMP_SECONDS = 60
_HEARD_SECONDS = 80
"""Within this time every agent commits, reports and looks at everything once."""
_SEARCHED_SECONDS = 150
"""So long before a line is found to lose too much it is asked where it does."""


class Life:
    """Call :meth:`run` once."""

    def __init__(  # noqa: PLR0913 - a universe, and how to go through it
        self,
        land: Land,
        timeline: Timeline,
        chance: Chance,
        settings: JudgementSettings,
        *,
        skip: bool = True,
        waits: JudgementSettings | None = None,
    ) -> None:
        """``waits``: whose limits of time are waited for before anything is skipped; the judge's own where None."""
        self._land = land
        self._timeline = timeline
        self._chance = chance
        self._settings = settings
        self._skip = skip
        self._own = timeline.of(CENTRE)
        self._lookout = Lookout(land, timeline, chance)
        self._outposts = [Outpost(place, timeline, chance) for place in land.places]
        self._behind: set[str] = set()
        """Sites of outposts that have a backlog."""
        self._due: list[list[Outpost]] = [[] for _ in range(COMMIT_SECONDS)]
        for outpost in self._outposts:
            self._due[outpost.phase].append(outpost)
        sites = [place.id for place in land.places]
        self._pace = Pace(timeline, sites, waits or settings)
        self._calm = Calm(timeline, chance, land.places, settings)
        self._recent: deque[tuple[int, Arrival]] = deque()
        """By the second in which it came."""
        self._unsent: list[Record] = []
        self._picture: Picture | None = None
        self.lived = Lived()
        self._journal = Witness(self.lived)
        self._pipeline: Pipeline | None = self._collector()

    def run(self, seconds: int, tell: Callable[[int], None]) -> Lived:
        """Live through so many seconds; ``tell`` is called with the time now and then."""
        gc.collect()
        gc.freeze()
        thresholds = gc.get_threshold()
        gc.set_threshold(*_GARBAGE)  # As the collector has it.
        try:
            second = 0
            while second < seconds:
                second += 1
                self._live(second)
                if second % _REST_LOOK_SECONDS == 0:
                    tell(second)
                    if self._skip and self._pace.rests(second) and self._is_calm(second):
                        second = self._jump(second, seconds)
        finally:
            gc.set_threshold(*thresholds)
            gc.unfreeze()
        return self.lived

    def _live(self, second: int) -> None:
        self.lived.lived_seconds += 1
        self._measure(second)
        if self._pipeline is not None and (self._pace.close(second) or second % SELDOM_SECONDS == 0):
            self._picture = self._pipeline.evaluate(wall_ns(second), monotonic_ns(second, LONG_AGO))

    def _measure(self, second: int, *, outposts: bool = True) -> None:
        own = self._own.at(second)
        self._start_or_stop(second, away=own.collector_away)
        readings = self._lookout.cycle(second)
        if readings:
            self._unsent.append(Record(second, Cycle(PROVINCE, ClockQuality.SYNCHRONISED, tuple(readings))))
        if self._unsent and self._pipeline is not None:
            self._send_province(second)
        if not outposts:
            return
        open_way = not (own.line_cut or own.deaf or own.collector_away)
        due = self._due[second % COMMIT_SECONDS]
        behind = [outpost for outpost in self._outposts if outpost.site in self._behind] if self._behind else []
        late = [outpost for outpost in behind if outpost not in due]
        for outpost in (*due, *late):
            batch = outpost.step(second, open_way=open_way)
            if batch is not None:
                self._arrive(batch, second)
            (self._behind.add if outpost.has_backlog else self._behind.discard)(outpost.site)

    def _start_or_stop(self, second: int, *, away: bool) -> None:
        """A collector that starts reads back what arrived lately, as the real one does."""
        if away:
            self._pipeline = None
        elif self._pipeline is None:
            self._pipeline = self._collector()
            for came, arrival in self._recent:
                if second - came <= _RECENT_SECONDS:
                    self._pipeline.accept(arrival)

    def _is_calm(self, second: int) -> bool:
        """Whether everything is known and nothing is on its way."""
        own = self._own.at(second)
        if self._picture is None or own.line_cut or own.deaf or own.collector_away:
            return False
        for outpost, view in zip(self._outposts, self._picture.sites, strict=True):
            strain = self._timeline.of(outpost.site).at(second)
            if strain.lossy or strain.fade_db or (outpost.has_backlog and strain.measures and strain.meets_core):
                return False
            well = State.DOWN if not strain.reached else State.UP if strain.whole else State.DEGRADED
            if view.verdict.state not in {well, State.MAINTENANCE if strain.maintained else well}:
                return False
        return True

    def _jump(self, second: int, seconds: int) -> int:
        """The second from which on life goes on: everything has been seen again by then, and nothing has happened."""
        until = int(min(self._pace.next_change(second) - 2, seconds))
        if until - _HEARD_SECONDS - second < _LEAST_JUMP_SECONDS:
            return second
        matter = self._calm.first_matter(second, until)
        if matter is not None:
            self._pace.stir(matter)
            until = min(until, int(matter) - 2)
        window = int(self._settings.degraded_runs * CHECK.every_seconds)
        steady = matter is None and self._calm.is_steady(second, until, window, _HEARD_SECONDS)
        warm = _HEARD_SECONDS + (0 if steady else window)
        target = until - warm
        if target - second < _LEAST_JUMP_SECONDS:
            return second
        self.lived.skipped_seconds += target - second
        self.lived.lived_seconds += warm
        heard = _HEARD_SECONDS if steady else _SEARCHED_SECONDS
        for warming in range(target + 1, target + warm + 1):
            self._measure(warming, outposts=warming > target + warm - heard)
        return target + warm

    def _send_province(self, second: int) -> None:
        """It stands beside the collector: the line between them is a wire."""
        records, self._unsent = self._unsent, []
        for lane, some in ((Lane.LIVE, records[-1:]), (Lane.HISTORY, records[:-1])):
            if some:
                stamp = monotonic_ns(second, LONG_AGO)
                batch = Batch(PROVINCE, "spool", PROVINCE, stamp, wall_ns(second), lane, tuple(some), version="world")
                self._arrive(batch, second)

    def _arrive(self, batch: Batch, second: int) -> None:
        if self._pipeline is None:
            return
        arrival = Arrival(
            agent=batch.agent,
            received_wall_ns=wall_ns(second),
            received_monotonic_ns=monotonic_ns(second, LONG_AGO),
            batch=batch,
            fresh=batch.records,
        )
        for record in batch.records:
            self.lived.readings += len(record.cycle.readings)
        self._pipeline.accept(arrival)
        if self._timeline.restarts:
            self._recent.append((second, arrival))
            while second - self._recent[0][0] > _RECENT_SECONDS:
                self._recent.popleft()

    def _collector(self) -> Pipeline:
        agents = {PROVINCE: CENTRE} | {outpost.name: outpost.site for outpost in self._outposts}
        series = SeriesStore(SeriesSettings())
        return Pipeline(
            self._land.inventory(),
            agents,
            series,
            self._journal,
            settings=self._settings,
            build="world",
            maintained=self._maintained if self._timeline.planned else never,
        )

    def _maintained(self, site: Site, now_ns: int) -> int | None:
        """Until when somebody works at a site; None where nobody does."""
        history, now = self._timeline.of(site.id), seconds_of(now_ns)
        return wall_ns(history.until(now)) if history.at(now).maintained else None
