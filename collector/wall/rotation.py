"""Which page a rotating screen shows next, and after how long; addresses are all that it remembers (core)."""

from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

PAGES = ("/wall", "/wall/map")
_USUAL, _LEAST, _MOST = 30, 10, 120
MAP_SECONDS = 10
"""After so long the map asks what changed, or is drawn anew where no script runs."""
NEW_SECONDS = 600
"""So long a problem is new, and the wall with its list stays."""
_CARRIED = ("screen", "theme", "lang", "units", "rotate")


class Turn(msgspec.Struct, frozen=True):
    """What follows on a page."""

    after_seconds: int
    address: str


def first(query: Mapping[str, str]) -> str:
    """Where a rotation begins; ``every`` are seconds for a page, from 10 to 120."""
    return _address(PAGES[0], {**query, "rotate": str(_seconds(query.get("every", "")))})


def after_wall(query: Mapping[str, str]) -> Turn | None:
    """What follows the wall; None where nothing rotates."""
    if "rotate" not in query:
        return None
    every = _seconds(query["rotate"])
    return Turn(every, _address(PAGES[1], {**query, "rotate": str(every)}))


def after_map(query: Mapping[str, str], *, new: bool) -> Turn | None:
    """What follows the map without a script: itself, drawn anew, or the wall; at once where a problem is ``new``."""
    if "rotate" not in query:
        return None
    every = _seconds(query["rotate"])
    left = min(every, _seconds(query["left"], 0)) if "left" in query else every
    back = _address(PAGES[0], {**query, "rotate": str(every)})
    if new or left <= MAP_SECONDS:
        return Turn(1 if new else max(1, left), back)
    again = _address(PAGES[1], {**query, "rotate": str(every)})
    return Turn(MAP_SECONDS, f"{again}&left={left - MAP_SECONDS}")


def after_live_map(query: Mapping[str, str], *, new: bool) -> Turn | None:
    """What follows a map that is renewed while it stands: the wall; at once where a problem is ``new``."""
    if "rotate" not in query:
        return None
    every = _seconds(query["rotate"])
    return Turn(1 if new else every, _address(PAGES[0], {**query, "rotate": str(every)}))


def _seconds(text: str, least: int = _LEAST) -> int:
    return min(_MOST, max(least, int(text))) if text.isascii() and text.isdigit() and len(text) < 6 else _USUAL


def _address(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode({name: query[name][:40] for name in _CARRIED if name in query})}"
