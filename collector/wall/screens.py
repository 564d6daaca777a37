"""What screens say that they have drawn: who may be named, and what is believed; it keeps no time and draws nothing."""

import re
from collections.abc import Callable, Iterable

import msgspec

from collector.wall.frame import Frame

LETTERS = 24
"""Of a screen's name."""
MOST = 32
"""Screens that the settings do not name; more are not taken."""
_NAME = re.compile(r"[^\W_][\w .-]*")


class Drawn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a screen posts: ``{"screen": "left", "sequence": 1234}``, the number of the frame that stands on it."""

    screen: str
    sequence: int


class NotBelieved(Exception):  # noqa: N818 - an answer
    """What a screen said is not noted; the text is one line."""


class Screens:
    """Which screens there are, and when each has drawn a frame that was fresh; ``note`` takes name and Unix seconds."""

    def __init__(self, named: Iterable[str], fresh_seconds: float, note: Callable[[str, float], None]) -> None:
        self._known = set(named)
        self._room = len(self._known) + MOST
        self._fresh_seconds = fresh_seconds
        self._note = note

    def take(self, body: bytes, newest: Frame | None, now: float) -> None:
        """Note a report; raises :class:`NotBelieved` where it is none, or its frame is old, or not one of ours."""
        try:
            drawn = msgspec.json.decode(body, type=Drawn)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise NotBelieved(f"this is no report of a screen: {error}") from None
        if not is_name(drawn.screen):
            raise NotBelieved(f"a screen's name has up to {LETTERS} letters, digits, spaces, '.', '-' or '_'")
        if newest is None or not 0 <= newest.sequence - drawn.sequence <= self._lag(newest, now):
            raise NotBelieved("that frame is not a fresh one of this collector")
        if drawn.screen not in self._known:
            if len(self._known) >= self._room:
                raise NotBelieved(f"there are {MOST} other screens already: name yours in wall.screens")
            self._known.add(drawn.screen)
        self._note(drawn.screen, now)

    def _lag(self, newest: Frame, now: float) -> float:
        """How many frames old a fresh one may be: there is about one a second, two at most."""
        return 2 * self._fresh_seconds if now - newest.evaluated_at <= self._fresh_seconds else -1


def is_name(name: str) -> bool:
    """Whether a screen may be called so."""
    return len(name) <= LETTERS and _NAME.fullmatch(name) is not None
