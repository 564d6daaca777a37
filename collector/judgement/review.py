"""From readings to verdicts and incidents: it hands each reading to those who know what it says, and asks them all."""

from collections.abc import Callable, Generator, Mapping, Sequence

from collector.arrival import Arrival
from collector.incident import Incident
from collector.inventory.site import Inventory
from collector.journal.journal import LinkChange
from collector.judgement.appearance import facts_with_links, look_with_links
from collector.judgement.casebook import Casebook
from collector.judgement.evidence import Run, counts
from collector.judgement.hindsight import Hindsight
from collector.judgement.judge import Facts, Standing, restored
from collector.judgement.lines import Lines, WorkedOn
from collector.judgement.links import judged_links, lost_alone, overlaid
from collector.judgement.notes import Notes
from collector.judgement.outlook import Outlook
from collector.judgement.quiet import SELF, Quiet
from collector.judgement.scene import Look, Scene
from collector.judgement.settings import JudgementSettings
from collector.judgement.standings import Maintained, Standings
from collector.picture import LinkView, Verdict
from collector.series.latest import Late, Latest
from collector.series.store import SeriesStore

_SECOND_NS = 1_000_000_000
_STRETCH = 500
"""Sites that are judged between two breaths: about five milliseconds."""


class Review:
    """All that is held of all sites."""

    def __init__(  # noqa: PLR0913 - what an earlier run left behind, and whom to ask
        self,
        inventory: Inventory,
        series: SeriesStore,
        settings: JudgementSettings,
        *,
        verdicts: Mapping[str, Verdict],
        links: Mapping[tuple[str, str], Verdict],
        known: Sequence[Incident],
        next_number: int,
        struck: Callable[[str, int, int], bool],
        maintained: Maintained,
        worked_on: WorkedOn,
    ) -> None:
        """``struck`` says whether an incident of a site overlaps a closed interval."""
        self._inventory = inventory
        self._known = frozenset(site.id for site in inventory.sites)
        self._series = series
        self._settings = settings
        self._notes = Notes(settings)
        self._outlook = Outlook(settings, frozenset(site.id for site in inventory.sites if judged_links(site)))
        self._quiet = Quiet(settings)
        self._hindsight = Hindsight(self._notes, self._outlook, self._quiet, struck, settings)
        self._standings = Standings(series, self._outlook, self._quiet, maintained, settings)
        self._casebook = Casebook(inventory, self._notes, known, next_number, settings)
        self._lines = Lines(inventory, self._outlook, settings, worked_on)
        self._lines.restore(links, self._casebook.lost_links())
        lost = self._casebook.held_down()
        self._next = {site: restored(verdict, lost=site in lost) for site, verdict in verdicts.items()}
        self._standings.written(self._next)
        self._shown = {site.id: verdicts[site.id] for site in self._lines.sites if site.id in verdicts}
        self._shown_next: dict[str, Verdict] = {}
        self._alone: dict[str, frozenset[str]] = {}

    def know(self, agent: str, site: str) -> bool:
        """An agent that stands at a site; False where that was known."""
        return self._quiet.know(agent, site)

    def site_of(self, agent: str) -> str:
        """Where an agent stands; empty where that is not known."""
        return self._quiet.where.get(agent, "")

    def is_outside(self, agent: str, site: str) -> bool:
        """Whether an agent looks at a known site that is not its own."""
        return site in self._known and self._quiet.where.get(agent) != site

    def spool_oldest_ns(self, agent: str) -> int | None:
        """The oldest record that an agent said it still had to send."""
        return self._quiet.spool_oldest_ns(agent)

    def take(self, taken: Latest | Late) -> None:
        """One reading."""
        reading, site = taken.reading, self._quiet.where.get(taken.agent)
        inside, at_ns = site == reading.site, taken.measured_wall_ns
        if inside and reading.kind == SELF:
            self._quiet.tell(taken.agent, reading, at_ns, late=isinstance(taken, Late))
        if isinstance(taken, Latest) and taken.left:
            self._outlook.forget(taken.agent, reading.check, reading.target, taken.left)
            self._lines.forget(taken.agent, reading.check, reading.target, taken.left)
            self._standings.stir(taken.left)
        if reading.site not in self._known and not inside:
            return
        if not inside:
            self._standings.stir(reading.site)
        self._notes.take(reading, at_ns, inside=inside)
        if reading.kind != self._settings.vantage_kind or not counts(reading):
            return
        run = Run(taken.agent, reading, at_ns, at_ns if isinstance(taken, Late) else taken.measured_monotonic_ns)
        self._lines.take(run, outside=not inside, late=isinstance(taken, Late))
        # A backlog may bring the newest of a target too: a whole outage between two evaluations.
        if not inside if isinstance(taken, Late) else self._outlook.take(run, outside=not inside):
            self._look_back(run)

    def hear(self, arrival: Arrival) -> None:
        """A batch, whatever is in it."""
        site = self._quiet.where.get(arrival.agent)
        if site:
            self._notes.hear(arrival, site)
            self._hindsight.hear(arrival, site)
        self._quiet.hear(arrival)

    def verdicts(self) -> dict[str, Verdict]:
        """As they were written last."""
        verdicts = self._standings.verdicts()
        verdicts.update(self._shown)
        return verdicts

    def turn(
        self, now_wall_ns: int, now_monotonic_ns: int
    ) -> Generator[None, None, tuple[dict[str, Verdict], tuple[Incident, ...]]]:
        """Judge everything anew; it counts from :meth:`written` on.

        It stops between stretches of sites, where readings may be taken: each site is judged by what is there then,
        and the incidents, without a stop, by all that is there at the end.
        """

        def fresh(key: tuple[str, str, str], measured_ns: int) -> bool:
            return self._series.counts(key, measured_ns, now_monotonic_ns)

        self._outlook.watch(now_monotonic_ns, fresh)
        standing: dict[str, Standing] = {}
        looks: dict[str, Look] = {}
        told: dict[str, Facts] = {}
        for number, site in enumerate(self._inventory.sites, 1):
            told[site.id], standing[site.id], looks[site.id] = self._standings.judge(
                site, now_wall_ns, now_monotonic_ns
            )
            if not number % _STRETCH:
                yield
        self._next = standing
        verdicts = {site: one.verdict for site, one in standing.items()}
        self._shown_next = {}
        for number, site in enumerate(self._lines.sites, 1):
            facts = told[site.id]
            reached = facts_with_links(verdicts[site.id], facts)
            lines = self._lines.judge(site.id, fresh, facts.maintenance_until_ns, now_wall_ns)
            lost = self._alone[site.id] = lost_alone(reached, lines, self._alone.get(site.id, ()))
            shown = overlaid(self._shown.get(site.id), reached.own, lines, lost, now_wall_ns)
            verdicts[site.id] = self._shown_next[site.id] = shown
            looks[site.id] = look_with_links(looks[site.id], site, shown, lines, lost)
            if not number % _STRETCH:
                yield
        for found in self._hindsight.turn(now_wall_ns):
            self._casebook.past(found)
        return verdicts, self._casebook.turn(self._scene(looks, now_wall_ns, now_monotonic_ns))

    def links(self) -> Mapping[str, tuple[LinkView, ...]]:
        """By site: the links that are judged apart, as of the latest turn."""
        return self._lines.views()

    def link_changes(self) -> list[LinkChange]:
        """Transitions of links that the journal does not have yet."""
        return list(self._lines.changes())

    def unwritten(self) -> list[Incident]:
        """Versions of incidents that the journal does not have yet."""
        return self._casebook.ledger.unwritten()

    def written(self) -> None:
        """The journal has them, and the verdicts."""
        self._standings.written(self._next)
        self._shown = self._shown_next
        self._lines.written()
        self._casebook.ledger.written()

    def _scene(self, looks: Mapping[str, Look], now_wall_ns: int, now_monotonic_ns: int) -> Scene:
        observers = self._outlook.observers()
        blind = self._outlook.blind(observers, self._quiet.where)
        return Scene(
            now_ns=now_wall_ns,
            looks=looks,
            blind=(*blind, *self._quiet.observers_silent(observers, now_monotonic_ns)),
            silent=self._quiet.silent(looks, observers, now_wall_ns, now_monotonic_ns),
            reports=self._quiet.reports(observers, now_monotonic_ns),
            backlogs=self._quiet.backlogs(),
            sighted=self._outlook.sighted(observers),
            linked=self._lines.names,
        )

    def _look_back(self, run: Run) -> None:
        found = self._hindsight.take(run)
        if found is not None and found.ended_ns is None:
            self._casebook.backdate(found.site, found.began_ns, found.lost_ns)
        elif found is not None:
            self._casebook.past(found)
