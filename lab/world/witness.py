"""What a replay was: the seconds that were lived, and each version of each incident; it judges nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from collector.incident import Incident
from collector.journal.journal import Change, LinkChange
from collector.journal.memory import MemoryJournal
from collector.picture import Transition


@dataclass(slots=True)
class Lived:
    """What a replay was."""

    versions: list[Incident] = field(default_factory=list)
    """All versions of all incidents, in the order in which they were decided."""
    lived_seconds: int = 0
    skipped_seconds: int = 0
    readings: int = 0


class Witness(MemoryJournal):
    """The journal, and a list of what was written into it."""

    def __init__(self, lived: Lived) -> None:
        super().__init__()
        self._lived = lived
        self.wrote = 0

    def write(
        self,
        transitions: Sequence[Change],
        incidents: Sequence[Incident] = (),
        links: Sequence[LinkChange] = (),
    ) -> list[Transition]:
        """See the promise."""
        self._lived.versions.extend(incidents)
        self.wrote += len(transitions) + len(incidents) + len(links)
        return super().write(transitions, incidents, links)
