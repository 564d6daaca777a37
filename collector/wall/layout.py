"""Where things stand on the wall, from the number of sites alone, so that no tile moves while somebody looks."""

from collections.abc import Sequence
from itertools import groupby
from math import ceil

import msgspec

from collector.wall.frame import Frame, SiteFrame
from collector.wall.short import LONG, short

WIDTH_VH = 84.0
"""Of the tiles' part of the screen, in hundredths of its height (16:9)."""
HEIGHT_VH = 53.0
GUTTER_VH = 1.8
TITLE_VH = 4.7
"""Title and margin of one district."""
LINE_VH = 3.4
"""A second line of the title."""
_LETTER_VH = 1.75
"""Of a title, with the widest fonts that browsers take."""
GAP_SHARE = 0.14
_LARGEST_VH = 7.0
_SMALLEST_VH = 0.2
_FEW_COLUMNS = 4
"""So many leave room for the longest name of a district above its tiles."""
_MOST_COLUMNS = 12
_READABLE_VH = 2.0
"""Below this more columns are tried, whatever becomes of the names above them."""


class District(msgspec.Struct, frozen=True):
    """A box of tiles."""

    name: str
    sites: tuple[SiteFrame, ...]
    title: str
    """The name as it is written above them."""
    two: bool = False
    """Whether it takes two lines."""


class _Size(msgspec.Struct, frozen=True):
    """What a box needs."""

    tiles: int
    letters: int


class Layout(msgspec.Struct, frozen=True):
    """Columns of districts, and the edge of a tile in hundredths of the screen's height."""

    columns: tuple[tuple[District, ...], ...]
    tile_vh: float


def arrange(frame: Frame, elsewhere: str) -> Layout:
    """The sites by district, in the order of the inventory, in columns with the largest tiles that fit."""
    groups = groupby(frame.sites, key=lambda site: (site.district_code, site.district))
    boxes = [District(name or elsewhere, tuple(sites), short(name or elsewhere, LONG)) for (_, name), sites in groups]
    sizes = [_Size(len(box.sites), len(box.title)) for box in boxes]
    tile, count = _best(sizes, range(1, _FEW_COLUMNS + 1))
    if tile < _READABLE_VH:
        tile, count = _best(sizes, range(1, _MOST_COLUMNS + 1))
    if not tile:  # more districts than a screen has lines: one box for all
        boxes, sizes = [District(elsewhere, tuple(frame.sites), elsewhere)], [_Size(len(frame.sites), 0)]
        tile, count = _best(sizes, range(1, 2))
    columns: list[list[District]] = [[] for _ in range(count)]
    for box, size, column in zip(boxes, sizes, _fill(sizes, count, tile) or [0] * len(boxes), strict=True):
        columns[column].append(msgspec.structs.replace(box, two=_lines(size, count) == 2))
    return Layout(tuple(tuple(column) for column in columns), tile)


def _best(sizes: Sequence[_Size], counts: range) -> tuple[float, int]:
    tile, fewest = max((_largest_tile(sizes, count), -count) for count in counts)
    return tile, -fewest


def _largest_tile(sizes: Sequence[_Size], columns: int) -> float:
    """The largest tile with which the boxes fit into so many columns; 0 where none does."""
    edge = _LARGEST_VH
    while edge >= _SMALLEST_VH:
        if _fill(sizes, columns, edge) is not None:
            return round(edge, 3)
        edge *= 0.98
    return 0.0


def _width(columns: int) -> float:
    return (WIDTH_VH - GUTTER_VH * (columns - 1)) / columns


def _lines(size: _Size, columns: int) -> int:
    """Of the title; with many columns there is room for one only, whatever becomes of it."""
    return 2 if columns <= _FEW_COLUMNS and size.letters * _LETTER_VH > _width(columns) else 1


def _fill(sizes: Sequence[_Size], columns: int, tile: float) -> list[int] | None:
    """The column of each box, one column after the other; None where they do not fit."""
    gap = tile * GAP_SHARE
    across = int((_width(columns) + gap) / (tile + gap))
    if across < 1:
        return None
    places: list[int] = []
    column, used = 0, 0.0
    for size in sizes:
        title = TITLE_VH + LINE_VH * (_lines(size, columns) - 1)
        height = title + ceil(size.tiles / across) * (tile + gap)
        if used and used + height > HEIGHT_VH:
            column, used = column + 1, 0.0
        if column >= columns or height > HEIGHT_VH:
            return None
        used += height
        places.append(column)
    return places
