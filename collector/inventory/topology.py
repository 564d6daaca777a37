"""Hubs as trees to the province: what hangs on what, and what is wrong with a list of them; it holds no measurement."""

import difflib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from collector.inventory.site import Hub, Inventory


class Topology:
    """Answers by hub and by site; hubs that only sites name hang on the province."""

    def __init__(self, parents: Mapping[str, str], at: Mapping[str, Sequence[str]]) -> None:
        self._parents = parents
        self._at = at
        self._children: dict[str, list[str]] = defaultdict(list)
        for hub, parent in parents.items():
            if parent:
                self._children[parent].append(hub)

    @classmethod
    def of(cls, inventory: Inventory) -> "Topology":
        """That of an inventory whose hubs are without mistakes."""
        at: dict[str, list[str]] = defaultdict(list)
        for site in inventory.sites:
            if site.hub:
                at[site.hub].append(site.id)
        parents = dict.fromkeys(at, "") | {hub.name: hub.parent for hub in inventory.hubs}
        return cls(parents, at)

    @property
    def hubs(self) -> tuple[str, ...]:
        """All of them, by name."""
        return tuple(sorted(self._parents))

    def path(self, hub: str) -> tuple[str, ...]:
        """The hubs from this one to the province, this one first."""
        found: list[str] = []
        while hub and hub not in found:
            found.append(hub)
            hub = self._parents.get(hub, "")
        return tuple(found)

    def sites_under(self, hub: str) -> frozenset[str]:
        """Ids of the sites that are lost with it: its own, and those of the hubs that hang on it."""
        found: set[str] = set()
        waiting, seen = [hub], set[str]()
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                found.update(self._at.get(name, ()))
                waiting.extend(self._children.get(name, ()))
        return frozenset(found)


def mistakes(hubs: Sequence[Hub], named: Collection[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with a list of hubs, by place; ``named`` are those that sites stand at."""
    parents: dict[str, str] = {}
    for place, hub in enumerate(hubs):
        if not hub.name:
            yield f"$.hubs[{place}].name", "must not be empty"
        elif hub.name in parents:
            yield f"$.hubs[{place}].name", f"hub '{hub.name}' stands twice"
        parents.setdefault(hub.name, hub.parent)
    known = parents.keys() | set(named)
    for place, hub in enumerate(hubs):
        if hub.parent and hub.parent not in known:
            near = difflib.get_close_matches(hub.parent, sorted(known), 1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            yield f"$.hubs[{place}].parent", f"there is no hub '{hub.parent}'{hint}"
        elif _in_circle(hub.name, parents):
            yield f"$.hubs[{place}].parent", f"hub '{hub.name}' hangs on itself, by way of '{hub.parent}'"


def _in_circle(hub: str, parents: Mapping[str, str]) -> bool:
    seen: set[str] = set()
    at = parents.get(hub, "")
    while at and at != hub and at not in seen:
        seen.add(at)
        at = parents.get(at, "")
    return at == hub
