"""Outages that come to light in a backlog: those that are over, and beginnings of those that last; it tells nobody."""

from collections.abc import Callable
from dataclasses import dataclass

from collector.judgement.evidence import Evidence, Run, counts, extend
from collector.judgement.settings import JudgementSettings

_SECOND_NS = 1_000_000_000
_KEPT = 65_536
"""Checks times targets that have a backlog at one time."""


@dataclass(frozen=True, slots=True)
class PastOutage:
    """A site that was lost for a while; wall times in nanoseconds."""

    site: str
    agent: str
    began_ns: int
    ended_ns: int | None
    """None where it reaches into the present."""


class Past:
    """The runs of backlogs, in the order in which agents send them."""

    def __init__(self, settings: JudgementSettings) -> None:
        self._settings = settings
        self._roles = frozenset(settings.vantage_roles)
        self._gap_ns = int(settings.inside_gap_seconds * _SECOND_NS)
        self._chains: dict[tuple[str, str, str, str], Evidence] = {}

    def take(self, run: Run, live: Callable[[str, str, str, str], Evidence | None]) -> PastOutage | None:
        """A late run from outside; ``live`` gives the evidence of now by agent, check, target and site."""
        reading = run.reading
        if reading.kind != self._settings.vantage_kind or reading.role not in self._roles or not counts(reading):
            return None
        key = (run.agent, reading.check, reading.target, reading.site)
        before = self._chains.get(key)
        if before is not None and not 0 < run.wall_ns - before.last_wall_ns <= self._gap_ns:
            before = None
        after = extend(before, run, self._settings)
        self._chains.pop(key, None)
        self._chains[key] = after
        if len(self._chains) > _KEPT:
            del self._chains[next(iter(self._chains))]
        if after.good:
            return self._over(before, after, reading.site)
        present = live(*key)
        if present is None or present.good or not 0 <= present.first_wall_ns - run.wall_ns <= self._gap_ns:
            return None
        return PastOutage(reading.site, run.agent, after.first_wall_ns, None)

    def _over(self, before: Evidence | None, after: Evidence, site: str) -> PastOutage | None:
        if before is None or before.good or before.runs < self._settings.down_runs:
            return None
        lasted_ns = before.last_wall_ns - before.first_wall_ns
        if lasted_ns < int(self._settings.down_seconds * _SECOND_NS):
            return None
        return PastOutage(site, before.agent, before.first_wall_ns, after.first_wall_ns)
