"""How much evidence the judgement wants; each limit names where it comes from."""

from collections.abc import Iterator

import msgspec


class JudgementSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of the judgement."""

    down_runs: int = 3
    """Consecutive runs without any reply before a site can be down: one lost train is not an outage."""
    down_seconds: float = 15.0
    """... and the least time from the first of them to the last."""
    up_runs: int = 2
    """Consecutive runs with replies before a site that was down is up again."""
    degraded_loss_ratio: float = 0.05
    """Loss over the latest runs from which a site is degraded. Meetings suffer from 1 % in 15 s (Microsoft's planning
    table); 5 % over several trains is loss that five packets a train can show."""
    degraded_rtt_seconds: float = 0.3
    """Median RTT from which a site is degraded (ITU-T G.114: one way 150 ms is good, RTT about twice that)."""
    degraded_runs: int = 30
    """Over how many of the latest runs loss and RTT are looked at."""
    degraded_least_runs: int = 6
    """... and how many of them there must be at least: what has just come back has shown nothing yet."""
    degraded_sureness: float = 3.0
    """How many standard deviations of chance a loss must exceed the limit by, in at least three spells. A line that
    loses 2 % passes for degraded in one of 600 million windows of 30 trains; one that loses 20 % is known to be within
    15 trains, 30 % within 10 (medians, ``bad-line-known``)."""
    recovered_share: float = 0.5
    """A degraded site is good again below this share of the limits."""
    vantage_kind: str = "icmp"
    """Kind of the checks whose replies say that a site can be reached."""
    vantage_roles: tuple[str, ...] = ("router", "gateway", "access_router")
    """Role of the targets whose replies say that a site can be reached."""
    lan_roles: tuple[str, ...] = ()
    """Roles, besides those above, of what the site's own agent reaches without leaving the site."""
    first_hop_roles: tuple[str, ...] = ("isp_first_hop",)
    """Roles of the provider's nearest router, as the site's own agent sees it."""
    core_roles: tuple[str, ...] = ("province_core",)
    """Roles of what lies behind the provider's network, as the site's own agent sees it."""
    anchor_roles: tuple[str, ...] = ("isp_first_hop", "province_core", "world")
    """Roles of what the agent that looks from the province must reach itself, at its own site: where it does not, what
    it says of other sites counts for nothing."""
    inside_gap_seconds: float = 90.0
    """Looks from inside that lie further apart than this leave a time of which nothing is claimed: three periods of
    ``ping-line``."""
    blind_share: float = 0.8
    """An agent without anchors that loses such a share of at least ``blind_sites`` sites at once is blind itself."""
    blind_sites: int = 5
    blind_seconds: float = 15.0
    """How long an agent is blind before it is told."""
    vantage_silent_seconds: float = 90.0
    """How long nothing may come from an agent that looks at other sites before it is told."""
    agent_silent_seconds: float = 600.0
    """How long nothing may come from the agent of a site that is well before it is told."""
    reports_silent_seconds: float = 45.0
    """How long nothing may come from the agents of nearly all sites, or of nearly all of a provider, at once before
    that is told; ``blind_share`` and ``blind_sites`` say how many that are."""
    fold_seconds: float = 180.0
    """Sites that were lost within this time of each other may have been lost to one fault."""
    fold_wait_seconds: float = 12.0
    """How long a site that is down waits until its neighbours were looked at again."""
    hub_share: float = 0.8
    """Share of a hub's sites that must be lost."""
    hub_sites: int = 2
    provider_share: float = 0.4
    """Share of a provider's sites that must be lost: its network may fail in part."""
    provider_sites: int = 4
    power_share: float = 0.5
    """Share of a power area's sites that must be lost, where supplies told of failed mains."""
    power_sites: int = 2
    remainder_seconds: float = 300.0
    """When half of the sites of a fault are back and no other has come for so long, the rest stand for themselves."""
    reopen_seconds: float = 600.0
    """What fails again within this time is the same fault."""
    flapping_returns: int = 3
    """As often as this within an hour, and it flaps."""
    flapping_seconds: float = 240.0
    """What flapped and has not come back for so long is down."""
    maintenance_grace_seconds: float = 180.0
    """So long after a maintenance window nobody is called yet: what was worked on starts again, and is looked at."""
    settle_seconds: float = 300.0
    """How long evidence for the cause is waited for after a return where the site has no agent of its own."""
    settle_most_seconds: float = 2_678_400.0
    """How long the backlog of a site's agent is waited for: as long as its spool keeps it."""


def judgement_rules(judgement: JudgementSettings) -> Iterator[tuple[str, str]]:
    """Place and fault of what types cannot say."""
    for key, value in msgspec.structs.asdict(judgement).items():
        if isinstance(value, int) and value < 1:
            yield f"$.judgement.{key}", "must be at least 1"
        elif key.endswith(("_share", "_ratio")) and not 0 < value <= 1:
            yield f"$.judgement.{key}", "must be more than 0 and at most 1"
        elif isinstance(value, float) and value < 0:
            yield f"$.judgement.{key}", "must not be negative"
    if not judgement.vantage_kind or not judgement.vantage_roles:
        key = "vantage_roles" if judgement.vantage_kind else "vantage_kind"
        yield f"$.judgement.{key}", "must not be empty: no site could be judged"
