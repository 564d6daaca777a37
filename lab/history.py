"""Sees from outside that the readings of a cut came after it, by the collector's own counts; it brings none."""

from collections.abc import Mapping
from dataclasses import dataclass

_STILL_SECONDS = 2.0
"""The history is all there when nothing more of it came for so long."""


@dataclass(frozen=True, slots=True)
class Returned:
    """An agent is back, with what it had kept."""

    agent: str
    silent_seconds: float
    readings: int


@dataclass(slots=True)
class _Cut:
    last_report: float
    late_before: int
    late_seen: int = 0
    changed_at: float = 0.0
    reported_at: float | None = None


class History:
    """Follows the agents whose uplink is cut.

    ``reports`` is the wall time of each agent's newest batch; ``late`` counts the readings that the collector stored
    though they no longer change the present: history.
    """

    def __init__(self) -> None:
        self._cuts: dict[str, _Cut | None] = {}
        self._over: set[str] = set()

    @property
    def wanted(self) -> bool:
        """Whether anything is followed now."""
        return bool(self._cuts)

    def begins(self, agent: str) -> None:
        """The agent's uplink is cut."""
        self._cuts[agent] = None

    def ends(self, agent: str) -> None:
        """The agent's uplink is whole again."""
        if agent in self._cuts:
            self._over.add(agent)

    def note(self, reports: Mapping[str, float], late: int, at_seconds: float) -> list[Returned]:
        """What the collector says now; the agents whose history has come, each once."""
        found = []
        for agent, cut in list(self._cuts.items()):
            if cut is None:
                self._cuts[agent] = _Cut(reports.get(agent, 0.0), late)
            elif agent in self._over and self._has_come(cut, reports.get(agent, 0.0), late, at_seconds):
                silent = (cut.reported_at or 0.0) - cut.last_report
                found.append(Returned(agent, silent, late - cut.late_before))
                del self._cuts[agent]
                self._over.discard(agent)
            elif agent not in self._over:
                # The last batches before the cut may have been under way.
                cut.last_report, cut.late_before = reports.get(agent, cut.last_report), late
        return found

    def _has_come(self, cut: _Cut, report: float, late: int, at_seconds: float) -> bool:
        if cut.reported_at is None and report > cut.last_report:
            cut.reported_at = report
        if late != cut.late_seen:
            cut.late_seen, cut.changed_at = late, at_seconds
        return cut.reported_at is not None and at_seconds - cut.changed_at >= _STILL_SECONDS
