"""The picture as a document: one schema for the status page, the event stream and the pages; times are Unix seconds."""

import math
from collections.abc import Generator, Iterator

import msgspec

from collector.incident import Incident, Scope, Trouble
from collector.picture import AgentView, Picture, SiteView, State
from collector.steps import finished, in_stretches
from collector.wall.lines import LinkFrame, link_frame

_SECOND_NS = 1_000_000_000
_OVERDUE_NS = 26 * 3600 * _SECOND_NS


class SiteFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A site with its state."""

    site: str
    code: str
    name: str
    kind: str
    district_code: str
    district: str
    hub: str
    state: str
    since: float
    reason: str
    facts_at: float | None
    links: tuple[LinkFrame, ...] = ()
    """Absent where none is judged apart."""


class IncidentFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that is not as it should be: an incident, or a site that is in none."""

    site: str
    """Id of the site that it is about; empty where it is about many."""
    name: str
    """Of the site, or of what its sites share."""
    state: str
    """That of the sites that it strikes."""
    since: float
    reason: str
    cause: str = "unknown"
    confidence: str = "provisional"
    number: int | None = None
    """None where no incident was opened (yet)."""
    scope: str = "site"
    trouble: str = ""
    known: float | None = None
    sites: int = 1
    """How many it struck."""
    still: tuple[str, ...] = ()
    """Ids of those that it still strikes."""


class AgentFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An agent."""

    agent: str
    site: str
    last_report: float | None
    version: str
    clock_offset_seconds: float | None
    spool_oldest: float | None


class TransitionFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A change of a site's state."""

    number: int
    site: str
    name: str
    at: float
    before: str
    after: str
    reason: str


class AlertPath(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """When the daily trial last came through on every way that takes trials."""

    proven: float | None
    overdue: bool
    """The last trial did not come through, or there has been none."""


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One evaluation, whole."""

    build: str
    sequence: int
    evaluated_at: float
    expected_sites: int
    counts: dict[str, int]
    sites: tuple[SiteFrame, ...]
    incidents: tuple[IncidentFrame, ...]
    agents: tuple[AgentFrame, ...]
    transitions: tuple[TransitionFrame, ...]
    down_lately: tuple[int | None, ...] = ()
    """The most sites that were down at once in each ten minutes of the last day, oldest first; null: nobody judged."""
    alert_path: AlertPath | None = None
    """None where no trial is set up."""


_OPEN = frozenset({State.DOWN, State.DEGRADED, State.UNKNOWN})


def alert_path(proven_ns: int | None, now_ns: int) -> AlertPath:
    """A trial is a day's: two hours later the next one has not come through."""
    overdue = proven_ns is None or now_ns - proven_ns > _OVERDUE_NS
    return AlertPath(proven=_seconds(proven_ns), overdue=overdue)


def frame(picture: Picture, path: AlertPath | None = None) -> Frame:
    """The document of a picture; incidents come oldest first (then by number and site), transitions newest first."""
    return finished(framing(picture, path))


def framing(picture: Picture, path: AlertPath | None = None) -> Generator[None, None, Frame]:
    """The same in steps, a stretch of sites or agents at a time: ten thousand take ten milliseconds, or more."""
    names = {view.site.id: view.site.name for view in picture.sites}
    problems = sorted(_problems(picture), key=lambda problem: (problem.since, problem.number or math.inf, problem.site))
    yield
    sites = yield from in_stretches(_site, picture.sites)
    agents = yield from in_stretches(_agent, picture.agents)
    return Frame(
        build=picture.build,
        sequence=picture.sequence,
        evaluated_at=picture.evaluated_at_ns / _SECOND_NS,
        expected_sites=len(picture.sites),
        counts={state.word: count for state, count in picture.counts().items()},
        sites=sites,
        incidents=tuple(problems),
        agents=agents,
        transitions=tuple(
            TransitionFrame(
                number=change.number,
                site=change.site,
                name=names.get(change.site, change.site),
                at=change.at_ns / _SECOND_NS,
                before=change.before.word,
                after=change.after.word,
                reason=change.reason,
            )
            for change in picture.transitions
        ),
        down_lately=picture.down_lately,
        alert_path=path,
    )


def encode(document: Frame) -> bytes:
    """JSON, on one line."""
    return msgspec.json.encode(document)


def _agent(agent: AgentView) -> AgentFrame:
    return AgentFrame(
        agent=agent.name,
        site=agent.site,
        last_report=_seconds(agent.last_report_ns),
        version=agent.version,
        clock_offset_seconds=agent.clock_offset_seconds,
        spool_oldest=_seconds(agent.spool_oldest_ns),
    )


def _site(view: SiteView) -> SiteFrame:
    site, verdict = view.site, view.verdict
    return SiteFrame(
        site=site.id,
        code=site.code,
        name=site.name,
        kind=site.kind,
        district_code=site.district_code,
        district=site.district,
        hub=site.hub,
        state=verdict.state.word,
        since=verdict.since_ns / _SECOND_NS,
        reason=verdict.reason,
        facts_at=_seconds(verdict.facts_at_ns),
        links=tuple(link_frame(one) for one in view.links) if view.links else (),
    )


_STATES = {
    Trouble.DOWN: State.DOWN,
    Trouble.FLAPPING: State.DOWN,
    Trouble.DEGRADED: State.DEGRADED,
    Trouble.SILENT: State.UNKNOWN,
    Trouble.UNREPORTED: State.UNKNOWN,
}


def _problems(picture: Picture) -> Iterator[IncidentFrame]:
    """Incidents, and sites that are not well and in none; agents that are silent where all is well are no problem."""
    views = {view.site.id: view for view in picture.sites}
    told: set[str] = set()
    for incident in picture.incidents:
        if incident.scope is not Scope.AGENT and incident.silent_because != "maintenance":
            told.update(incident.still)
            yield _incident(incident, views.get(incident.subject))
    for site, view in views.items():
        if view.verdict.state in _OPEN and site not in told:
            verdict = view.verdict
            yield IncidentFrame(
                site=site,
                name=view.site.name,
                state=verdict.state.word,
                since=verdict.since_ns / _SECOND_NS,
                reason=verdict.reason,
                still=(site,),
            )


def _incident(incident: Incident, view: SiteView | None) -> IncidentFrame:
    single = view is not None and incident.scope is Scope.SITE
    return IncidentFrame(
        site=incident.subject if single else "",
        name=view.site.name if view is not None and single else incident.subject,
        state=_STATES[incident.trouble].word,
        since=incident.began_ns / _SECOND_NS,
        reason=view.verdict.reason if view is not None and single else "",
        cause=incident.cause.value,
        confidence=incident.confidence.value,
        number=incident.number,
        scope=incident.scope.value,
        trouble=incident.trouble.value,
        known=incident.known_ns / _SECOND_NS,
        sites=len(incident.sites),
        still=incident.still,
    )


def _seconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / _SECOND_NS
