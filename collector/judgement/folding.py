"""Which lost sites a part of the network could explain if it was the part that failed; pure, and it chooses none."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from collector.incident import Scope
from collector.judgement.quorum import least_of, share_of
from collector.judgement.settings import JudgementSettings

_SECOND_NS = 1_000_000_000
AT_ONCE_NS, _AT_ONCE_SITES, _AT_ONE_HUB = 20 * _SECOND_NS, 3, 4
_TELLERS = 2
_FEW = 2
"""Sites of a provider that has hardly any."""
MAINS_NS = 90 * _SECOND_NS
"""Supplies are asked every minute: what they tell of the same failure of mains lies within this time."""
_SURE, _ONE_TOLD, _PARTLY, _UNTOLD, _THOUGH_WELL = 1.0, 1.5, 2.5, 3.0, 6.0
"""As how many faults a fold counts: an area of which one supply told, an area that went at once though it ran on
batteries or a provider of which a good part is well, an area of which no supply told, our own side though that is
well."""


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
    known_ns: int | None = None
    """Since when it is known to be lost."""
    own: bool = False
    """Whether another fault has it already."""
    mains_ns: int | None = None
    """When its mains failed, where they are known to have."""
    supplied: bool = False
    """Whether it has a supply that has told of itself: it does not go when its mains do."""
    between_ns: tuple[int, int] | None = None
    """Where it is not known when it was lost, or lost by itself: not before the first, not after the second."""
    carriers: frozenset[str] = frozenset()
    """Of a site that is well: providers whose link to it is lost, while another carries it."""

    @property
    def lost(self) -> bool:
        """Down, or about to be known to be."""
        return self.seen is not Seen.WELL


Glimpses = Mapping[str, Glimpse]


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
    faults: float = _SURE
    """As how many faults it counts: what less speaks for is taken where it explains more."""
    tellers: tuple[str, ...] = ()
    """Sites whose supplies told of failed mains at that time."""
    well: int = 0
    """How many of its members speak against it: a fault of the whole part would show at them."""

    @property
    def guess(self) -> bool:
        """Whether hardly anything shows that it is this part."""
        return self.faults > _SURE and self.part.scope is not Scope.PROVIDER

    @property
    def told(self) -> bool:
        """Whether supplies told of failed mains, and more than one: a fuse does not strike two."""
        return len(self.tellers) >= _TELLERS


def could_be(
    part: Part, glimpses: Glimpses, taken: Collection[str], settings: JudgementSettings, *, sighted: bool
) -> Fold | None:
    """The fold of those of its lost sites that no other fault has; ``sighted``: our own side is known to be well."""
    free = [site for site in part.members if _is_free(glimpses.get(site)) and site not in taken]
    # Most of the time one site is lost, and no part of thousands need be looked at.
    spares = part.scope is Scope.POWER_AREA or (
        part.scope is Scope.PROVIDER and any(g.carriers for g in glimpses.values())
    )
    few = _FEW if part.scope is Scope.PROVIDER else least_of(part.scope, settings)
    if len(free) < (1 if spares else few):
        return None
    near = {site: glimpses[site] for site in part.members if site in glimpses and not _own(glimpses[site])}
    if part.scope is Scope.POWER_AREA:
        return _dark(part, free, near, settings) or _at_once(part, free, near)
    within_ns = int(settings.fold_seconds * _SECOND_NS)
    struck = _together([site for site in free if not _apart(site, part, near)], near, within_ns)
    # A site that another link carries has lost its link to the provider all the same.
    spared = [site for site, glimpse in near.items() if part.scope is Scope.PROVIDER and _is_carried(glimpse, part)]
    found = _fold(part, struck, spared, near, settings)
    if found is None or part.scope is Scope.HUB:
        return found
    if part.scope is Scope.PROVINCE:
        return replace(found, faults=_THOUGH_WELL) if sighted else found
    if len(near) < least_of(part.scope, settings):
        return replace(found, faults=_ONE_TOLD)
    return replace(found, faults=_PARTLY) if found.well > (1 - settings.hub_share) * len(near) else found


def _fold(part: Part, struck: list[str], spared: list[str], near: Glimpses, settings: JudgementSettings) -> Fold | None:
    """``spared``: sites at which the fault shows though they are well."""
    if not any(near[site].seen is Seen.DOWN for site in struck):
        return None
    counted = [site for site in near if not _apart(site, part, near)]
    first_ns = min(near[site].began_ns for site in struck)
    hit = len(spared) + sum(near[site].lost for site in counted)
    unseen = sum(not near[site].lost and near[site].began_ns <= first_ns for site in counted)
    needed, least = share_of(part.scope, settings) * len(counted), least_of(part.scope, settings)
    if part.scope is Scope.PROVIDER and len(near) < least and len(counted) >= _FEW:
        # One that has so few is known by all of them, at once.
        least = needed = len(counted)
        struck = _together(struck, near, AT_ONCE_NS)
        hit = len(struck)
    if len(struck) + len(spared) < least or hit + unseen < needed:
        return None
    if part.scope is Scope.PROVIDER and len({part.hubs.get(site, site) for site in (*struck, *spared)}) < 2:
        return None
    return Fold(part, tuple(struck), undecided=hit < needed, well=max(0, len(counted) - hit - unseen))


def _dark(part: Part, free: list[str], near: Glimpses, settings: JudgementSettings) -> Fold | None:
    """Sites that lost their mains with one whose supply told of it, however long batteries lasted."""
    # What supplies tell of one failure lies close together; of a site without one its loss is that.
    fates = {site: _fate(near[site]) for site in near if not near[site].lost and near[site].mains_ns}
    fates |= {site: _fate(near[site]) for site in free}
    best: list[str] = []
    for told in sorted(site for site in fates if near[site].mains_ns):
        first_ns, last_ns = fates[told][0] - MAINS_NS, fates[told][1] + MAINS_NS
        together = [site for site, fate in fates.items() if fate[0] <= last_ns and fate[1] >= first_ns]
        if sum(near[site].mains_ns is not None for site in together) < _TELLERS:
            # One that stands alone may be a fuse: sites that have a battery do not go when their mains do.
            together = [site for site in together if near[site].mains_ns or not near[site].supplied]
        if len(together) > len(best) and any(near[site].lost for site in together):
            best = together
    if not best:
        return None
    struck = sorted((site for site in best if near[site].lost), key=lambda site: (near[site].began_ns, site))
    found = _fold(part, struck, [site for site in best if not near[site].lost], near, settings)
    if found is None:
        return None
    found = replace(found, tellers=tuple(site for site in best if near[site].mains_ns is not None))
    if _on_battery_at_once(struck, near):
        return replace(found, faults=_PARTLY)
    return found if found.told else replace(found, faults=_ONE_TOLD)


def _on_battery_at_once(struck: list[str], near: Glimpses) -> bool:
    """Whether all of several ran on their batteries and were lost within seconds: no batteries end so."""
    ages = [near[site].began_ns - (near[site].mains_ns or near[site].began_ns) for site in struck]
    apart_ns = near[struck[-1]].began_ns - near[struck[0]].began_ns
    return len(struck) > 1 and min(ages) > MAINS_NS and apart_ns <= AT_ONCE_NS


def _at_once(part: Part, free: list[str], near: Glimpses) -> Fold | None:
    """Sites of one place, lost within seconds: supplies will tell in a minute what it was."""
    bare = [site for site in free if not (near[site].supplied or near[site].mains_ns or near[site].between_ns)]
    struck = _together(bare, near, AT_ONCE_NS)
    apart = len({part.hubs.get(site, site) for site in struck}) > 1
    if len(struck) < (_AT_ONCE_SITES if apart else _AT_ONE_HUB):
        return None
    if not any(near[site].seen is Seen.DOWN for site in struck):
        return None
    return Fold(part, tuple(struck), faults=_UNTOLD, well=len(near) - len(struck))


def _is_free(glimpse: Glimpse | None) -> bool:
    return glimpse is not None and glimpse.lost and not glimpse.own


def _own(glimpse: Glimpse) -> bool:
    return glimpse.lost and glimpse.own


def _is_carried(glimpse: Glimpse, part: Part) -> bool:
    return not glimpse.lost and part.subject in glimpse.carriers


def _fate(glimpse: Glimpse) -> tuple[int, int]:
    """Between when its mains failed, if that is what took it."""
    if glimpse.mains_ns is not None:
        return glimpse.mains_ns, glimpse.mains_ns
    return glimpse.between_ns or (glimpse.began_ns, glimpse.began_ns)


def _apart(site: str, part: Part, near: Glimpses) -> bool:
    """A lost site that had lost its mains says nothing for or against a fault of another kind.

    But no battery ends within seconds of the loss of others at its hub: such a site is lost with them.
    """
    glimpse = near[site]
    if part.scope is Scope.POWER_AREA or glimpse.mains_ns is None or not glimpse.lost:
        return False
    return part.scope is not Scope.HUB or not any(
        other.lost and other is not glimpse and abs(other.began_ns - glimpse.began_ns) <= AT_ONCE_NS
        for other in near.values()
    )


def _together(free: list[str], near: Glimpses, within_ns: int) -> list[str]:
    """The most of them lost within a time of each other, the latest such, in the order of time.

    One that was lost when those before it were all known to be lost is of another fault: what fails at once is found at
    once, as fast as anybody looks.
    """
    ordered = sorted(free, key=lambda site: (near[site].began_ns, site))
    best: list[str] = []
    first = known_ns = 0
    for last, site in enumerate(ordered):
        began_ns = near[site].began_ns
        if began_ns > known_ns:
            first = last
        while began_ns - near[ordered[first]].began_ns > within_ns:
            first += 1
        known_ns = max(known_ns, near[site].known_ns or began_ns + within_ns)
        if last - first + 1 >= len(best):
            best = ordered[first : last + 1]
    return best
