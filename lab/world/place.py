"""A site of the virtual province, and all of them, as records; they know no fault and no time."""

from dataclasses import dataclass

from collector.inventory.site import Inventory, Site

PROVINCE, CENTRE = "province", "centre"
"""The agent that looks at all sites from outside, and where it stands."""
MAIN, BACKUP = "main", "backup"
"""Names of links; few sites have the second."""


@dataclass(frozen=True, slots=True)
class Place:
    """One site as the world needs it."""

    site: Site
    rtt_seconds: float
    """Of the whole way from the province and back, when nothing is wrong."""
    dbm: float
    """Optical power or LTE signal, as usual."""
    wireless: bool
    battery_seconds: float
    """How long its supply feeds router and computer; 0 without one."""
    office: bool
    """Whether the agent's computer is switched off in the evening."""
    backup_rtt_seconds: float | None = None
    """Of the way over its second link; None where it has none."""

    @property
    def id(self) -> str:
        """Of the site."""
        return self.site.id

    @property
    def lines(self) -> tuple[str, ...]:
        """Names of the targets that are looked at from outside, main link first."""
        main = f"{self.id}-router"
        return (main,) if self.backup_rtt_seconds is None else (main, f"{self.id}-{BACKUP}")


@dataclass(frozen=True, slots=True)
class Land:
    """All places, in the order of the inventory."""

    places: tuple[Place, ...]

    def inventory(self) -> Inventory:
        """As the collector has it."""
        return Inventory(tuple(place.site for place in self.places))

    def members(self, scope: str) -> dict[str, tuple[str, ...]]:
        """Site ids by name of what ``scope`` groups them by: hub, provider or power_area."""
        found: dict[str, list[str]] = {}
        for place in self.places:
            found.setdefault(getattr(place.site, scope), []).append(place.id)
        return {name: tuple(ids) for name, ids in sorted(found.items()) if name}
