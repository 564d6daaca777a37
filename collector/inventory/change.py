"""What an update does to the inventory, and whether somebody should look at it first; it changes nothing itself."""

from dataclasses import dataclass

from collector.inventory.site import Inventory

_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Change:
    """Ids of the sites that an update adds, removes and alters."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    altered: tuple[str, ...]
    before: int

    @property
    def drastic(self) -> bool:
        """Whether more than a fifth of the sites would go."""
        return len(self.removed) > _SHARE * self.before


def compare(before: Inventory, after: Inventory) -> Change:
    """The difference between two inventories."""
    old, new = before.by_id(), after.by_id()
    return Change(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        altered=tuple(sorted(name for name in old.keys() & new.keys() if old[name] != new[name])),
        before=len(old),
    )
