"""The promise of the journal: what is held is on disk before it is shown or told, and no version of it ever changes."""

from collections.abc import Sequence
from typing import Protocol

from collector.incident import Incident
from collector.picture import State, Transition, Verdict

Change = tuple[str, int, State, State, str]
"""Site, at_ns, before, after, reason."""
LinkChange = tuple[str, str, int, State, State, str]
"""Site, link, at_ns, before, after, reason."""


class Journal(Protocol):
    """Transitions by number, incidents by number and version."""

    def write(
        self,
        transitions: Sequence[Change],
        incidents: Sequence[Incident] = (),
        links: Sequence[LinkChange] = (),
    ) -> list[Transition]:
        """Store all in one transaction; gives the transitions of sites with their numbers."""
        ...

    def latest(self, limit: int) -> list[Transition]:
        """The newest transitions, newest first."""
        ...

    def standing(self) -> dict[str, Transition]:
        """The newest transition of each site."""
        ...

    def standing_links(self) -> dict[tuple[str, str], Verdict]:
        """By site and link: the state of its newest transition."""
        ...

    def incidents(self, since_ns: int, limit: int, site: str = "") -> list[Incident]:
        """The newest versions of those that last, or ended at ``since_ns`` or later, newest beginning first.

        With ``site`` only those that struck it.
        """
        ...

    def versions(self, number: int) -> list[Incident]:
        """All versions of one incident, oldest first; empty where there is none."""
        ...

    def unsettled(self, since_ns: int) -> list[Incident]:
        """The newest versions of those that last, await their final word, or ended at ``since_ns`` or later."""
        ...

    def struck(self, site: str, first_ns: int, last_ns: int) -> bool:
        """Whether an incident of the site overlaps a closed interval."""
        ...

    def note_down(self, slot_ns: int, most: int) -> None:
        """Keep how many sites were down at once in the slot that begins then, where it is more than is kept."""
        ...

    def down_since(self, since_ns: int) -> dict[int, int]:
        """What was noted of slots that begin then or later."""
        ...

    def next_number(self) -> int:
        """The number of the next incident."""
        ...
