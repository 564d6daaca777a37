"""The kinds of faults: what each does to a site while it lasts, and what a good judge says of it; it applies none."""

from dataclasses import dataclass

from collector.incident import Cause, Scope
from lab.world.effects import EFFECTS, Effect
from lab.world.fault import LINK


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of fault."""

    name: str
    scope: Scope | None = Scope.SITE
    """What ``where`` names, or to what its link belongs; None where the kind has no place."""
    cause: Cause | None = None
    """What a good judge says; None where nothing is lost by it."""
    tellable: bool = False
    """Where it takes no site away: whether calling somebody is right all the same."""
    ours: bool = False
    """Whether it takes the province's own sight, so that somebody must be called for that."""
    hushes: bool = False
    """Whether reports of all sites stop by it, so that it is right to tell of that in the morning."""
    shows: bool = False
    """Whether the province sees the cause by itself, as it does of what strikes many sites at once."""

    @property
    def effect(self) -> Effect:
        """What it does to one site."""
        return EFFECTS[self.name]


_HUB, _PROVIDER, _AREA = Scope.HUB, Scope.PROVIDER, Scope.POWER_AREA

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(name="fibre_cut", cause=Cause.ACCESS_LINK),
        Kind(name="power_cut", cause=Cause.POWER),
        Kind(name="power_area", scope=_AREA, cause=Cause.POWER),
        Kind(name="router_hang", cause=Cause.SITE_LAN),
        Kind(name="lan_unplugged"),
        Kind(name="provider_outage", scope=_PROVIDER, cause=Cause.ISP, shows=True),
        Kind(name="hub_down", scope=_HUB, cause=Cause.HUB, shows=True),
        Kind(name="province_uplink", scope=None, cause=Cause.PROVINCE, ours=True, shows=True),
        Kind(name="collector_restart", scope=None),
        Kind(name="backlog", scope=None, hushes=True),
        Kind(name="agent_crash"),
        Kind(name="host_off"),
        Kind(name="clock_jump"),
        Kind(name="brown_out", cause=Cause.ACCESS_LINK, tellable=True),
        Kind(name="bursty_loss", cause=Cause.ACCESS_LINK, tellable=True),
        Kind(name="flapping", cause=Cause.ACCESS_LINK),
        Kind(name="dns_failure"),
        Kind(name="maintenance", scope=_HUB),
        Kind(name=LINK, cause=Cause.ACCESS_LINK),
    )
}
"""Every kind there is, by name; a new one is a line here and its effect."""
