"""Which agents ought to report and were never heard, and since when that is so; it judges no site by it."""

from collections.abc import Collection, Iterable

from collector.inventory.site import Inventory
from collector.picture import AgentView, Awaited


class Awaiting:
    """``gone`` are agents whose access was taken away: nobody waits for them."""

    def __init__(self, inventory: Inventory, gone: Collection[str]) -> None:
        self._expected = tuple(site.id for site in inventory.sites if site.agent_expected)
        self._gone = frozenset(gone)
        self._since: dict[tuple[str, str], int] = {}

    def look(self, views: Iterable[AgentView], now_wall_ns: int) -> tuple[Awaited, ...]:
        """Those that were never heard until now; one that the inventory expects and that has not joined has no name."""
        known = [view for view in views if view.name not in self._gone]
        never = [(view.name, view.site) for view in known if view.last_report_ns is None]
        homes = {view.site for view in known}
        never += [("", site) for site in self._expected if site not in homes]
        self._since = {key: self._since.get(key, now_wall_ns) for key in never}
        return tuple(Awaited(*key, since_ns) for key, since_ns in self._since.items())
