"""The folds that explain with the fewest faults which sites are lost, the smallest parts first; pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from heapq import heapify, heappop, heappush

from collector.incident import Scope
from collector.judgement.folding import Fold, Glimpses, Part, Seen, could_be
from collector.judgement.settings import JudgementSettings

_ORDER = (Scope.HUB, Scope.PROVIDER, Scope.POWER_AREA, Scope.PROVINCE)

Rank = Callable[[Fold], tuple[bool | int | str, ...]]
Lost = Mapping[str, bool]
"""Free sites that are lost: whether each is known to be down."""
Ask = Callable[[Part, Collection[str]], Fold | None]


def fold(
    parts: Sequence[Part], glimpses: Glimpses, settings: JudgementSettings, *, sighted: bool = False
) -> list[Fold]:
    """Folds of the free lost sites, none sharing a site with another; ``sighted``: our own side is known to be well.

    Parts lie across each other: what a provider lost may be what two hubs lost. Some orders of asking are tried, and
    the one that needs the fewest faults is kept.
    """
    lost = {site: glimpse.seen is Seen.DOWN for site, glimpse in glimpses.items() if glimpse.lost and not glimpse.own}

    def ask(part: Part, taken: Collection[str]) -> Fold | None:
        return could_be(part, glimpses, taken, settings, sighted=sighted)

    asked = (ask(part, ()) for part in parts if not part.members.isdisjoint(lost.keys()))
    candidates = [one for one in asked if one is not None]
    scopes = dict.fromkeys(one.part.scope for one in candidates)
    firsts: list[Scope | None] = [None, *scopes] if len(scopes) > 1 else [None]
    ways = [_way(candidates, _largest(first), ask) for first in firsts]
    best = min(ways, key=lambda way: _cost(way, candidates, lost))
    # Where both a hub and a provider failed, what hangs on both was lost to the nearer one.
    chosen = {_key(one) for one in best}
    near = _way([one for one in candidates if _key(one) in chosen], _nearest, ask)
    return min((near, best), key=lambda way: _faults(way, candidates, lost))


def is_vague(found: Fold, glimpses: Glimpses, parts: Sequence[Part]) -> bool:
    """Whether what comes to light within minutes may show something else: a guess, or what could have no power.

    So a hub could, or a provider of few, where it lies in one power area and none of its sites has a supply, which
    would have told.
    """
    struck = frozenset(found.sites)
    areas = (part.members for part in parts if part.scope is Scope.POWER_AREA)
    bare = not any(glimpses[site].supplied for site in struck)
    shared = found.part.scope in {Scope.HUB, Scope.PROVIDER}
    return found.guess or (shared and bare and any(struck <= members for members in areas))


def _way(candidates: Sequence[Fold], rank: Rank, ask: Ask) -> list[Fold]:
    """Take the first by rank, then the first of what is left of the others."""
    found: list[Fold] = []
    taken: set[str] = set()
    heap = [(rank(one), number, one) for number, one in enumerate(candidates)]
    heapify(heap)
    while heap:
        _, number, one = heappop(heap)
        if taken.isdisjoint(one.sites):
            found.append(one)
            taken.update(one.sites)
        elif (rest := ask(one.part, taken)) is not None:
            heappush(heap, (rank(rest), number, rest))
    return found


def _largest(first: Scope | None) -> Rank:
    """Those that explain most, of one kind before all others; what is guessed last."""

    def rank(one: Fold) -> tuple[bool | int | str, ...]:
        later = one.part.scope is not first
        order = _ORDER.index(one.part.scope)
        return (one.guess and later, one.undecided, later, -len(one.sites), order, len(one.part.members), *_key(one))

    return rank


def _nearest(one: Fold) -> tuple[bool | int | str, ...]:
    return one.guess, one.undecided, len(one.part.members), *_key(one)


def _cost(way: Sequence[Fold], candidates: Sequence[Fold], lost: Lost) -> tuple[float, ...]:
    """Faults; then what they leave unexplained, how little is known of them, what speaks against them, their extent."""
    return (
        _faults(way, candidates, lost),
        len(lost) - sum(len(one.sites) for one in way),
        sum(one.undecided for one in way),
        sum(one.well for one in way),
        sum(len(one.part.members) for one in way),
    )


def _faults(way: Sequence[Fold], candidates: Sequence[Fold], lost: Lost) -> float:
    """Folds, sites that are down and in none, and areas whose supplies told of failed mains for another reason."""
    folded = {site for one in way for site in one.sites}
    told = {_key(one) for one in way}
    dark = (one for one in candidates if one.told and _key(one) not in told)
    # A site that is lost alone is what its own supply told of.
    other = sum(any(site in folded or site not in lost for site in one.tellers) for one in dark)
    alone = sum(down for site, down in lost.items() if site not in folded)
    return sum(one.faults for one in way) + alone + other


def _key(one: Fold) -> tuple[str, str]:
    return one.part.scope.value, one.part.subject
