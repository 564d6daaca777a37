"""What incidents tell of other sites of a hub or provider: whether they were lost with one, or in the midst of it."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable

from collector.incident import Cause, Clue, Incident, Scope, Trouble
from collector.inventory.site import Inventory
from collector.judgement.attribution import amid
from collector.judgement.clues import ClueKind
from collector.judgement.groups import Case
from collector.judgement.scene import Scene

_TOGETHER_NS = 30 * 1_000_000_000
"""Looks at the sites of a hub lie this far apart at most."""
_LOST = frozenset({Trouble.DOWN, Trouble.FLAPPING})
_MOST = 0.8
"""Share of a provider's sites that went together where the provider did: some had lost their power already."""


class NeighbourOutages:
    """Sites by hub; ``lately`` gives the incidents that are not forgotten yet."""

    def __init__(self, inventory: Inventory, lately: Callable[[], Iterable[Incident]]) -> None:
        self._lately = lately
        self._hub = {site.id: site.hub for site in inventory.sites}
        self._provider = {site.id: site.provider for site in inventory.sites}
        self._at: dict[str, set[str]] = defaultdict(set)
        self._of: dict[str, set[str]] = defaultdict(set)
        for site in inventory.sites:
            self._at[site.hub].add(site.id)
            self._of[site.provider].add(site.id)
        self._scene: Scene | None = None
        self._over: dict[str, list[tuple[int, int]]] = {}
        self._began: dict[str, list[int]] = {}
        """By provider, sorted."""

    def worked(self, case: Case) -> bool:
        """Whether most others were not lost in the middle of an outage, as far as incidents still tell."""
        first_ns, last_ns = amid(case.span())
        others = self._others(case.site)
        lost: set[str] = set()
        for one in self._lately() if others else ():
            meanwhile = one.began_ns <= last_ns and (one.ended_ns is None or one.ended_ns >= first_ns)
            if meanwhile and one.trouble in _LOST:
                lost |= others.intersection(one.sites)
        return 2 * len(lost) < len(others) or not others

    def together(self, case: Case, scene: Scene) -> tuple[Cause, Clue] | None:
        """What a site shared with others that were lost, and were back, when it was, where no fold tells of them.

        Nobody saw it then. Nothing where its hub has another site that was not lost, or where other sites of its
        provider were too, but not most of them.
        """
        self._count(scene)
        site, hub, provider = case.site, self._hub.get(case.site, ""), self._provider.get(case.site, "")
        mine, others = self._of[provider] if provider else set(), self._others(site)
        went = self._went(provider, case.began_ns) if provider else 0
        here = len(mine & (others | {site}))
        if len(mine) > max(here, 2) and went >= _MOST * len(mine):
            return Cause.ISP, _clue(case, provider, went - 1)
        if not others or went > here or not all(self._fell(one, case) for one in others):
            return None
        return Cause.HUB, _clue(case, hub, len(others))

    def _fell(self, site: str, case: Case) -> bool:
        return any(
            abs(first_ns - case.began_ns) <= _TOGETHER_NS and abs(last_ns - (case.ended_ns or 0)) <= _TOGETHER_NS
            for first_ns, last_ns in self._over.get(site, ())
        )

    def _went(self, provider: str, at_ns: int) -> int:
        """How many of its sites were lost at a time, of those that are back."""
        began = self._began.get(provider, [])
        return bisect_right(began, at_ns + _TOGETHER_NS) - bisect_left(began, at_ns - _TOGETHER_NS)

    def _others(self, site: str) -> set[str]:
        hub = self._hub.get(site, "")
        return self._at[hub] - {site} if hub else set()

    def _count(self, scene: Scene) -> None:
        """Many cases ask in one turn."""
        if scene is self._scene:
            return
        self._scene, self._over, self._began = scene, {}, {}
        for one in self._lately():
            if one.scope is Scope.SITE and one.trouble in _LOST and one.ended_ns is not None:
                self._over.setdefault(one.subject, []).append((one.began_ns, one.ended_ns))
                self._began.setdefault(self._provider.get(one.subject, ""), []).append(one.began_ns)
        for began in self._began.values():
            began.sort()


def _clue(case: Case, subject: str, count: int) -> Clue:
    kind = ClueKind.NEIGHBOURS_DOWN
    return Clue(kind=kind, at_ns=case.began_ns, site=case.site, subject=subject, value=float(count))
