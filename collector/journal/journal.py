"""The promise of the journal: a transition is on disk before it is shown or told, under a number of its own."""

from typing import Protocol

from collector.picture import State, Transition


class Journal(Protocol):
    """Transitions by number."""

    def write(self, transitions: list[tuple[str, int, State, State, str]]) -> list[Transition]:
        """Store (site, at_ns, before, after, reason) in one transaction; gives them with their numbers."""
        ...

    def latest(self, limit: int) -> list[Transition]:
        """The newest transitions, newest first."""
        ...

    def standing(self) -> dict[str, Transition]:
        """The newest transition of each site."""
        ...
