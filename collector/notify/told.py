"""What an audience knows of one incident, and what a message makes of it; it decides nothing and reads no clock."""

import msgspec

from collector.incident import Incident
from collector.notify.message import Kind, Note, Urgency


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What an audience knows of one incident."""

    incident: Incident
    """The version that was told last."""
    urgency: Urgency
    """The highest that it had."""
    thread: int
    first_ns: int
    last_ns: int
    """When the newest message was decided."""
    kind: Kind
    """Of that message: ``resolved``, ``past`` and ``withdrawn`` end the story."""
    level: int = 0
    """0: those on duty, 1: the next level …"""
    level_ns: int = 0
    """When it went to that level, or was repeated."""
    acknowledged_ns: int | None = None
    returns: int = 0
    """How often it came back after its end was told."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more is owed."""
        return self.kind in {Kind.RESOLVED, Kind.PAST, Kind.WITHDRAWN}


def is_another(incident: Incident, told: Told) -> bool:
    """Whether a number was given anew, as after a restore: it became known after the last word on the other."""
    return incident.known_ns > told.last_ns


def after(told: Told | None, note: Note, now_ns: int, taken_ns: int | None = None) -> Told:
    """What an audience knows once a note is stored for it; ``taken_ns``: acknowledged before it was told."""
    again = told is None or told.is_over
    back = told if told is not None and told.is_over and not is_another(note.incident, told) else None
    acknowledged_ns = taken_ns if told is None or (again and back is None) else told.acknowledged_ns
    rang = note.kind in {Kind.NEW, Kind.ESCALATED} or again or (told is not None and note.urgency > told.urgency)
    return Told(
        incident=note.incident,
        urgency=note.urgency,
        thread=note.thread,
        first_ns=now_ns if told is None or again else told.first_ns,
        last_ns=now_ns,
        kind=note.kind,
        level=note.level,
        level_ns=now_ns if told is None or rang else told.level_ns,
        acknowledged_ns=acknowledged_ns,
        returns=0 if told is None or (again and back is None) else told.returns + again,
    )


def not_ahead(told: Told, now_ns: int, long_ago_ns: int) -> Told:
    """Where the clock was set back, what was told lies ahead: nothing would be due until it had caught up."""
    if max(told.last_ns, told.level_ns) <= now_ns:
        return told
    return msgspec.structs.replace(
        told,
        last_ns=told.last_ns if told.last_ns <= now_ns else long_ago_ns,
        level_ns=told.level_ns if told.level_ns <= now_ns else 0,
    )
