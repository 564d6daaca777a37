"""How the pages look and how soon they cover themselves."""

from pathlib import Path
from typing import Literal

import msgspec


class WallSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Pages for people."""

    language: Literal["vi", "en"] = "vi"
    title: str = "phusong"
    """Name of the province or network, shown at the top."""
    outlines: Path | None = None
    """GeoJSON of the units that ``/wall/map`` draws; those of Hà Giang where none is named and a site lies in them."""
    screens: tuple[str, ...] = ()
    """Names of the screens that are to say what they have drawn: ``/wall?screen=NAME``; one that never does is told."""
    fresh_seconds: float = 6.0
    """A screen without a newer evaluation covers itself after so long; at most 10 s."""
    old_seconds: float = 60.0
    """The tile of a site whose newest fact is older is hatched; longer than the slowest look at a site."""
