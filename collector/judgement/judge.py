"""The verdict on one site from its fresh evidence; silence is never taken for an outage."""

import msgspec

from collector.judgement.condition import Condition, Signal, after
from collector.judgement.evidence import Evidence, all_good
from collector.judgement.settings import JudgementSettings
from collector.picture import State, Verdict

_SECOND_NS = 1_000_000_000
_IN_FLIGHT_NS = 8 * _SECOND_NS
"""What a site's agent sent before the line broke may still arrive within this time."""
_LOST = frozenset({Condition.DOWN, Condition.RECOVERING})


class Standing(msgspec.Struct, frozen=True, gc=False):
    """What is carried from one evaluation of a site to the next."""

    condition: Condition
    verdict: Verdict
    lost_ns: int | None = None
    """Of a site that is down, or was before it fell silent: wall time of the first failure."""


class Facts(msgspec.Struct, frozen=True, gc=False):
    """The fresh facts about one site."""

    links: tuple[Evidence, ...]
    """Evidence about the site's router, from any vantage outside the site."""
    reporting: str = ""
    """The site's own agent, where it was heard of lately: its packets came over the link."""
    reported_wall_ns: int = 0
    maintenance_until_ns: int | None = None
    """While somebody works there: nothing that is seen of it is a fault."""


def judge(before: Standing | None, facts: Facts, now_wall_ns: int, settings: JudgementSettings) -> Standing:
    """The next standing of a site. A verdict that does not change keeps its beginning."""
    lost_ns = before.lost_ns if before is not None else None
    if not facts.links:
        condition, state, begun_ns, reason, facts_ns = _without_links(before, facts, now_wall_ns)
    else:
        link = _best(facts.links, settings)
        previous = before.condition if before is not None else Condition.CLEAR
        condition = after(previous, link.signal(settings))
        state, reason = _state(condition, link, before, settings)
        begun_ns, facts_ns = link.first_wall_ns, link.last_wall_ns
        if state is State.DOWN and previous not in _LOST:
            lost_ns = begun_ns
            if facts.reporting and facts.reported_wall_ns > link.first_wall_ns + _IN_FLIGHT_NS:
                condition, state = previous, State.DEGRADED
                reason = f"{reason}; but agent {facts.reporting} reports from the site itself"
        if state is State.DEGRADED:
            begun_ns = link.last_wall_ns
    if facts.maintenance_until_ns is not None and state is not State.UP:
        state, reason = State.MAINTENANCE, f"maintenance; {reason}"
        begun_ns = now_wall_ns
    since_ns = _since(before, state, begun_ns, now_wall_ns)
    verdict = Verdict(state=state, since_ns=since_ns, reason=reason, facts_at_ns=facts_ns)
    return Standing(condition, verdict, lost_ns if condition in _LOST else None)


def is_since(before: Standing | None, reported_wall_ns: int) -> bool:
    """Whether a report came after the loss of its site, where that is held to be lost."""
    return before is None or before.lost_ns is None or reported_wall_ns > before.lost_ns + _IN_FLIGHT_NS


def restored(verdict: Verdict, *, lost: bool) -> Standing:
    """What an earlier run of the collector held; ``lost``: an incident that lasts tells of it."""
    down = lost or verdict.state is State.DOWN
    return Standing(Condition.DOWN if down else Condition.CLEAR, verdict, verdict.since_ns if down else None)


def _without_links(
    before: Standing | None, facts: Facts, now_wall_ns: int
) -> tuple[Condition, State, int, str, int | None]:
    if facts.reporting:
        reason = f"agent {facts.reporting} reports from the site itself"
        return Condition.CLEAR, State.UP, facts.reported_wall_ns, reason, facts.reported_wall_ns
    condition = before.condition if before is not None else Condition.CLEAR
    return condition, State.UNKNOWN, now_wall_ns, "no fresh measurement of this site", None


def _best(links: tuple[Evidence, ...], settings: JudgementSettings) -> Evidence:
    """One way in that works is enough: good evidence first, then the strongest."""
    if len(links) == 1:
        return links[0]
    order = (Signal.GOOD_LONG, Signal.GOOD, Signal.BAD, Signal.BAD_LONG)
    return min(links, key=lambda link: (order.index(link.signal(settings)), link.loss_ratio))


def _state(
    condition: Condition, link: Evidence, before: Standing | None, settings: JudgementSettings
) -> tuple[State, str]:
    if condition in _LOST:
        if condition is Condition.DOWN:
            return State.DOWN, f"no reply from {link.target} in {_runs(link.runs)} of {link.agent}"
        return State.DOWN, f"{link.target} answers again, {_runs(link.runs)} of {link.agent} so far"
    was = before is not None and before.verdict.state is State.DEGRADED
    share = settings.recovered_share if was else 1.0
    loss, rtt = link.loss_ratio, link.rtt_seconds
    # While nothing comes back the question is whether the site is down, not how well it serves.
    lossy = loss > 0 and loss >= settings.degraded_loss_ratio * share if was else link.good and link.is_lossy(settings)
    if lossy:
        return State.DEGRADED, f"{loss:.0%} loss to {link.target} over {_runs(len(link.recent))} of {link.agent}"
    if rtt is not None and rtt >= settings.degraded_rtt_seconds * share and (was or link.is_enough(settings)):
        return State.DEGRADED, f"RTT of {rtt * 1000:.0f} ms to {link.target}, measured by {link.agent}"
    told = f"RTT {rtt * 1000:.0f} ms" if rtt is not None else "replies"
    return State.UP, f"{told} from {link.target}, measured by {link.agent}"


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"


def _since(before: Standing | None, state: State, begun_ns: int, now_wall_ns: int) -> int:
    if before is None:
        return min(begun_ns, now_wall_ns)
    if before.verdict.state is state:
        return before.verdict.since_ns
    if before.verdict.state is State.MAINTENANCE and state is not State.UP:
        # Work that overran: until now it was announced, and reports count it so.
        return now_wall_ns
    return max(before.verdict.since_ns, min(begun_ns, now_wall_ns))


def same_evidence(before: Facts, now: Facts) -> bool:
    """Whether the very same evidence is there; who reports from inside matters where a site is being lost."""
    if now.maintenance_until_ns is not None or before.maintenance_until_ns is not None:
        return False
    if len(before.links) != len(now.links):
        return False
    for one, other in zip(before.links, now.links, strict=True):
        if one is not other:
            return False
    return all_good(now.links) or before == now
