"""What a channel sends next of what waits for it, and how long it waits after a failure; it sends nothing."""

from collections.abc import Iterable, Sequence

import msgspec

from collector.notify.message import Audience, Kind, Note

_SECOND_NS = 1_000_000_000
_FIRST_SECONDS = 2.0
_CAP_SECONDS = 300.0
_ASKED_MOST_SECONDS = 3600.0


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A stored note that a channel has still to tell."""

    id: int
    note: Note
    attempts: int = 0
    next_ns: int = 0
    """Not before; wall time."""


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent at once: the one message that says all that waits about one incident."""

    ids: tuple[int, ...]
    """Of the notes that are done with once it is told; the last one names the message."""
    note: Note
    attempts: int
    next_ns: int


def parcels(waiting: Iterable[Waiting], audience: Audience) -> list[Parcel]:
    """What there is to send: the most urgent first, then the oldest."""
    stories: dict[int, list[Waiting]] = {}
    for one in sorted(waiting, key=lambda each: each.id):
        stories.setdefault(one.note.incident.number, []).append(one)
    merged = [_merged(story, audience) for story in stories.values()]
    return sorted(merged, key=lambda parcel: (-parcel.note.urgency, parcel.ids[0]))


def wait_seconds(failures: int, draw: float, asked_seconds: float = 0.0) -> float:
    """After so many failures in a row (1 or more); ``draw`` is in [0, 1).

    The jitter comes after the cap, or all channels and collectors would beat together once they have reached it.
    """
    doubled = min(_CAP_SECONDS, _FIRST_SECONDS * 2.0 ** min(failures - 1, 30))
    return max(doubled * (0.75 + 0.5 * draw), min(asked_seconds, _ASKED_MOST_SECONDS))


def expired(waiting: Sequence[Waiting], now_ns: int, hours: float) -> list[Waiting]:
    """What has waited so long that nobody is helped by it any more."""
    return [one for one in waiting if now_ns - one.note.created_ns > hours * 3600 * _SECOND_NS]


def _merged(story: Sequence[Waiting], audience: Audience) -> Parcel:
    first, last = story[0].note, story[-1].note
    kind = last.kind
    if audience is Audience.PEOPLE and first.kind in {Kind.NEW, Kind.PAST}:
        # Nobody has heard of it yet on this channel.
        kind = Kind.PAST if last.kind in {Kind.RESOLVED, Kind.PAST} else Kind.NEW
    urgency = max(each.note.urgency for each in story)
    return Parcel(
        ids=tuple(each.id for each in story),
        note=msgspec.structs.replace(
            last, kind=kind, before=first.before, before_urgency=first.before_urgency, urgency=urgency
        ),
        attempts=max(each.attempts for each in story),
        next_ns=max(each.next_ns for each in story),
    )
