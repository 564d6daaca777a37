"""The last day and the way of alerts as one strip of the wall: bars and two short sentences; it keeps nothing."""

from zoneinfo import ZoneInfo

import msgspec

from collector.wall.frame import Frame
from collector.wall.spans import day, moment
from collector.wall.words import Words

SLOT_SECONDS = 600
_HEIGHT = 100


class Bar(msgspec.Struct, frozen=True):
    """One slot: ``height`` of 100; a gap is a slot in which nobody judged."""

    place: int
    height: int
    gap: bool


def bars(frame: Frame) -> list[Bar]:
    """All slots; the highest one is as high as it goes, and one site alone can still be seen."""
    most = max((down for down in frame.down_lately if down), default=0)
    return [
        Bar(place, 0 if not down else max(12, round(_HEIGHT * down / most)), down is None)
        for place, down in enumerate(frame.down_lately)
    ]


def most_in_words(frame: Frame, words: Words, zone: ZoneInfo) -> str:
    """How many were down at most, and when."""
    known = [(down, -place) for place, down in enumerate(frame.down_lately) if down]
    if not known:
        return words.never_down
    down, place = max(known)
    newest = frame.evaluated_at // SLOT_SECONDS * SLOT_SECONDS
    at = newest - (len(frame.down_lately) - 1 + place) * SLOT_SECONDS
    return words.down_most.format(n=down, time=moment(at, zone)[:5])


def path_in_words(frame: Frame, words: Words, zone: ZoneInfo) -> str:
    """When the way of alerts was last proven."""
    path = frame.alert_path
    if path is None:
        return words.path_none
    if path.proven is None:
        return words.path_never
    date = day(path.proven, zone)[:5]
    if path.overdue:
        return words.path_overdue.format(time=date)
    return words.path.format(time=f"{date} {moment(path.proven, zone)[:5]}")
