"""The journal in memory, for tests and virtual time; it passes the same suite as the one on disk."""

from collections.abc import Sequence

from collector.incident import Confidence, Incident, Trouble
from collector.journal.journal import Change, LinkChange, Turn, Turns, joined, newest_first
from collector.picture import Transition, Verdict


class MemoryJournal:
    """See :class:`collector.journal.journal.Journal`."""

    def __init__(self) -> None:
        self._all: list[Transition] = []
        self._incidents: dict[int, list[Incident]] = {}
        self._links: dict[tuple[str, str], list[Verdict]] = {}
        self._watched: dict[int, int] = {}
        self._down: dict[int, int] = {}

    def write(
        self,
        transitions: Sequence[Change],
        incidents: Sequence[Incident] = (),
        links: Sequence[LinkChange] = (),
    ) -> list[Transition]:
        """See the promise."""
        written = [
            Transition(number=len(self._all) + place, site=site, at_ns=at_ns, before=before, after=after, reason=reason)
            for place, (site, at_ns, before, after, reason) in enumerate(transitions, start=1)
        ]
        self._all += written
        for incident in incidents:
            self._incidents.setdefault(incident.number, []).append(incident)
        for site, link, at_ns, _, after, reason in links:
            verdict = Verdict(state=after, since_ns=at_ns, reason=reason)
            self._links.setdefault((site, link), []).append(verdict)
        return written

    def latest(self, limit: int) -> list[Transition]:
        """See the promise."""
        return self._all[::-1][:limit]

    def standing(self) -> dict[str, Transition]:
        """See the promise."""
        return {transition.site: transition for transition in self._all}

    def standing_links(self) -> dict[tuple[str, str], Verdict]:
        """See the promise."""
        return {key: verdicts[-1] for key, verdicts in self._links.items()}

    def incidents(self, since_ns: int, limit: int, site: str = "") -> list[Incident]:
        """See the promise."""
        found = [
            one
            for one in self._newest()
            if (one.ended_ns is None or one.ended_ns >= since_ns) and (not site or site in one.sites)
        ]
        over = sorted((one for one in found if one.ended_ns is not None), key=newest_first)[:limit]
        return sorted([*over, *(one for one in found if one.ended_ns is None)], key=newest_first)

    def versions(self, number: int) -> list[Incident]:
        """See the promise."""
        return list(self._incidents.get(number, ()))

    def unsettled(self, since_ns: int) -> list[Incident]:
        """See the promise."""
        return [
            one
            for one in self._newest()
            if one.ended_ns is None or one.ended_ns >= since_ns or one.confidence is Confidence.PROVISIONAL
        ]

    def struck(self, site: str, first_ns: int, last_ns: int) -> bool:
        """See the promise."""
        return any(
            site in one.sites
            and one.trouble in {Trouble.DOWN, Trouble.FLAPPING}
            and one.began_ns <= last_ns
            and (one.ended_ns is None or one.ended_ns >= first_ns)
            for one in self._newest()
        )

    def note_down(self, slot_ns: int, most: int) -> None:
        """See the promise."""
        self._down[slot_ns] = max(most, self._down.get(slot_ns, 0))

    def down_since(self, since_ns: int) -> dict[int, int]:
        """See the promise."""
        return {slot_ns: most for slot_ns, most in self._down.items() if slot_ns >= since_ns}

    def note_watched(self, begun_ns: int, until_ns: int) -> None:
        """See the promise."""
        self._watched[begun_ns] = until_ns

    def watched(self, from_ns: int, until_ns: int) -> list[tuple[int, int]]:
        """See the promise."""
        return joined(list(self._watched.items()), from_ns, until_ns)

    def turns(self, from_ns: int, until_ns: int) -> Turns:
        """See the promise."""
        every: Turns = {}
        for one in self._all:
            every.setdefault((one.site, ""), []).append(Turn(one.at_ns, one.after))
        for key, verdicts in self._links.items():
            every[key] = [Turn(one.since_ns, one.state) for one in verdicts]
        cut = {key: _cut(turns, from_ns, until_ns) for key, turns in every.items()}
        return {key: turns for key, turns in cut.items() if turns}

    def next_number(self) -> int:
        """See the promise."""
        return max(self._incidents, default=0) + 1

    def every_version(self) -> list[Incident]:
        """All that was ever held, by number and version."""
        return [version for number in sorted(self._incidents) for version in self._incidents[number]]

    def _newest(self) -> list[Incident]:
        return [versions[-1] for versions in self._incidents.values()]


def _cut(turns: list[Turn], from_ns: int, until_ns: int) -> list[Turn]:
    before = [turn for turn in turns if turn.at_ns < from_ns]
    return [*before[-1:], *(turn for turn in turns if from_ns <= turn.at_ns < until_ns)]
