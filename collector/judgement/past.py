"""Outages that come to light in a backlog: those that are over, and beginnings of those that last; it tells nobody."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from collector.judgement.evidence import Evidence, Run
from collector.judgement.settings import JudgementSettings
from shared.wire.reading import Outcome

_SECOND_NS = 1_000_000_000
_KEPT = 65_536
"""Checks times targets that have a backlog at one time."""
_Key = tuple[str, str, str, str]
"""Agent, check, target and site."""


@dataclass(frozen=True, slots=True)
class PastOutage:
    """A site that was lost for a while; wall times in nanoseconds."""

    site: str
    agent: str
    began_ns: int
    ended_ns: int | None
    """None where it reaches into the present."""
    lost_ns: int
    """When it was looked at last and did not answer."""


@dataclass(slots=True)
class _Chain:
    """Runs in a row that ended alike."""

    good: bool
    runs: int
    first_ns: int
    last_ns: int
    answered_ns: int = 0
    """When it was answered last before these runs."""


class Past:
    """The runs of backlogs, in the order in which agents send them."""

    def __init__(self, settings: JudgementSettings) -> None:
        self._settings = settings
        self._roles = frozenset(settings.vantage_roles)
        self._gap_ns = int(settings.inside_gap_seconds * _SECOND_NS)
        self._chains: dict[_Key, _Chain] = {}
        self._at: defaultdict[str, set[_Key]] = defaultdict(set)
        """Their keys by site."""

    def take(self, run: Run, live: Callable[[str, str, str, str], Evidence | None]) -> PastOutage | None:
        """A run from outside, which counts; ``live`` gives the evidence of now by agent, check, target and site."""
        reading = run.reading
        if reading.role not in self._roles:
            return None
        key = (run.agent, reading.check, reading.target, reading.site)
        good = reading.outcome is Outcome.OK
        chain = self._chains.get(key)
        if chain is not None and chain.good is good and 0 < run.wall_ns - chain.last_ns <= self._gap_ns:
            chain.runs += 1
            chain.last_ns = run.wall_ns
        else:
            before, chain = chain, self._begin(key, good, run.wall_ns)
            if good:
                return self._over(before, run)
        if good:
            return None
        present = live(*key)
        if present is None or present.good or not 0 <= present.first_wall_ns - run.wall_ns <= self._gap_ns:
            return None
        return PastOutage(reading.site, run.agent, chain.first_ns, None, run.wall_ns)

    def answered_amid(self, run: Run, first_ns: int, last_ns: int) -> bool:
        """Whether something else of a run's site was answered in the midst of a time: then not all of it was lost."""
        own = (run.agent, run.reading.check, run.reading.target, run.reading.site)
        others = [self._chains[key] for key in self._at.get(run.reading.site, ()) if key != own]
        last_ns -= int(self._settings.down_seconds * _SECOND_NS)  # ways that return together are seen one by one
        return any(
            first_ns < at_ns < last_ns
            for one in others
            for at_ns in (one.answered_ns, *((one.first_ns, one.last_ns) if one.good else ()))
        )

    def _begin(self, key: _Key, good: bool, at_ns: int) -> _Chain:
        before = self._chains.pop(key, None)
        answered_ns = 0 if before is None else before.last_ns if before.good else before.answered_ns
        chain = self._chains[key] = _Chain(good, 1, at_ns, at_ns, answered_ns)
        self._at[key[-1]].add(key)
        if len(self._chains) > _KEPT:
            self._forget(next(iter(self._chains)))
        return chain

    def _forget(self, key: _Key) -> None:
        del self._chains[key]
        self._at[key[-1]].discard(key)
        if not self._at[key[-1]]:
            del self._at[key[-1]]

    def _over(self, before: _Chain | None, run: Run) -> PastOutage | None:
        """The outage that a good run ends, where enough was seen of it and nothing lies between."""
        if before is None or before.good or before.runs < self._settings.down_runs:
            return None
        apart = not 0 < run.wall_ns - before.last_ns <= self._gap_ns
        if apart or before.last_ns - before.first_ns < int(self._settings.down_seconds * _SECOND_NS):
            return None
        return PastOutage(run.reading.site, run.agent, before.first_ns, run.wall_ns, before.last_ns)
