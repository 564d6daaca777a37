"""The path of a batch from the inbox to the picture, readable from top to bottom; every decision is made elsewhere."""

from collections.abc import Collection, Generator, Iterable, Mapping

from collector.arrival import Arrival
from collector.inventory.site import Inventory
from collector.journal.journal import Change, Journal
from collector.judgement.awaiting import Awaiting
from collector.judgement.lately import SLOT_NS, SLOTS, Lately
from collector.judgement.lines import WorkedOn, nobody
from collector.judgement.review import Review
from collector.judgement.settings import JudgementSettings
from collector.judgement.standings import Maintained, never
from collector.judgement.watch import Watch
from collector.picture import AgentView, Picture, SiteView, State, Verdict
from collector.series.latest import Late, Latest
from collector.series.quality import Quality, Train
from collector.series.store import SeriesStore
from collector.steps import finished
from collector.trains import train_of
from shared.wire.reading import Reading

_SECOND_NS = 1_000_000_000
_SHOWN_TRANSITIONS = 50
_LATELY_NS = 3600 * _SECOND_NS


class Pipeline:
    """Takes what arrives, gives the picture."""

    def __init__(  # noqa: PLR0913 - the composition root fills these in, once
        self,
        inventory: Inventory,
        agents: Mapping[str, str],
        series: SeriesStore,
        journal: Journal,
        *,
        settings: JudgementSettings,
        build: str,
        maintained: Maintained = never,
        worked_on: WorkedOn = nobody,
        quality: Quality | None = None,
        gone: Collection[str] = (),
    ) -> None:
        """``agents``: each one's site; ``gone``: not waited for.

        ``maintained``: until when somebody works at a site, ``worked_on``: on one of its links alone.
        """
        self._inventory = inventory
        self._series = series
        self._journal = journal
        self._build = build
        self._settings = settings
        self._quality = quality
        self._views: dict[str, AgentView] = {}
        self._awaiting = Awaiting(inventory, gone)
        self._sequence = 0
        self._lately: Lately | None = None
        self._watch = Watch()
        self._transitions = tuple(journal.latest(_SHOWN_TRANSITIONS))
        self._review = _review(inventory, series, journal, settings, maintained, worked_on)
        for name, site in agents.items():
            self.know(name, site)

    def know(self, agent: str, site: str) -> None:
        """An agent that stands at a site, whether or not it has been heard."""
        if self._review.know(agent, site):
            self._views[agent] = AgentView(name=agent, site=site, last_report_ns=None)

    def keep(self, quality: Quality) -> None:
        """Put what is seen from now on into the last day; what was read back may be in it already."""
        self._quality = quality

    def site_of(self, agent: str) -> str:
        """Where the agent stands; empty where nobody knows."""
        return self._review.site_of(agent)

    def is_outside(self, agent: str, site: str) -> bool:
        """Whether an agent looks at a known site that is not its own."""
        return self._review.is_outside(agent, site)

    def train_of(self, reading: Reading) -> Train | None:
        """What a reading says of the last day of its site."""
        return train_of(reading, self._settings)

    def accept(self, arrival: Arrival) -> bool:
        """Take what was stored; True where the agent should describe its series."""
        return finished(self.accepting(arrival))

    def accepting(self, arrival: Arrival) -> Generator[None, None, bool]:
        """The same, half a millisecond at a time: between two of them others may have a turn."""
        for taken in self._series.accept(arrival):
            if taken is None:
                yield
                continue
            self._review.take(taken)
            if self._quality is not None:
                self._note(taken, self._quality)
        self._review.hear(arrival)
        self._view(arrival)
        return self._series.metrics_wanted()

    def evaluate(self, now_wall_ns: int, now_monotonic_ns: int) -> Picture:
        """Judge every site, write what changed, then give the picture of it."""
        return finished(self.evaluating(now_wall_ns, now_monotonic_ns))

    def evaluating(self, now_wall_ns: int, now_monotonic_ns: int) -> Generator[None, None, Picture]:
        """The same, a stretch of sites at a time: between two of them, readings may be accepted."""
        before = self._review.verdicts()
        verdicts, incidents = yield from self._review.turn(now_wall_ns, now_monotonic_ns)
        changed = list(_changes(before, verdicts))
        unwritten = self._review.unwritten()
        links = self._review.link_changes()
        if changed or unwritten or links:
            written = self._journal.write(changed, unwritten, links)
            self._transitions = (*reversed(written), *self._transitions)[:_SHOWN_TRANSITIONS]
        self._review.written()
        lately = self._note_down(now_wall_ns, sum(verdict.state is State.DOWN for verdict in verdicts.values()))
        self._sequence += 1
        return Picture(
            sequence=self._sequence,
            down_lately=lately,
            evaluated_at_ns=now_wall_ns,
            build=self._build,
            sites=self._sites(verdicts),
            agents=tuple(self._views.values()),
            transitions=self._transitions,
            incidents=incidents,
            expected_sites=len(self._inventory.sites) + self._inventory.missing,
            awaited=self._awaiting.look(self._views.values(), now_wall_ns),
        )

    def _sites(self, verdicts: Mapping[str, Verdict]) -> tuple[SiteView, ...]:
        links = self._review.links()
        if not links:
            return tuple(SiteView(site=site, verdict=verdicts[site.id]) for site in self._inventory.sites)
        return tuple(
            SiteView(site=site, verdict=verdicts[site.id], links=links.get(site.id, ()))
            for site in self._inventory.sites
        )

    def _note_down(self, now_ns: int, down: int) -> tuple[int | None, ...]:
        if self._lately is None:
            self._lately = Lately(self._journal.down_since(now_ns - SLOTS * SLOT_NS))
        new = self._lately.take(now_ns, down)
        if new is not None:
            self._journal.note_down(*new)
        watched = self._watch.take(now_ns)
        if watched is not None:
            self._journal.note_watched(*watched)
        return self._lately.view(now_ns)

    def _note(self, taken: Latest | Late, quality: Quality) -> None:
        """The last day of what is seen of sites from outside."""
        if not self.is_outside(taken.agent, taken.reading.site):
            return
        train = self.train_of(taken.reading)
        if train is not None:
            quality.take(taken.reading.site, taken.measured_wall_ns, train)

    def _view(self, arrival: Arrival) -> None:
        batch = arrival.batch
        before = self._views.get(arrival.agent)
        self._views[arrival.agent] = AgentView(
            name=arrival.agent,
            site=self._review.site_of(arrival.agent),
            last_report_ns=max(arrival.received_wall_ns, (before and before.last_report_ns) or 0),
            version=batch.version,
            clock_offset_seconds=(batch.sent_wall_ns - arrival.received_wall_ns) / _SECOND_NS,
            spool_oldest_ns=self._review.spool_oldest_ns(arrival.agent),
        )


def _review(  # noqa: PLR0913, PLR0917 - what the judgement is made of
    inventory: Inventory,
    series: SeriesStore,
    journal: Journal,
    settings: JudgementSettings,
    maintained: Maintained,
    worked_on: WorkedOn,
) -> Review:
    """The judgement, with what an earlier run left in the journal."""
    standing = journal.standing()
    newest_ns = max((last.at_ns for last in standing.values()), default=0)
    return Review(
        inventory,
        series,
        settings,
        verdicts={site: Verdict(state=t.after, since_ns=t.at_ns, reason=t.reason) for site, t in standing.items()},
        links=journal.standing_links(),
        known=journal.unsettled(newest_ns - _LATELY_NS),
        next_number=journal.next_number(),
        struck=journal.struck,
        maintained=maintained,
        worked_on=worked_on,
    )


def _changes(before: Mapping[str, Verdict], verdicts: Mapping[str, Verdict]) -> Iterable[Change]:
    for site, now in verdicts.items():
        known = before.get(site)
        state = known.state if known is not None else State.UNKNOWN
        if now.state is not state:
            yield site, now.since_ns, state, now.state, now.reason
