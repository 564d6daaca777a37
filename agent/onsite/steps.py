"""The steps of the way out, each from all that was seen of its targets, and then beside each other; it asks nobody.

Checks run at different times, and one fault must not be told at two places for it. So where two steps contradict each
other the older sight says nothing of now: silence from before another step answered again, and answers from before
another step fell silent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from agent.onsite.board import Rung, Seen
from agent.onsite.standing import PERIODS, Standing
from agent.onsite.verdict import State

_SECOND_NS = 1_000_000_000
_UPLINK_BAD_NS = 60 * _SECOND_NS
"""A collector that is started anew is away for less."""
_ALL_MUST = frozenset({Rung.ROUTER, Rung.PORTALS})
"""Of these each target is needed; of the others one that answers is enough to get through, though not well."""
OK = frozenset({State.GOOD, State.SLOW_OR_LOSSY})
_ENDS = frozenset({Rung.CORE, Rung.PORTALS})


class Doubt(StrEnum):
    """Why something is not known."""

    OWN_LINK = "own_link"
    """This computer has no link to any network."""
    UNWATCHED = "unwatched"
    """The settings name nothing to look at."""
    MEASURING = "measuring"
    """Not measured yet, or not since something nearer turned."""
    OLD = "old"
    """There was no reading for too long."""
    UNCLEAR = "unclear"
    """What is known fits more than one place."""


@dataclass(frozen=True, slots=True)
class Uplink:
    """What the courier knows of the collector; monotonic."""

    watched: bool = True
    """Whether the collector is reached over the way out at all."""
    fresh_ns: int = 90 * _SECOND_NS
    """How long an acknowledgement counts."""
    acknowledged_ns: int | None = None
    acknowledged_since_ns: int | None = None
    """When the first of those in a row came."""
    failed_ns: int | None = None
    failing_since_ns: int | None = None
    """None while it takes what it is sent."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, and when the agent started; monotonic."""

    now_ns: int
    started_ns: int

    def young(self, limit_ns: int) -> bool:
        """Whether the agent cannot have measured this yet."""
        return self.now_ns - self.started_ns <= limit_ns


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it is shown."""

    rung: Rung
    state: State
    since_ns: int | None = None
    """Since when it answers, or does not."""
    at_least: bool = False
    """Whether it may have been so for longer."""
    looked_ns: int | None = None
    """When what is said was measured."""
    doubt: Doubt | None = None
    """Why it is unknown."""
    silent: tuple[str, ...] = ()
    """Addresses that do not answer."""
    lost_share: float = 0.0
    seconds: float = 0.0
    """How long an answer takes, where that is long."""
    passed: bool = False
    """Whether something beyond it answers, so that its own silence does not matter."""

    @property
    def turned_ns(self) -> int | None:
        """When it began to be as it is, where it is known to have been otherwise before."""
        return None if self.at_least else self.since_ns


def step_of(rung: Rung, seen: Sequence[Seen], moment: Moment) -> Step:
    """A step from its targets, as far as what was seen of them is fresh."""
    if not seen:
        return Step(rung, State.NOT_WATCHED)
    told: dict[str, tuple[Seen, Standing]] = {}
    doubts: dict[str, Doubt] = {}
    for one in seen:
        name, standing = one.watch.target, one.standing
        doubt = _doubt(standing, PERIODS * one.watch.period_ns, moment)
        if doubt is not None or standing is None:
            doubts[name] = doubt or Doubt.OLD
        elif name not in told or (standing.answers and not told[name][1].answers):
            told[name] = (one, standing)
    open_doubts = {doubt for name, doubt in doubts.items() if name not in told}
    looked_ns = max((one.standing.began_ns for one in seen if one.standing), default=None)
    return _together(rung, list(told.values()), open_doubts, looked_ns)


def uplink_of(uplink: Uplink, moment: Moment) -> Step:
    """The collector as a step: it answers when it took what it was sent."""
    if not uplink.watched:
        return Step(Rung.UPLINK, State.NOT_WATCHED)
    taken_ns, since_ns = uplink.acknowledged_ns, uplink.failing_since_ns
    if since_ns is not None:
        if moment.now_ns - since_ns < _UPLINK_BAD_NS:
            return Step(Rung.UPLINK, State.UNKNOWN, looked_ns=taken_ns, doubt=Doubt.MEASURING)
        return Step(Rung.UPLINK, State.BAD, since_ns, at_least=taken_ns is None, looked_ns=uplink.failed_ns)
    if taken_ns is None or moment.now_ns - taken_ns > uplink.fresh_ns:
        doubt = Doubt.MEASURING if moment.young(uplink.fresh_ns) else Doubt.OLD
        return Step(Rung.UPLINK, State.UNKNOWN, looked_ns=taken_ns, doubt=doubt)
    first = uplink.failed_ns is None
    return Step(Rung.UPLINK, State.GOOD, uplink.acknowledged_since_ns, at_least=first, looked_ns=taken_ns)


def reconciled(steps: Sequence[Step]) -> list[Step]:
    """The steps, each unknown where a newer sight of another contradicts it."""
    risen = [step.turned_ns for step in steps if step.state in OK and step.turned_ns is not None]
    fallen = [step for step in steps if step.state is State.BAD and not _is_older(step, risen)]
    if _is_alone(steps):
        fallen = [step for step in fallen if step.rung is not Rung.UPLINK]
    fell = [step.since_ns for step in fallen if step.since_ns is not None]
    against = {State.BAD: risen, State.GOOD: fell, State.SLOW_OR_LOSSY: fell}
    return [_in_doubt(step) if _is_older(step, against.get(step.state, [])) else step for step in steps]


def _is_alone(steps: Sequence[Step]) -> bool:
    """Whether something at the far end answered after the collector fell silent: then it is the collector alone."""
    since_ns = next((step.since_ns for step in steps if step.rung is Rung.UPLINK and step.state is State.BAD), None)
    looked_ns = [step.looked_ns or 0 for step in steps if step.rung in _ENDS and step.state in OK]
    return since_ns is not None and max(looked_ns, default=-1) >= since_ns


def _is_older(step: Step, turns_ns: Sequence[int]) -> bool:
    return max(turns_ns, default=-1) > (step.looked_ns or 0)


def _in_doubt(step: Step) -> Step:
    return Step(step.rung, State.UNKNOWN, looked_ns=step.looked_ns, doubt=Doubt.MEASURING)


def _doubt(standing: Standing | None, limit_ns: int, moment: Moment) -> Doubt | None:
    if standing is None:
        return Doubt.MEASURING if moment.young(limit_ns) else Doubt.OLD
    return Doubt.OLD if moment.now_ns - standing.began_ns > limit_ns else None


def _together(rung: Rung, told: list[tuple[Seen, Standing]], doubts: set[Doubt], looked_ns: int | None) -> Step:
    silent = [(seen, standing) for seen, standing in told if not standing.answers]
    answering = [standing for _, standing in told if standing.answers]
    addresses = tuple(seen.watch.address for seen, _ in silent)
    if silent and (rung in _ALL_MUST or not (answering or doubts)):
        first = min((standing for _, standing in silent), key=lambda standing: standing.since_ns)
        looked_ns = max(standing.began_ns for _, standing in silent)
        return Step(rung, State.BAD, first.since_ns, first.first, looked_ns, silent=addresses)
    if doubts or not answering:
        doubt = Doubt.OLD if Doubt.OLD in doubts else Doubt.MEASURING
        return Step(rung, State.UNKNOWN, looked_ns=looked_ns, doubt=doubt)
    last = max(answering, key=lambda standing: standing.since_ns)
    looked_ns = max(standing.began_ns for standing in answering)
    lost_share = max((standing.lost_share for standing in answering if standing.lossy), default=0.0)
    seconds = max((standing.runs[-1].seconds or 0.0 for standing in answering if standing.slow), default=0.0)
    state = State.SLOW_OR_LOSSY if silent or any(one.lossy or one.slow for one in answering) else State.GOOD
    return Step(
        rung, state, last.since_ns, last.first, looked_ns, silent=addresses, lost_share=lost_share, seconds=seconds
    )
