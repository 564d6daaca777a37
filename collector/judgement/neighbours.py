"""What sites that share a hub or a provider with a lost one show at that time, counted once a turn; it judges none."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator

from collector.incident import Clue
from collector.inventory.site import Inventory
from collector.judgement.clues import ClueKind
from collector.judgement.folding import Seen
from collector.judgement.scene import Scene

_MOST_WELL = 0.5


class Neighbours:
    """Sites by hub and by provider."""

    def __init__(self, inventory: Inventory, within_ns: int) -> None:
        """Lost at the same time: within so long of each other."""
        self._within_ns = within_ns
        self._shared = {site.id: tuple(name for name in (site.hub, site.provider) if name) for site in inventory.sites}
        self._of = Counter(name for names in self._shared.values() for name in names)
        self._scene: Scene | None = None
        self._well: dict[str, list[int]] = {}
        self._lost: dict[str, list[int]] = {}

    def clues(self, site: str, began_ns: int, scene: Scene, *, past: bool = False) -> Iterator[Clue]:
        """Of a site that was lost at a time: how many others of its hub, and of its provider, are well, or went too.

        Where that is known only now that it is over (``past``), those that were well then, and are since, are.
        """
        self._count(scene)
        own = scene.looks.get(site)
        since_ns = began_ns if past else scene.now_ns
        counted = own is not None and own.seen is Seen.WELL and own.fresh and own.since_ns <= since_ns
        for name in self._shared.get(site, ()):
            well = bisect_right(self._well.get(name, []), since_ns) - counted
            lost = self._lost.get(name, [])
            together = bisect_right(lost, began_ns + self._within_ns) - bisect_left(lost, began_ns - self._within_ns)
            together -= own is not None and own.seen is not Seen.WELL
            others = self._of[name] - 1
            if together > 0:
                yield _clue(ClueKind.NEIGHBOURS_DOWN, site, name, began_ns, together)
            if others and well >= _MOST_WELL * others:
                yield _clue(ClueKind.NEIGHBOURS_WELL, site, name, began_ns, well)

    def _count(self, scene: Scene) -> None:
        """Many cases ask in one turn."""
        if scene is self._scene:
            return
        self._scene, self._well, self._lost = scene, {}, {}
        for site, look in scene.looks.items():
            for name in self._shared.get(site, ()):
                if look.seen is not Seen.WELL:
                    self._lost.setdefault(name, []).append(look.since_ns)
                elif look.fresh:
                    self._well.setdefault(name, []).append(look.since_ns)
        for since_ns in (*self._lost.values(), *self._well.values()):
            since_ns.sort()


def _clue(kind: ClueKind, site: str, name: str, at_ns: int, count: int) -> Clue:
    return Clue(kind=kind, at_ns=at_ns, site=site, subject=name, value=float(count))
