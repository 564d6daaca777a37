"""What happens in the demo and when: faults in an order that shows something new every few seconds; it applies none."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from lab import faults
from lab.faults import Fault, Kind
from lab.province import LabSite
from lab.wan import Randomness

CYCLE_SECONDS = 100.0
_HUB_SIZE = 6


@dataclass(frozen=True, slots=True)
class _Scene:
    kind: Kind
    cast: str
    """Whom it hits: a method of :class:`_Casting`."""
    begins_seconds: float
    lasts_seconds: float


_SCENES = (
    _Scene(faults.FIBRE_CUT, "host", 2.0, 13.0),
    _Scene(faults.BROWN_OUT, "site", 9.0, 30.0),
    _Scene(faults.ROUTER_HANG, "site", 20.0, 22.0),
    _Scene(faults.HUB_DOWN, "hub", 30.0, 24.0),
    _Scene(faults.AGENT_AWAY, "other_host", 36.0, 40.0),
    _Scene(faults.POWER_CUT, "powered", 46.0, 30.0),
    _Scene(faults.CONGESTION, "site", 52.0, 26.0),
    _Scene(faults.PROVIDER_OUTAGE, "provider", 66.0, 16.0),
)


def choose_hosts(sites: Sequence[LabSite], count: int) -> tuple[LabSite, ...]:
    """Communes that run an agent of their own: spread over the list, with power supplies where there are any."""
    able = [site for site in sites if site.has_ups] or list(sites)
    count = min(count, len(able))
    return tuple(able[(2 * number + 1) * len(able) // (2 * count)] for number in range(count))


def cycle(number: int, sites: Sequence[LabSite], hosts: Sequence[LabSite], randomness: Randomness) -> tuple[Fault, ...]:
    """The faults of one round, in seconds of the whole script; every round takes other sites, none twice in a round."""
    casting = _Casting(sites, hosts, number, randomness)
    found: list[Fault] = []
    for scene in _SCENES:
        cast, where = casting.choose(scene.cast)
        if cast:
            found.append(
                Fault(
                    kind=scene.kind,
                    sites=tuple(site.id for site in cast),
                    where=where,
                    begins_seconds=number * CYCLE_SECONDS + scene.begins_seconds,
                    lasts_seconds=scene.lasts_seconds,
                )
            )
    return tuple(found)


class _Casting:
    """Deals out the sites of one round."""

    def __init__(self, sites: Sequence[LabSite], hosts: Sequence[LabSite], number: int, randomness: Randomness) -> None:
        self._hosts = [hosts[(number + place) % len(hosts)] for place in range(len(hosts))]
        self._free = [site for site in sites if site not in hosts]
        self._randomness = randomness

    def choose(self, cast: str) -> tuple[Sequence[LabSite], str]:
        """The sites and how people name them; nothing where the province is too small for it."""
        chosen, where = {
            "host": lambda: self._host(0),
            "other_host": lambda: self._host(1),
            "site": lambda: self._one(self._free),
            "powered": lambda: self._one([site for site in self._free if site.has_ups]),
            "hub": self._hub,
            "provider": self._provider,
        }[cast]()
        self._free = [site for site in self._free if site not in chosen]
        return chosen, where

    def _host(self, place: int) -> tuple[Sequence[LabSite], str]:
        chosen = self._hosts[place : place + 1]
        return chosen, "".join(map(title, chosen))

    def _one(self, able: Sequence[LabSite]) -> tuple[Sequence[LabSite], str]:
        if not able:
            return (), ""
        chosen = able[int(self._randomness.random() * len(able))]
        return (chosen,), title(chosen)

    def _hub(self) -> tuple[Sequence[LabSite], str]:
        ordered = sorted(self._free, key=lambda site: site.hub)
        hubs = [list(members) for _, members in groupby(ordered, key=lambda site: site.hub)]
        if not hubs:
            return (), ""
        largest = max(len(members) for members in hubs)
        grand = [members for members in hubs if len(members) >= min(largest, _HUB_SIZE)]
        chosen = grand[int(self._randomness.random() * len(grand))]
        return chosen, f"hub {chosen[0].hub} ({count(len(chosen))})"

    def _provider(self) -> tuple[Sequence[LabSite], str]:
        """The smallest one: an outage of the largest would leave nothing else to see."""
        shares = {site.provider: [s for s in self._free if s.provider == site.provider] for site in self._free}
        if not shares:
            return (), ""
        name, members = min(shares.items(), key=lambda share: (len(share[1]), share[0]))
        return members, f"{name} ({count(len(members))})"


def title(site: LabSite) -> str:
    """A commune as people name it, with its district because names repeat."""
    return f"{site.commune.name} ({site.commune.short_district})"


def count(sites: int) -> str:
    """A number of communes in words."""
    return "1 commune" if sites == 1 else f"{sites} communes"
