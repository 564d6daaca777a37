"""The journal in memory, for tests and virtual time; it passes the same suite as the one on disk."""

from collector.picture import State, Transition


class MemoryJournal:
    """See :class:`collector.journal.journal.Journal`."""

    def __init__(self) -> None:
        self._all: list[Transition] = []

    def write(self, transitions: list[tuple[str, int, State, State, str]]) -> list[Transition]:
        """See the promise."""
        written = [
            Transition(number=len(self._all) + place, site=site, at_ns=at_ns, before=before, after=after, reason=reason)
            for place, (site, at_ns, before, after, reason) in enumerate(transitions, start=1)
        ]
        self._all += written
        return written

    def latest(self, limit: int) -> list[Transition]:
        """See the promise."""
        return self._all[::-1][:limit]

    def standing(self) -> dict[str, Transition]:
        """See the promise."""
        return {transition.site: transition for transition in self._all}
