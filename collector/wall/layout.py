"""Where things stand on the wall, from the number of sites alone, so that no tile moves while somebody looks."""

from collections.abc import Sequence
from itertools import groupby
from math import ceil

import msgspec

from collector.wall.frame import Frame, SiteFrame

WIDTH_VH = 84.0
"""Of the tiles' part of the screen, in hundredths of its height (16:9)."""
HEIGHT_VH = 53.0
GUTTER_VH = 1.8
TITLE_VH = 4.7
"""Title and margin of one district."""
GAP_SHARE = 0.14
_LARGEST_VH = 7.0
_SMALLEST_VH = 0.2
_FEW_COLUMNS = 4
"""So many leave room for the longest name of a district above its tiles."""
_MOST_COLUMNS = 12
_READABLE_VH = 2.0
"""Below this more columns are tried, whatever becomes of the names above them."""
_LONG, _LONGER = 15, 21


class District(msgspec.Struct, frozen=True):
    """A box of tiles."""

    name: str
    sites: tuple[SiteFrame, ...]


class Layout(msgspec.Struct, frozen=True):
    """Columns of districts, and the edge of a tile in hundredths of the screen's height."""

    columns: tuple[tuple[District, ...], ...]
    tile_vh: float


def arrange(frame: Frame, elsewhere: str) -> Layout:
    """The sites by district, in the order of the inventory, in columns with the largest tiles that fit."""
    groups = groupby(frame.sites, key=lambda site: (site.district_code, site.district))
    boxes = [District(name or elsewhere, tuple(sites)) for (_, name), sites in groups]
    sizes = [len(box.sites) for box in boxes]
    tile, count = _best(sizes, range(1, _FEW_COLUMNS + 1))
    if tile < _READABLE_VH:
        tile, count = _best(sizes, range(1, _MOST_COLUMNS + 1))
    if not tile:  # more districts than a screen has lines: one box for all
        boxes, sizes = [District(elsewhere, tuple(frame.sites))], [len(frame.sites)]
        tile, count = _best(sizes, range(1, 2))
    columns: list[list[District]] = [[] for _ in range(count)]
    for box, column in zip(boxes, _fill(sizes, count, tile) or [0] * len(boxes), strict=True):
        columns[column].append(box)
    return Layout(tuple(tuple(column) for column in columns), tile)


def length_class(name: str) -> str:
    """How far a name must shrink to stay on its line: ``""``, ``long`` or ``longer``."""
    return "longer" if len(name) > _LONGER else "long" if len(name) > _LONG else ""


def _best(sizes: Sequence[int], counts: range) -> tuple[float, int]:
    tile, fewest = max((_largest_tile(sizes, count), -count) for count in counts)
    return tile, -fewest


def _largest_tile(sizes: Sequence[int], columns: int) -> float:
    """The largest tile with which the boxes fit into so many columns; 0 where none does."""
    edge = _LARGEST_VH
    while edge >= _SMALLEST_VH:
        if _fill(sizes, columns, edge) is not None:
            return round(edge, 3)
        edge *= 0.98
    return 0.0


def _fill(sizes: Sequence[int], columns: int, tile: float) -> list[int] | None:
    """The column of each box, one column after the other; None where they do not fit."""
    width = (WIDTH_VH - GUTTER_VH * (columns - 1)) / columns
    gap = tile * GAP_SHARE
    across = int((width + gap) / (tile + gap))
    if across < 1:
        return None
    places: list[int] = []
    column, used = 0, 0.0
    for size in sizes:
        height = TITLE_VH + ceil(size / across) * (tile + gap)
        if used and used + height > HEIGHT_VH:
            column, used = column + 1, 0.0
        if column >= columns or height > HEIGHT_VH:
            return None
        used += height
        places.append(column)
    return places
