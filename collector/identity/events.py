"""What happened to keys, written with the decision itself and kept until the log of who did what has it.

The log is another file with another owner: a decision neither waits for it nor fails with it, and it is told at least
once.
"""

from collections.abc import Iterable

import msgspec

from collector.database import Database
from collector.identity.records import Key

SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at_wall_ns INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
    subject TEXT NOT NULL, detail TEXT NOT NULL
);
"""
ENROLLED, ROTATED, SUSPECTED = "agent-enrolled", "agent-rotated", "agent-suspected"
_SHORT = 16


class Event(msgspec.Struct, frozen=True):
    """A row of the log to be."""

    at_wall_ns: int
    actor: str
    action: str
    subject: str
    """The site."""
    detail: str
    number: int = 0


class Events:
    """Every method runs inside the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, action: str, key: Key, what: str) -> None:
        """A machine has done something with this key when it was enrolled."""
        self._write(Event(key.enrolled_wall_ns, f"agent:{key.agent}", action, key.site, what))

    def suspected(self, key: Key, now_ns: int) -> None:
        """A second machine seems to hold the key."""
        what = f"agent {key.agent}: a second machine seems to hold {short(key.key_id)}"
        self._write(Event(now_ns, "collector", SUSPECTED, key.site, what))

    def untold(self, most: int) -> list[Event]:
        """The oldest that the log does not have yet."""
        query = "SELECT at_wall_ns, actor, action, subject, detail, number FROM event ORDER BY number LIMIT ?"
        return [Event(*row) for row in self._database.execute(query, (most,))]

    def forget(self, told: Iterable[Event]) -> None:
        """The log has them."""
        for event in told:
            self._database.execute("DELETE FROM event WHERE number = ?", (event.number,))

    def _write(self, event: Event) -> None:
        columns = "at_wall_ns, actor, action, subject, detail"
        values = msgspec.structs.astuple(event)[:-1]
        self._database.execute(f"INSERT INTO event ({columns}) VALUES (?, ?, ?, ?, ?)", values)  # noqa: S608 - no input


def short(key_id: str) -> str:
    """A key's name for people: the beginning of its id."""
    return f"key {key_id[:_SHORT]}"
