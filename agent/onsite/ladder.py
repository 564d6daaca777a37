"""The way out as an ordered ladder of steps with one verdict, from what is known now; it asks nobody anything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from agent.onsite.board import Rung, Seen
from agent.onsite.steps import OK, Doubt, Moment, Step, Uplink, reconciled, step_of, uplink_of
from agent.onsite.verdict import Far, State, Verdict, far_of, judge


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that counts, at one moment."""

    moment: Moment
    seen: tuple[Seen, ...]
    uplink: Uplink
    own_link: bool | None = None
    """Whether this computer is connected to any network; None where that cannot be told."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """What the page shows."""

    steps: tuple[Step, ...]
    """Nearest first."""
    verdict: Verdict
    doubt: Doubt | None = None
    """Why it is not known."""
    since_ns: int | None = None
    at_least: bool = False
    """Whether it may have been so for longer."""

    def step(self, rung: Rung) -> Step:
        """The step of that name."""
        return next(step for step in self.steps if step.rung is rung)


def climb(facts: Facts) -> Ladder:
    """All steps, and what they come to."""
    targets = {rung: [seen for seen in facts.seen if seen.watch.rung is rung] for rung in Rung}
    steps = [step_of(rung, seen, facts.moment) for rung, seen in targets.items() if rung is not Rung.UPLINK]
    return concluded(reconciled([*steps, uplink_of(facts.uplink, facts.moment)]), own_link=facts.own_link)


def concluded(steps: Sequence[Step], *, own_link: bool | None) -> Ladder:
    """The verdict on these steps."""
    states = {step.rung: step.state for step in steps}
    if own_link is False and not any(state in OK for state in states.values()):
        return Ladder(tuple(steps), Verdict.NOT_KNOWN, Doubt.OWN_LINK)
    carries = far_of(states) is Far.CARRIES
    passed = {Rung.FIRST_HOP: carries, Rung.ROUTER: carries or states[Rung.FIRST_HOP] in OK}
    shown = tuple(replace(step, passed=passed.get(step.rung, False) and step.state not in OK) for step in steps)
    verdict = judge(states)
    if verdict is Verdict.NOT_KNOWN:
        return Ladder(shown, verdict, _doubt(shown))
    deciding = _deciding(shown, verdict)
    if deciding is None:
        return Ladder(shown, verdict)
    return Ladder(shown, verdict, None, deciding.since_ns, deciding.at_least)


def _doubt(steps: Iterable[Step]) -> Doubt:
    """Why there is no verdict; what something beyond proves needs no reading of its own."""
    watched = [step for step in steps if step.state is not State.NOT_WATCHED]
    if all(step.rung is Rung.UPLINK for step in watched):
        return Doubt.UNWATCHED
    doubts = {step.doubt for step in watched if not step.passed}
    return next((doubt for doubt in (Doubt.OLD, Doubt.MEASURING) if doubt in doubts), Doubt.UNCLEAR)


def _deciding(steps: Iterable[Step], verdict: Verdict) -> Step | None:
    """The step since whose turn it is so: the first of those that failed, the last of those that are well again."""
    timed = [step for step in steps if step.since_ns is not None and step.rung is not Rung.UPLINK]
    if verdict is Verdict.WEAK:
        return None
    if verdict is Verdict.ALL_WELL:
        return max((step for step in timed if step.state in OK), key=_since_ns, default=None)
    told = {
        Verdict.INSIDE: {Rung.ROUTER},
        Verdict.NAMES: {Rung.NAMES},
        Verdict.BEYOND: {Rung.CORE, Rung.PORTALS},
    }.get(verdict, {Rung.FIRST_HOP, Rung.CORE, Rung.PORTALS})
    failed = [step for step in timed if step.state is State.BAD and step.rung in told]
    uplink = [step for step in steps if step.rung is Rung.UPLINK and step.state is State.BAD]
    return min(failed or uplink, key=_since_ns, default=None)


def _since_ns(step: Step) -> int:
    return step.since_ns or 0
