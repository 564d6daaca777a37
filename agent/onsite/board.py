"""The newest standing of each watched check and target, one place each; it judges nothing and sends nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from agent.onsite.standing import WAYS, Standing, after
from agent.probe import Check, Target
from shared.wire.reading import Reading

_SECOND_NS = 1_000_000_000


class Rung(StrEnum):
    """A step of the way out, the nearest first."""

    ROUTER = "router"
    FIRST_HOP = "first_hop"
    CORE = "core"
    NAMES = "names"
    PORTALS = "portals"
    UPLINK = "uplink"


_RUNGS = {
    "router": Rung.ROUTER,
    "gateway": Rung.ROUTER,
    "access_router": Rung.ROUTER,
    "isp_first_hop": Rung.FIRST_HOP,
    "province_core": Rung.CORE,
    "resolver": Rung.NAMES,
    "portals": Rung.PORTALS,
}
"""By role."""
_KINDS = {Rung.NAMES: frozenset({"dns"}), Rung.PORTALS: frozenset({"http", "tcp"})}
"""Of all others: :data:`agent.onsite.standing.WAYS`."""
SERVICES = frozenset({Rung.NAMES, Rung.PORTALS})


@dataclass(frozen=True, slots=True)
class Watch:
    """One check of one target, and the step that it tells of."""

    rung: Rung
    check: str
    target: str
    address: str
    period_ns: int


@dataclass(frozen=True, slots=True)
class Seen:
    """How it stands; None before the first run that says something."""

    watch: Watch
    standing: Standing | None = None


class Board:
    """Takes readings as they are made; its size is that of the settings."""

    def __init__(self, watches: Iterable[Watch]) -> None:
        self._seen = {(watch.check, watch.target): Seen(watch) for watch in watches}

    def take(self, reading: Reading) -> None:
        """Note a reading; one of anything that is not watched is passed over."""
        key = (reading.check, reading.target)
        seen = self._seen.get(key)
        if seen is None:
            return
        watch = seen.watch
        standing = after(seen.standing, reading, watch.period_ns, service=watch.rung in SERVICES)
        self._seen[key] = Seen(watch, standing)

    def seen(self) -> tuple[Seen, ...]:
        """Everything as it stands, in the order of the settings."""
        return tuple(self._seen.values())


def watch_of(kind: str, check: Check, target: Target, site: str) -> Watch | None:
    """What a check of a target tells of the way out of ``site``; None where it tells nothing of it."""
    rung = _RUNGS.get(target.role)
    if target.site != site or rung is None or kind not in _KINDS.get(rung, WAYS):
        return None
    period_ns = int(check.every_seconds * _SECOND_NS)
    return Watch(rung, check.name or kind, target.name, target.address, period_ns)
