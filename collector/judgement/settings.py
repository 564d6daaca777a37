"""How much evidence the judgement wants; each limit names where it comes from."""

import msgspec


class JudgementSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of the first judgement."""

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
    degraded_runs: int = 6
    """Over how many of the latest runs loss and RTT are looked at."""
    recovered_share: float = 0.5
    """A degraded site is good again below this share of the limits."""
    vantage_kind: str = "icmp"
    """Kind of the checks whose replies say that a site can be reached."""
    vantage_roles: tuple[str, ...] = ("router", "gateway", "access_router")
    """Role of the targets whose replies say that a site can be reached."""
