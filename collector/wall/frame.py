"""The picture as a document: one schema for the status page, the event stream and the pages; times are Unix seconds."""

import msgspec

from collector.picture import Picture, SiteView, State

_SECOND_NS = 1_000_000_000


class SiteFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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


class IncidentFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A site that is not as it should be; causes are a later work's."""

    site: str
    name: str
    state: str
    since: float
    reason: str
    cause: str = "unknown"
    confidence: str = "provisional"


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


_OPEN = frozenset({State.DOWN, State.DEGRADED, State.UNKNOWN})


def frame(picture: Picture) -> Frame:
    """The document of a picture; incidents come oldest first, transitions newest first."""
    names = {view.site.id: view.site.name for view in picture.sites}
    opened = sorted(
        (view for view in picture.sites if view.verdict.state in _OPEN), key=lambda view: view.verdict.since_ns
    )
    return Frame(
        build=picture.build,
        sequence=picture.sequence,
        evaluated_at=picture.evaluated_at_ns / _SECOND_NS,
        expected_sites=len(picture.sites),
        counts={state.word: count for state, count in picture.counts().items()},
        sites=tuple(_site(view) for view in picture.sites),
        incidents=tuple(_incident(view) for view in opened),
        agents=tuple(
            AgentFrame(
                agent=agent.name,
                site=agent.site,
                last_report=_seconds(agent.last_report_ns),
                version=agent.version,
                clock_offset_seconds=agent.clock_offset_seconds,
                spool_oldest=_seconds(agent.spool_oldest_ns),
            )
            for agent in picture.agents
        ),
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
    )


def encode(document: Frame) -> bytes:
    """JSON, on one line."""
    return msgspec.json.encode(document)


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
    )


def _incident(view: SiteView) -> IncidentFrame:
    verdict = view.verdict
    return IncidentFrame(
        site=view.site.id,
        name=view.site.name,
        state=verdict.state.word,
        since=verdict.since_ns / _SECOND_NS,
        reason=verdict.reason,
    )


def _seconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / _SECOND_NS
