"""The promise of the journal: what is held is on disk before it is shown or told, and no version of it ever changes."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from collector.incident import Incident
from collector.picture import State, Transition, Verdict

Change = tuple[str, int, State, State, str]
"""Site, at_ns, before, after, reason."""
LinkChange = tuple[str, str, int, State, State, str]
"""Site, link, at_ns, before, after, reason."""


class Turn(NamedTuple):
    """From when on a site, or a link of one, was in which state."""

    at_ns: int
    after: State


Turns = dict[tuple[str, str], list[Turn]]
"""By site and link, oldest first; the link is empty where it is the site as a whole."""


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
        """The newest versions of all that last, and of the ``limit`` latest that ended at ``since_ns`` or later.

        Newest beginning first; with ``site`` only those that struck it. What lasts for weeks is never behind a limit.
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

    def note_watched(self, begun_ns: int, until_ns: int) -> None:
        """Keep that all was judged from ``begun_ns`` on without a pause; what was kept of that beginning goes."""
        ...

    def watched(self, from_ns: int, until_ns: int) -> list[tuple[int, int]]:
        """When all was judged, cut to the period: spans in order, without overlaps."""
        ...

    def turns(self, from_ns: int, until_ns: int) -> Turns:
        """Every change within the period, and of each site and link the last one before it."""
        ...

    def next_number(self) -> int:
        """The number of the next incident."""
        ...


def newest_first(incident: Incident) -> tuple[int, int]:
    """The order in which incidents are read."""
    return -incident.began_ns, -incident.number


def joined(spans: Sequence[tuple[int, int]], from_ns: int, until_ns: int) -> list[tuple[int, int]]:
    """Spans cut to a period, in order, those that overlap or touch made one."""
    found: list[tuple[int, int]] = []
    for begun_ns, ended_ns in sorted(spans):
        first, last = max(begun_ns, from_ns), min(ended_ns, until_ns)
        if first >= last:
            continue
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found
