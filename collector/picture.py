"""The one record that every page, stream and metric is drawn from; it is made by an evaluation and never changed."""

from enum import IntEnum

import msgspec

from collector.incident import Incident
from collector.inventory.site import Link, Site


class State(IntEnum):
    """State of a site or of a link; the numbers are those of ``phusong_site_status_code``."""

    UP = 0
    DEGRADED = 1
    DOWN = 2
    UNKNOWN = 3
    MAINTENANCE = 4

    @property
    def word(self) -> str:
        """The state as it is written in labels and JSON."""
        return self.name.lower()


class Verdict(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is held of one site, or of one link, at one evaluation."""

    state: State
    since_ns: int
    """Wall time of the transition into the state, nanoseconds since 1970-01-01 UTC."""
    reason: str = ""
    """One line for an operator: what was measured, by whom."""
    facts_at_ns: int | None = None
    """Collector's wall time of the newest fresh fact behind the verdict; None where there is none."""


class LinkView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A link that is judged apart, with its verdict."""

    link: Link
    verdict: Verdict


class SiteView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A site with its verdict."""

    site: Site
    verdict: Verdict
    links: tuple[LinkView, ...] = ()
    """Those that the inventory tells apart, in its order."""


class AgentView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of one agent."""

    name: str
    site: str
    last_report_ns: int | None
    """Collector's wall time of the newest batch; None where there was none."""
    version: str = ""
    clock_offset_seconds: float | None = None
    """Agent's wall clock minus the collector's, at the newest batch."""
    spool_oldest_ns: int | None = None
    """Wall time of the oldest record that the agent still has to send; None when it has none."""


class Awaited(msgspec.Struct, frozen=True, gc=False):
    """An agent that ought to report and was never heard."""

    agent: str
    """Empty where the inventory expects one at the site and none has joined."""
    site: str
    since_ns: int
    """Wall time since which this collector waits."""


class Transition(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A site went from one state to another."""

    number: int
    site: str
    at_ns: int
    before: State
    after: State
    reason: str = ""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """The whole state after one evaluation. ``sequence`` rises by one with each, within one run of the collector."""

    sequence: int
    evaluated_at_ns: int
    build: str
    """Changes with each release, so that pages reload themselves."""
    sites: tuple[SiteView, ...]
    agents: tuple[AgentView, ...] = ()
    transitions: tuple[Transition, ...] = ()
    """The latest, newest first."""
    incidents: tuple[Incident, ...] = ()
    """The newest version of each that is open, oldest first."""
    expected_sites: int | None = None
    """How many sites there ought to be; None where nobody knows better than the inventory."""
    awaited: tuple[Awaited, ...] = ()
    down_lately: tuple[int | None, ...] = ()
    """The most sites that were down at once in each ten minutes of the last day, oldest first; None: nobody judged."""

    def counts(self) -> dict[State, int]:
        """Number of sites in each state, zeros included."""
        counts = dict.fromkeys(State, 0)
        for view in self.sites:
            counts[view.verdict.state] += 1
        return counts
