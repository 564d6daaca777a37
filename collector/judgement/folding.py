"""Which lost sites are one fault: the smallest part of the network that explains the most of them; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from collector.incident import Scope
from collector.judgement.settings import JudgementSettings

_SECOND_NS = 1_000_000_000
_AT_ONCE_NS, _AT_ONCE_SITES = 20 * _SECOND_NS, 3


class Seen(IntEnum):
    """What the newest look at a site says."""

    WELL = 0
    SUSPECT = 1
    """Lost in the newest look, not long enough yet to be down."""
    DOWN = 2


@dataclass(frozen=True, slots=True)
class Glimpse:
    """One site as folding sees it; times are wall times in nanoseconds."""

    seen: Seen
    began_ns: int
    """The first failure where it is lost, the newest look where it is well."""
    own: bool = False
    """Whether another fault has it already."""
    powerless: bool = False
    """Whether its mains are known to have failed."""
    carriers: frozenset[str] = frozenset()
    """Of a site that is well: providers whose link to it is lost, while another carries it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the network whose sites share a fate."""

    scope: Scope
    subject: str
    members: frozenset[str]
    hubs: Mapping[str, str] = field(default_factory=dict)
    """Hub of each member, where it matters that more than one of them is struck."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Sites lost together."""

    part: Part
    sites: tuple[str, ...]
    undecided: bool = False
    """Some of its members were not looked at since: it may become one fault or not, and is waited for."""


_ORDER = (Scope.HUB, Scope.PROVIDER, Scope.POWER_AREA, Scope.PROVINCE)


def fold(parts: Sequence[Part], glimpses: Mapping[str, Glimpse], settings: JudgementSettings) -> list[Fold]:
    """Folds of the free lost sites, none sharing a site with another, those that explain most first."""
    found: list[Fold] = []
    taken: set[str] = set()
    while True:
        folds = [one for part in parts if (one := _fold(part, glimpses, taken, settings)) is not None]
        if not folds:
            return found
        best = min(folds, key=lambda one: (one.undecided, -len(one.sites), _ORDER.index(one.part.scope), _size(one)))
        found.append(best)
        taken.update(best.sites)


def _size(one: Fold) -> tuple[int, str]:
    return len(one.part.members), one.part.subject


def _fold(part: Part, glimpses: Mapping[str, Glimpse], taken: set[str], settings: JudgementSettings) -> Fold | None:
    power = part.scope is Scope.POWER_AREA
    seen = {site: glimpses[site] for site in part.members if site in glimpses and not _apart(glimpses[site], part)}
    free = [site for site, glimpse in seen.items() if glimpse.seen is not Seen.WELL and site not in taken]
    struck = _together(free, seen, int(settings.fold_seconds * _SECOND_NS))
    if not any(seen[site].seen is Seen.DOWN for site in struck):
        return None
    if power and not any(glimpse.powerless for glimpse in seen.values()):
        return _at_once(part, struck, seen)
    # A site that runs on its battery has lost its mains like those that have none; so has one its link to the provider.
    spares = part.scope in {Scope.POWER_AREA, Scope.PROVIDER}
    spared = [site for site, glimpse in seen.items() if _is_spared(glimpse, part)] if spares else []
    dark = len(spared)
    hit = dark + sum(g.seen is not Seen.WELL for g in seen.values())
    first_ns = min(seen[site].began_ns for site in struck)
    unseen = sum(g.seen is Seen.WELL and g.began_ns <= first_ns for g in seen.values())
    needed = _needed(part, len(seen), settings)
    if len(struck) + dark < _least(part, settings) or hit + unseen < needed:
        return None
    if not power and part.hubs and len({part.hubs.get(site, site) for site in (*struck, *spared)}) < 2:
        return None
    return Fold(part, tuple(struck), undecided=hit < needed)


def _is_spared(glimpse: Glimpse, part: Part) -> bool:
    """Whether a fault of the part shows at a site that it does not take away."""
    if glimpse.seen is not Seen.WELL:
        return False
    return glimpse.powerless if part.scope is Scope.POWER_AREA else part.subject in glimpse.carriers


def _at_once(part: Part, struck: list[str], seen: Mapping[str, Glimpse]) -> Fold | None:
    """Sites of several hubs of one place, lost within seconds: their supplies will tell in a minute what it was."""
    first_ns = min(seen[site].began_ns for site in struck)
    together = [site for site in struck if seen[site].began_ns - first_ns <= _AT_ONCE_NS]
    if len(together) < _AT_ONCE_SITES or len({part.hubs.get(site, site) for site in together}) < 2:
        return None
    return Fold(part, tuple(together))


def _apart(glimpse: Glimpse, part: Part) -> bool:
    """A lost site of which something else is known: it says nothing for or against a fault of this part."""
    if glimpse.seen is Seen.WELL:
        return False
    return glimpse.own or (glimpse.powerless and part.scope is not Scope.POWER_AREA)


def _together(free: list[str], seen: Mapping[str, Glimpse], within_ns: int) -> list[str]:
    """The most of them that began within a time of each other, the latest such, in the order of their beginnings."""
    ordered = sorted(free, key=lambda site: seen[site].began_ns)
    best: list[str] = []
    first = 0
    for last, site in enumerate(ordered):
        while seen[site].began_ns - seen[ordered[first]].began_ns > within_ns:
            first += 1
        if last - first + 1 >= len(best):
            best = ordered[first : last + 1]
    return best


def _least(part: Part, settings: JudgementSettings) -> int:
    return {
        Scope.HUB: settings.hub_sites,
        Scope.PROVIDER: settings.provider_sites,
        Scope.POWER_AREA: settings.power_sites,
        Scope.PROVINCE: settings.blind_sites,
    }[part.scope]


def _needed(part: Part, observed: int, settings: JudgementSettings) -> float:
    share = {
        Scope.HUB: settings.hub_share,
        Scope.PROVIDER: settings.provider_share,
        Scope.POWER_AREA: settings.power_share,
        Scope.PROVINCE: settings.blind_share,
    }[part.scope]
    return share * observed
