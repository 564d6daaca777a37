"""An edit of the inventory and its taking back, as functions of inventories; it stores nothing and knows no version."""

from collections.abc import Iterator

import msgspec

from collector.inventory.change import RefusedError
from collector.inventory.order import arranged
from collector.inventory.rules import tidied, tidied_hub
from collector.inventory.site import Hub, Inventory, Site

_NAMED = 5


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants changed, looking at one version of the inventory."""

    expected: int
    """The version that they saw; 0 where there was none."""
    who: str
    why: str = ""
    put: tuple[Site, ...] = ()
    """Sites as they shall be: those with a known id take its place, the others are new. An id itself never changes."""
    remove: tuple[str, ...] = ()
    """Ids of sites that shall go."""
    hubs: tuple[Hub, ...] | None = None
    """The whole tree of hubs; None leaves it."""
    sure: bool = False
    """Whether more than a fifth of the sites may go."""


def applied(before: Inventory, edit: Edit) -> Inventory:
    """The inventory after an edit; raises :class:`RefusedError` where it speaks of a site that is not there."""
    sites = before.by_id()
    put = {site.id: site for site in map(tidied, edit.put)}
    wrong = [f"there is no site '{name}'" for name in edit.remove if name not in sites]
    wrong += [f"site '{name}' is both changed and removed" for name in edit.remove if name in put]
    if len(put) < len(edit.put):
        wrong.append("a site is changed twice")
    if wrong:
        raise RefusedError(wrong)
    sites |= put
    kept = [site for name, site in sites.items() if name not in edit.remove]
    hubs = before.hubs if edit.hubs is None else tuple(map(tidied_hub, edit.hubs))
    return Inventory(arranged(kept).sites, hubs)


def reverted(before: Inventory, after: Inventory, now: Inventory) -> Inventory:
    """``now`` without the step from ``before`` to ``after``; what others changed since stays.

    Raises :class:`RefusedError` with a line for each site that was changed again since: that change goes first.
    """
    old, new, sites = before.by_id(), after.by_id(), now.by_id()
    touched = [name for name in old.keys() | new.keys() if old.get(name) != new.get(name)]
    again = sorted(name for name in touched if sites.get(name) != new.get(name))
    wrong = [f"site '{name}' was changed again since" for name in again[:_NAMED]]
    if len(again) > _NAMED:
        wrong.append(f"so were {len(again) - _NAMED} more")
    if after.hubs not in {before.hubs, now.hubs}:
        wrong.append("the tree of hubs was changed again since")
    if wrong:
        raise RefusedError([*wrong, "take the later change back first"])
    hubs = before.hubs if before.hubs != after.hubs else now.hubs
    return Inventory(arranged(_back(touched, old, sites)).sites, hubs)


def _back(touched: list[str], old: dict[str, Site], now: dict[str, Site]) -> Iterator[Site]:
    yield from (site for name, site in now.items() if name not in touched)
    yield from (old[name] for name in touched if name in old)
