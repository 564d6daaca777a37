"""Faults with their ground truth: what each does to a site and what a good judge would say of it; it starts nothing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from lab.wan import Quality

ON_BATTERY, ON_MAINS = 5, 3
"""``upsOutputSource`` of the UPS-MIB (RFC 1628)."""
_UPS = (1, 3, 6, 1, 2, 1, 33, 1)
_OUTPUT_SOURCE = (*_UPS, 4, 1, 0)
_BATTERY_STATUS = (*_UPS, 2, 1, 0)
_SECONDS_ON_BATTERY = (*_UPS, 2, 2, 0)
_CHARGE_REMAINING = (*_UPS, 2, 4, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How a site is at a moment."""

    link: Quality
    router_hung: bool = False
    powered: bool = True
    agent_alive: bool = True
    changes: Mapping[tuple[int, ...], int] = field(default_factory=dict)
    """Numbers of the router's MIB that differ from its recording."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What holds while the fault lasts, in the words of states and causes that the collector publishes."""

    state: str
    cause: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault; ``effect`` takes what held without it and the seconds since it began."""

    name: str
    words: str
    truth: Truth
    effect: Callable[[Conditions, float], Conditions]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One entry of a script: which kind, at which sites, from when and for how long (seconds of the script)."""

    kind: Kind
    sites: tuple[str, ...]
    """Site ids; several where a hub or a provider fails."""
    where: str
    """For people."""
    begins_seconds: float
    lasts_seconds: float

    @property
    def ends_seconds(self) -> float:
        """When it is over."""
        return self.begins_seconds + self.lasts_seconds

    def active(self, at_seconds: float) -> bool:
        """Whether it holds at this time of the script."""
        return self.begins_seconds <= at_seconds < self.ends_seconds


def conditions_at(calm: Conditions, faults: Iterable[Fault], site: str, at_seconds: float) -> Conditions:
    """How the site is at a time of the script: every fault that holds has its effect on what the earlier ones left."""
    for fault in faults:
        if site in fault.sites and fault.active(at_seconds):
            calm = fault.kind.effect(calm, at_seconds - fault.begins_seconds)
    return calm


def _cut(now: Conditions, _: float) -> Conditions:
    return replace(now, link=replace(now.link, cut=True))


def _degrade(now: Conditions, _: float) -> Conditions:
    worse = replace(
        now.link,
        delay_seconds=now.link.delay_seconds + 0.060,
        jitter_seconds=0.025,
        burst_begin=0.10,
        burst_end=0.30,
        burst_loss=0.9,
        duplicates=0.02,
    )
    return replace(now, link=worse)


def _congest(now: Conditions, _: float) -> Conditions:
    return replace(now, link=replace(now.link, delay_seconds=now.link.delay_seconds + 0.180, jitter_seconds=0.060))


def _hang(now: Conditions, _: float) -> Conditions:
    return replace(now, router_hung=True)


def _power_cut(now: Conditions, since_seconds: float) -> Conditions:
    """The batteries of the lab last eight seconds, so that a newcomer sees both: on battery, and then dark."""
    left = max(0.0, 1.0 - since_seconds / 8.0)
    on_battery = {
        **now.changes,
        _OUTPUT_SOURCE: ON_BATTERY,
        _BATTERY_STATUS: 2 if left > 0.3 else 3,
        _SECONDS_ON_BATTERY: int(since_seconds),
        _CHARGE_REMAINING: int(left * 100),
    }
    return replace(now, changes=on_battery, powered=left > 0)


def _no_agent(now: Conditions, _: float) -> Conditions:
    return replace(now, agent_alive=False)


FIBRE_CUT = Kind("fibre_cut", "fibre cut", Truth("down", "access_link"), _cut)
BROWN_OUT = Kind("brown_out", "bad splice (losses in bursts)", Truth("degraded", "access_link"), _degrade)
CONGESTION = Kind("congestion", "congested link", Truth("degraded", "isp"), _congest)
ROUTER_HANG = Kind("router_hang", "hung router", Truth("down", "site_lan"), _hang)
POWER_CUT = Kind("power_cut", "power cut (battery for 8 s)", Truth("down", "power"), _power_cut)
HUB_DOWN = Kind("hub_down", "dead hub", Truth("down", "hub"), _cut)
PROVIDER_OUTAGE = Kind("provider_outage", "provider outage", Truth("down", "isp"), _cut)
AGENT_AWAY = Kind("agent_away", "own agent switched off", Truth("up", "agent"), _no_agent)

KINDS = (FIBRE_CUT, BROWN_OUT, CONGESTION, ROUTER_HANG, POWER_CUT, HUB_DOWN, PROVIDER_OUTAGE, AGENT_AWAY)
"""Every kind there is; a new one is one function, one line above and its name here."""
