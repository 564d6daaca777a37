"""Which problems stand on the wall, oldest first, and how high; the rest is counted by state; nothing takes turns."""

from collections import Counter
from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from collector.wall.frame import Frame, IncidentFrame
from collector.wall.spans import span
from collector.wall.words import Words

ROOM_VH = 50.4
"""Of the list, in hundredths of the screen's height; its rows are as high as wall.css says."""
TALL_VH = 8.3
"""A name with a line below it: how many of how many, and the cause."""
SHORT_VH = 5.5
"""A name alone."""
NEW_SECONDS = 600
_ORDER = ("down", "degraded", "unknown")


class Row(msgspec.Struct, frozen=True):
    """One problem as a line."""

    incident: IncidentFrame
    short: bool
    new: bool
    why: str
    age: str
    link: str
    title: str


class Rest(msgspec.Struct, frozen=True):
    """What did not find a place."""

    count: int
    kinds: tuple[tuple[str, int], ...]
    """States with how many problems of each, none with 0."""
    new: int


def rows(frame: Frame, words: Words) -> list[Row]:
    """The oldest problems, as many as have room."""
    return [
        Row(
            one,
            short,
            _is_new(one, frame),
            _why(one, words),
            span(frame.evaluated_at - one.since, words),
            _link(one),
            " – ".join(filter(None, (one.name, words.state_word(one.state), _why(one, words)))),
        )
        for one, short in zip(frame.incidents, shorts(frame.incidents), strict=False)
    ]


def rest(frame: Frame) -> Rest:
    """The problems after those of ``rows``."""
    left = frame.incidents[len(shorts(frame.incidents)) :]
    states = Counter(one.state for one in left)
    kinds = tuple((state, states[state]) for state in _ORDER if states[state])
    return Rest(len(left), kinds, sum(_is_new(one, frame) for one in left))


def shorts(incidents: Sequence[IncidentFrame]) -> list[bool]:
    """For each problem that has room whether it is a name alone.

    Where not all have room, those of one site give up their line with the cause; folds keep theirs, for how many sites
    they strike is said nowhere else.
    """
    taken: list[bool] = []
    for crowded in (False, True):
        taken, used = [], 0.0
        for one in incidents:
            short = one.sites == 1 and (crowded or one.cause == "unknown")
            used += SHORT_VH if short else TALL_VH
            if used > ROOM_VH:
                break
            taken.append(short)
        if len(taken) == len(incidents):
            break
    return taken


def _is_new(one: IncidentFrame, frame: Frame) -> bool:
    return frame.evaluated_at - one.since < NEW_SECONDS


def _why(one: IncidentFrame, words: Words) -> str:
    count = f"{len(one.still)}/{one.sites}" if one.sites > 1 else ""
    return " · ".join(filter(None, (count, words.cause_word(one.cause))))


def _link(one: IncidentFrame) -> str:
    """Where more is told of it."""
    return f"/sites/{quote(one.site, safe='')}" if one.number is None else f"/incidents/{one.number}"
