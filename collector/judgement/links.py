"""The verdict on one link of a site, and what its loss means for the site; it holds nothing and asks nobody."""

from collections.abc import Collection, Mapping

import msgspec
from msgspec.structs import replace

from collector.inventory.site import Link, Site
from collector.judgement.condition import Condition
from collector.judgement.evidence import Evidence
from collector.judgement.judge import Facts, Standing, judge
from collector.judgement.settings import JudgementSettings
from collector.picture import State, Verdict

_SECOND_NS = 1_000_000_000
_IN_FLIGHT_NS = 8 * _SECOND_NS
"""What was sent before a link was lost may still arrive within this time."""
_LOST = frozenset({Condition.DOWN, Condition.RECOVERING})
_REACHED = frozenset({State.UP, State.DEGRADED})
UNSEEN = "no fresh measurement of this link"


class LinkFacts(msgspec.Struct, frozen=True, gc=False):
    """The fresh facts about one link."""

    evidence: tuple[Evidence, ...]
    """Of its targets, from any vantage."""
    maintenance_until_ns: int | None = None
    """While somebody works on it, or at its site."""


class SiteFacts(msgspec.Struct, frozen=True, gc=False):
    """What its links add their own to; wall times in nanoseconds."""

    own: Verdict
    """Of the site as a whole, whichever way in."""
    seen_ns: int
    """When the site was last known to be reached by anybody; 0 where it never was."""
    reached_since_ns: int = 0
    """Since when it is."""


def judged_links(site: Site) -> tuple[Link, ...]:
    """Those that name targets; and the main link, which has the rest, where another one does."""
    named = any(link.targets for link in site.links)
    return tuple(link for place, link in enumerate(site.links) if link.targets or (named and place == 0))


def judge_link(before: Standing | None, facts: LinkFacts, now_wall_ns: int, settings: JudgementSettings) -> Standing:
    """The next standing of a link: by the table that sites live by, with the evidence of its own targets alone."""
    # What is not looked at is unknown, also while it is worked on.
    until_ns = facts.maintenance_until_ns if facts.evidence else None
    after = judge(before, Facts(facts.evidence, maintenance_until_ns=until_ns), now_wall_ns, settings)
    return after if facts.evidence else replace(after, verdict=replace(after.verdict, reason=UNSEEN))


def is_lost(standing: Standing) -> bool:
    """Whether fresh evidence says that a link is down, and nobody works on it."""
    return standing.verdict.state is State.DOWN


def is_held(standing: Standing) -> bool:
    """Whether a link was lost and nothing has shown since that it is back."""
    return standing.condition in _LOST


def lost_alone(facts: SiteFacts, links: Mapping[str, Standing], before: Collection[str]) -> frozenset[str]:
    """Names of links that are lost while their site is not; ``before``: those that were at the evaluation before."""
    if facts.own.state not in _REACHED:
        return frozenset()
    return frozenset(name for name, one in links.items() if is_lost(one) and (name in before or _alone(one, facts)))


def _alone(standing: Standing, facts: SiteFacts) -> bool:
    """Whether the loss is the link's own: the site was reached after the link failed, over another way."""
    lost_ns = standing.lost_ns if standing.lost_ns is not None else standing.verdict.since_ns
    if facts.seen_ns <= lost_ns + _IN_FLIGHT_NS:
        return False
    if lost_ns > facts.reached_since_ns:
        return True
    # It was lost with its site, which is back: has it been looked at since?
    newest_ns = standing.verdict.facts_at_ns or 0
    return standing.condition is Condition.DOWN and newest_ns > facts.reached_since_ns + _IN_FLIGHT_NS


def overlaid(
    before: Verdict | None, own: Verdict, links: Mapping[str, Standing], lost: Collection[str], now_wall_ns: int
) -> Verdict:
    """The verdict that is shown of a site: its own, or that links of it are ``lost`` while the site itself is not."""
    if not lost:
        # A site that is up again has been so since its links are, however long it could be reached.
        returned_ns = max((one.verdict.since_ns for one in links.values()), default=0)
        degraded = before is not None and before.state is State.DEGRADED and own.state is State.UP
        return _since(before, own, max(own.since_ns, returned_ns) if degraded else own.since_ns, now_wall_ns)
    since_ns = min(links[name].verdict.since_ns for name in lost)
    verdict = Verdict(
        state=State.DEGRADED,
        since_ns=since_ns,
        reason="; ".join(f"link {name} is lost: {links[name].verdict.reason}" for name in sorted(lost)),
        facts_at_ns=own.facts_at_ns,
    )
    return _since(before, verdict, since_ns, now_wall_ns)


def _since(before: Verdict | None, verdict: Verdict, begun_ns: int, now_wall_ns: int) -> Verdict:
    """A state that lasts keeps its beginning; another begins no earlier than the one before it."""
    if before is None:
        since_ns = min(begun_ns, now_wall_ns)
    elif before.state is verdict.state:
        since_ns = before.since_ns
    else:
        since_ns = max(before.since_ns, min(begun_ns, now_wall_ns))
    return verdict if since_ns == verdict.since_ns else replace(verdict, since_ns=since_ns)
