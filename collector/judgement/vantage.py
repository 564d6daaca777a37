"""Whether an agent that looks at other sites can see at all; an agent that lost its own surroundings proves nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from collector.judgement.evidence import Evidence, Run
from collector.judgement.settings import JudgementSettings
from shared.wire.reading import Outcome

_SECOND_NS = 1_000_000_000
_LEAD_NS = 30 * _SECOND_NS
"""Sites may be found lost this long before the anchors are."""
_AGED_NS = 300 * _SECOND_NS
"""What an agent has not looked at for so long, though it looks at other things, it does not look at any more."""
_LATELY_NS = 3600 * _SECOND_NS
_PAUSE_NS, _SWEEP_NS = 60 * _SECOND_NS, 10 * _SECOND_NS
"""A longer time without any look says nothing of what it looks at."""


class Anchor(msgspec.Struct, frozen=True, gc=False):
    """The latest of what an agent knows of one thing at its own site; times are the collector's monotonic ones."""

    good: bool
    at_ns: int
    since_ns: int
    since_wall_ns: int
    busy_ns: int
    """How long the agent had looked at things by then."""


@dataclass(slots=True)
class Vantage:
    """One agent that looks at other sites."""

    agent: str
    anchors: dict[tuple[str, str], Anchor] = field(default_factory=dict)
    blind_since_wall_ns: int | None = None
    blind_since_ns: int | None = None
    voided: tuple[int, int] = (0, 0)
    """The latest blindness that is over, with what led to it: failures that began then are the agent's own."""
    looked_ns: int = 0
    """When it looked at anything last."""
    busy_ns: int = 0
    """For how long it has looked at things, without the pauses in which it looked at nothing."""
    swept_ns: int = 0

    def look(self, at_ns: int) -> None:
        """The agent looked at something, whatever it saw; an anchor that it looks at no more is let go."""
        if at_ns > self.looked_ns:
            self.busy_ns += min(at_ns - self.looked_ns, _PAUSE_NS)
            self.looked_ns = at_ns
        if self.busy_ns - self.swept_ns < _SWEEP_NS:
            return
        self.swept_ns = self.busy_ns
        aged = [key for key, anchor in self.anchors.items() if self.busy_ns - anchor.busy_ns > _AGED_NS]
        for key in aged:
            del self.anchors[key]
        if aged and self.anchors:
            self._look(at_ns)
        elif aged:
            self._see(at_ns)

    def sees(self) -> bool:
        """Whether it has anchors and none was lost lately; what never answers says nothing."""
        lately_ns = self.looked_ns - _LATELY_NS
        lost = any(not anchor.good and anchor.since_ns >= lately_ns for anchor in self.anchors.values())
        return not lost and any(anchor.good for anchor in self.anchors.values())

    def anchor(self, run: Run) -> None:
        """The agent looked at something of its own site."""
        self.look(run.monotonic_ns)
        key = (run.reading.check, run.reading.target)
        good = run.reading.outcome is Outcome.OK
        before = self.anchors.get(key)
        if before is not None and run.monotonic_ns < before.at_ns:
            return
        if before is not None and before.good is good:
            since = (before.since_ns, before.since_wall_ns)
        else:
            since = (run.monotonic_ns, run.wall_ns)
        self.anchors[key] = Anchor(good, run.monotonic_ns, *since, self.busy_ns)
        if not good or self.blind_since_ns is not None:
            self._look(run.monotonic_ns)

    def counts(self, run: Run) -> bool:
        """Whether a run says anything of its target."""
        if run.reading.outcome is Outcome.OK or not self.anchors:
            return True
        return self.blind_since_ns is None and not self.voided[0] <= run.monotonic_ns < self.voided[1]

    def vouches(self, evidence: Evidence) -> bool:
        """Whether the agent is known to have seen well since the evidence began: asked before a site is down."""
        if evidence.good or not self.anchors:
            return True
        return any(anchor.good and anchor.at_ns >= evidence.first_monotonic_ns for anchor in self.anchors.values())

    def lost_with(self, evidence: Evidence) -> bool:
        """Whether evidence against a site began after the agent last saw well, so that it is the agent's own."""
        if evidence.good:
            return False
        if self.blind_since_ns is not None and evidence.first_monotonic_ns >= self.blind_since_ns - _LEAD_NS:
            return True
        return self.voided[0] <= evidence.first_monotonic_ns < self.voided[1]

    def watch(self, evidence: Iterable[Evidence], now_ns: int, settings: JudgementSettings) -> None:
        """Without anchors the sites themselves tell: nearly all lost at once is the agent's own loss."""
        if self.anchors:
            return
        every = list(evidence)
        bad = [one for one in every if not one.good]
        blind = len(every) >= settings.blind_sites and len(bad) >= settings.blind_share * len(every)
        if blind and self.blind_since_ns is None:
            # Half of them failed later than this one: what had been lost before is a fault of its own.
            middle = sorted(bad, key=lambda one: one.first_monotonic_ns)[len(bad) // 2]
            within = int(settings.fold_seconds * _SECOND_NS)
            together = [one for one in bad if middle.first_monotonic_ns - one.first_monotonic_ns <= within]
            first = min(together, key=lambda one: one.first_monotonic_ns)
            self.blind_since_ns, self.blind_since_wall_ns = first.first_monotonic_ns, first.first_wall_ns
        elif not blind and self.blind_since_ns is not None:
            self._see(now_ns)

    def _look(self, at_ns: int) -> None:
        lost = [anchor for anchor in self.anchors.values() if not anchor.good]
        if len(lost) == len(self.anchors):
            if self.blind_since_ns is None:
                last = max(lost, key=lambda anchor: anchor.since_ns)
                self.blind_since_ns, self.blind_since_wall_ns = last.since_ns, last.since_wall_ns
        elif self.blind_since_ns is not None:
            self._see(at_ns)

    def _see(self, at_ns: int) -> None:
        if self.blind_since_ns is not None:
            self.voided = (self.blind_since_ns - _LEAD_NS, at_ns)
        self.blind_since_ns = self.blind_since_wall_ns = None
