"""What an update does to the inventory, and whether it may without being confirmed; it changes nothing itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from collector.inventory.order import repeated
from collector.inventory.rules import faults, tidied, unsafe
from collector.inventory.site import Inventory, Site
from collector.inventory.topology import mistakes
from shared.printable import printable

_SHARE = 0.2


class RefusedError(Exception):
    """The inventory stays as it is; ``problems`` holds a line for each reason."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(map(printable, problems))
        super().__init__("\n".join(self.problems))


class DrasticError(RefusedError):
    """More than a fifth of the sites would go: that must be confirmed."""

    def __init__(self, change: "Change") -> None:
        self.change = change
        super().__init__([f"{len(change.removed)} of {change.before} sites would go"])


@dataclass(frozen=True, slots=True)
class Change:
    """Ids of the sites that an update adds, removes and alters."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    altered: tuple[str, ...]
    before: int
    hubs: bool = False
    """Whether the tree of hubs is another."""

    @property
    def drastic(self) -> bool:
        """Whether more than a fifth of the sites would go."""
        return len(self.removed) > _SHARE * self.before

    @property
    def nothing(self) -> bool:
        """Whether all stays as it is."""
        return not (self.added or self.removed or self.altered or self.hubs)

    @property
    def words(self) -> str:
        """In one line."""
        hubs = ", other hubs" if self.hubs else ""
        return f"{len(self.added)} new, {len(self.removed)} gone, {len(self.altered)} altered{hubs}"


def compare(before: Inventory, after: Inventory) -> Change:
    """The difference between two inventories."""
    old, new = before.by_id(), after.by_id()
    return Change(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        altered=tuple(sorted(name for name in old.keys() & new.keys() if old[name] != new[name])),
        before=len(old),
        hubs=before.hubs != after.hubs,
    )


def admitted(before: Inventory, after: Inventory, *, sure: bool) -> Change:
    """The one gate of every path (import, edit, undo, start): what the update does.

    Raises :class:`RefusedError` where the new inventory is wrong, :class:`DrasticError` where more than a fifth of the
    sites would go and nobody is ``sure``.
    """
    problems = list(_problems(after))
    if problems:
        raise RefusedError(problems)
    change = compare(before, after)
    if bare := list(_bare(before, after, change)):
        raise RefusedError(bare)
    if change.drastic and not sure:
        raise DrasticError(change)
    return change


def _bare(before: Inventory, after: Inventory, change: Change) -> Iterator[str]:
    """A spreadsheet that takes codes for numbers makes other sites of them, and other codes and telephones."""
    zeros = {name.lstrip("0"): name for name in change.removed if name.startswith("0")}
    for name in change.added:
        if name in zeros:
            yield f"site '{name}' would be new and '{zeros[name]}' gone: the spreadsheet took the zeros off its code"
    old, new = before.by_id(), after.by_id()
    for name in change.altered:
        for was, becomes in zip(_numbers(old[name]), _numbers(new[name]), strict=False):
            if was.startswith("0") and was != becomes and was.lstrip("0") == becomes:
                yield f"site '{name}': '{was}' would be '{becomes}': the spreadsheet took its zeros off"


def _numbers(site: Site) -> tuple[str, ...]:
    return (site.code, *(contact.telephone for contact in site.contacts))


def _problems(inventory: Inventory) -> Iterator[str]:
    for site in inventory.sites:
        yield from (f"site '{site.id}': {place}: {what}" for place, what in faults(tidied(site)))
    for _, identifier, _ in repeated([site.id for site in inventory.sites]):
        yield f"site '{identifier}' stands twice"
    for hub in inventory.hubs:
        yield from (f"hub '{hub.name}' {why}" for text in (hub.name, hub.parent) if (why := unsafe(text)))
    yield from (what for _, what in mistakes(inventory.hubs, {site.hub for site in inventory.sites}))
