"""The path of a batch from the inbox to the picture, readable from top to bottom; every decision is made elsewhere."""

from collections.abc import Iterable, Mapping

from collector.arrival import Arrival
from collector.inventory.site import Inventory, Site
from collector.journal.journal import Journal
from collector.judgement.condition import Condition
from collector.judgement.evidence import Evidence, Run, counts, extend
from collector.judgement.judge import Facts, Standing, judge
from collector.judgement.settings import JudgementSettings
from collector.picture import AgentView, Picture, SiteView, State, Transition, Verdict
from collector.series.store import Latest, SeriesStore

_SECOND_NS = 1_000_000_000
_SHOWN_TRANSITIONS = 50
_AGENT = "agent"
_SPOOL_OLDEST = "phusong_agent_spool_oldest_timestamp_seconds"


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
    ) -> None:
        """``agents`` gives the site at which each agent stands."""
        self._inventory = inventory
        self._agents: dict[str, str] = {}
        self._inside: dict[str, list[str]] = {}
        self._views: dict[str, AgentView] = {}
        self._known = frozenset(site.id for site in inventory.sites)
        self._series = series
        self._journal = journal
        self._settings = settings
        self._build = build
        self._evidence: dict[str, dict[tuple[str, str, str], tuple[Latest, Evidence]]] = {}
        self._standing = {site: _restored(last) for site, last in journal.standing().items()}
        self._transitions = tuple(journal.latest(_SHOWN_TRANSITIONS))
        self._sequence = 0
        for name, site in agents.items():
            self.know(name, site)

    def know(self, agent: str, site: str) -> None:
        """An agent that stands at a site, whether or not it has been heard."""
        before = self._agents.get(agent)
        if before == site:
            return
        if before is not None:
            self._inside[before].remove(agent)
        self._agents[agent] = site
        self._inside.setdefault(site, []).append(agent)
        self._views[agent] = AgentView(name=agent, site=site, last_report_ns=None)

    def accept(self, arrival: Arrival) -> bool:
        """Take what was stored; True where the agent should describe its series."""
        for latest in self._series.accept(arrival):
            self._note(latest)
        self._view(arrival)
        return self._series.metrics_wanted()

    def evaluate(self, now_wall_ns: int, now_monotonic_ns: int) -> Picture:
        """Judge every site, write what changed, then give the picture of it."""
        standing = {
            site.id: judge(
                self._standing.get(site.id), self._facts(site, now_monotonic_ns), now_wall_ns, self._settings
            )
            for site in self._inventory.sites
        }
        changed = list(self._changes(standing))
        if changed:
            written = self._journal.write(changed)
            self._transitions = (*reversed(written), *self._transitions)[:_SHOWN_TRANSITIONS]
        self._standing = standing
        self._sequence += 1
        return Picture(
            sequence=self._sequence,
            evaluated_at_ns=now_wall_ns,
            build=self._build,
            sites=tuple(SiteView(site=site, verdict=standing[site.id].verdict) for site in self._inventory.sites),
            agents=tuple(self._views.values()),
            transitions=self._transitions,
        )

    def _note(self, latest: Latest) -> None:
        reading = latest.reading
        reaches = reading.kind == self._settings.vantage_kind and reading.role in self._settings.vantage_roles
        outside = self._agents.get(latest.agent) != reading.site
        if not (reaches and outside and reading.site in self._known and counts(reading)):
            return
        links = self._evidence.setdefault(reading.site, {})
        key = (latest.agent, reading.check, reading.target)
        before = links.get(key)
        run = Run(latest.agent, reading, latest.measured_wall_ns, latest.measured_monotonic_ns)
        links[key] = (latest, extend(before[1] if before else None, run, self._settings.degraded_runs))

    def _facts(self, site: Site, now_monotonic_ns: int) -> Facts:
        links = tuple(
            evidence
            for latest, evidence in self._evidence.get(site.id, {}).values()
            if self._series.is_fresh(latest, now_monotonic_ns)
        )
        for name in self._inside.get(site.id, ()):
            if self._series.is_heard(name, now_monotonic_ns):
                return Facts(links, name, self._views[name].last_report_ns or 0)
        return Facts(links)

    def _changes(self, standing: Mapping[str, Standing]) -> Iterable[tuple[str, int, State, State, str]]:
        for site, now in standing.items():
            before = self._standing.get(site)
            state = before.verdict.state if before is not None else State.UNKNOWN
            if now.verdict.state is not state:
                yield site, now.verdict.since_ns, state, now.verdict.state, now.verdict.reason

    def _view(self, arrival: Arrival) -> None:
        batch = arrival.batch
        before = self._views.get(arrival.agent)
        self._views[arrival.agent] = AgentView(
            name=arrival.agent,
            site=self._agents.get(arrival.agent, ""),
            last_report_ns=max(arrival.received_wall_ns, (before and before.last_report_ns) or 0),
            version=batch.version,
            clock_offset_seconds=(batch.sent_wall_ns - arrival.received_wall_ns) / _SECOND_NS,
            spool_oldest_ns=_spool_oldest(arrival),
        )


def _restored(last: Transition) -> Standing:
    condition = Condition.DOWN if last.after is State.DOWN else Condition.CLEAR
    return Standing(condition, Verdict(state=last.after, since_ns=last.at_ns, reason=last.reason))


def _spool_oldest(arrival: Arrival) -> int | None:
    oldest = [
        int(sample.value * _SECOND_NS)
        for record in arrival.fresh[-1:]
        for reading in record.cycle.readings
        if reading.kind == _AGENT
        for sample in reading.samples
        if sample.name == _SPOOL_OLDEST
    ]
    return oldest[-1] if oldest else None
