"""A site as the casebook sees it, from its standing and its links; it judges nothing."""

from collections.abc import Collection, Mapping

from collector.inventory.site import Site
from collector.judgement.condition import Condition
from collector.judgement.evidence import Evidence
from collector.judgement.folding import Seen
from collector.judgement.judge import Facts, Standing
from collector.judgement.links import SiteFacts, is_held
from collector.judgement.scene import Look, LostLink
from collector.picture import State, Verdict

_LOST = frozenset({Condition.DOWN, Condition.RECOVERING})


def look_of(standing: Standing, facts: Facts, *, maintenance: bool) -> Look:
    """The site as a whole."""
    verdict, links = standing.verdict, facts.links
    newest, bad, first_ns, vouched = _summed(links)
    seen = Seen.DOWN if standing.condition in _LOST else Seen.SUSPECT if bad else Seen.WELL
    if seen is Seen.DOWN:
        since_ns = standing.lost_ns or verdict.since_ns
    else:
        since_ns = facts.reported_wall_ns if newest is None else first_ns
    return Look(
        seen=seen,
        at_ns=newest.last_wall_ns if newest is not None else facts.reported_wall_ns,
        since_ns=since_ns,
        fresh=bool(links) or bool(facts.reporting),
        vouched=vouched,
        degraded_since_ns=verdict.since_ns if verdict.state is State.DEGRADED else None,
        maintenance=maintenance,
        loss_ratio=newest.loss_ratio if newest is not None else 0.0,
    )


def _summed(links: tuple[Evidence, ...]) -> tuple[Evidence | None, bool, int, bool]:
    """The newest; whether none is good; since when that is so; whether any is vouched for. Most sites have one."""
    if len(links) == 1:
        one = links[0]
        return one, not one.good, one.first_wall_ns, one.vouched
    bad = bool(links) and not any(link.good for link in links)
    first_ns = max((link.first_wall_ns for link in links if link.good is not bad), default=0)
    newest = max(links, key=lambda link: link.last_wall_ns, default=None)
    return newest, bad, first_ns, any(link.vouched for link in links)


def facts_with_links(own: Verdict, facts: Facts) -> SiteFacts:
    """When the site was reached last, and since when: by a reply from outside, or by its own agent being heard."""
    good = [one for one in facts.links if one.good]
    replied_ns = max((one.last_wall_ns for one in good), default=0)
    since_ns = min((one.first_wall_ns for one in good), default=own.since_ns)
    return SiteFacts(own, max(replied_ns, facts.reported_wall_ns if facts.reporting else 0), since_ns)


def look_with_links(
    look: Look, site: Site, shown: Verdict, standing: Mapping[str, Standing], lost: Collection[str]
) -> Look:
    """What its links add to it; ``lost`` are those that are while the site is reached."""
    return Look(
        seen=look.seen,
        at_ns=look.at_ns,
        since_ns=look.since_ns,
        fresh=look.fresh,
        vouched=look.vouched,
        degraded_since_ns=shown.since_ns if shown.state is State.DEGRADED else None,
        maintenance=look.maintenance,
        lost_links=tuple(
            LostLink(link.name, link.provider, standing[link.name].lost_ns or standing[link.name].verdict.since_ns)
            for link in site.links
            if link.name in lost
        ),
        loss_ratio=look.loss_ratio,
        lossy=look.degraded_since_ns is not None and look.seen is Seen.WELL,
        held=any(is_held(one) for one in standing.values()),
    )
