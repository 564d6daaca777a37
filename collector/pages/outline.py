"""Outlines of administrative units as SVG paths, projected once; it knows no state of anything."""

import math
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent / "data"
HEIGHT = 1000.0
GRAIN = 10
"""Steps a pixel: paths are in whole ones."""
_EDGE = 12.0
_LEAST_DEGREES = 0.02
_MOST_BYTES = 10_000_000
_MOST_POINTS = 20_000
"""More would make the page heavier than a wall's should be."""


class _Properties(msgspec.Struct, frozen=True):
    code: str | float | None = None
    name: str | float | None = None


class _Polygon(msgspec.Struct, frozen=True, tag="Polygon"):
    coordinates: list[list[list[float]]]


class _Polygons(msgspec.Struct, frozen=True, tag="MultiPolygon"):
    coordinates: list[list[list[list[float]]]]


class Feature(msgspec.Struct, frozen=True):
    """One unit as GeoJSON has it; what stands there besides is not read."""

    geometry: _Polygon | _Polygons
    properties: _Properties | None = None


class _Collection(msgspec.Struct, frozen=True, tag="FeatureCollection"):
    features: list[Feature]


@dataclass(frozen=True, slots=True)
class Outline:
    """One unit."""

    code: str
    name: str
    path: str
    """SVG path data, in tenths of a pixel."""


@dataclass(frozen=True, slots=True)
class Projection:
    """Plate carrée with the scale of the middle latitude: enough for a province that is drawn and not measured."""

    west: float
    north: float
    scale: float
    """Pixels a degree of latitude."""
    squeeze: float
    """A degree of longitude in degrees of latitude."""
    width: float

    def point(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Pixels from the left and from the top."""
        x = (longitude - self.west) * self.scale * self.squeeze + _EDGE
        return round(x, 1), round((self.north - latitude) * self.scale + _EDGE, 1)

    def shows(self, longitude: float, latitude: float) -> bool:
        """Whether the place is on the sheet."""
        x, y = self.point(longitude, latitude)
        return 0 <= x <= self.width and 0 <= y <= HEIGHT


def read_outlines(path: Path) -> list[Feature]:
    """The features of a GeoJSON file; raises OSError, or ValueError with one line that says what is wrong and where."""
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"{path}: more than {_MOST_BYTES // 1_000_000} MB: simplify the outlines")
    try:
        features = msgspec.json.decode(path.read_bytes().removeprefix(BOM_UTF8), type=_Collection).features
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{path}: this is no GeoJSON FeatureCollection of polygons: {error}") from None
    if fault := _fault(features):
        raise ValueError(f"{path}: {fault}")
    return features


def _fault(features: Sequence[Feature]) -> str:
    points = 0
    for place, feature in enumerate(features):
        for ring in rings(feature):
            points += len(ring)
            if len(ring) < 3:
                return f"$.features[{place}]: a ring has three points or more"
            if any(len(point) < 2 or abs(point[0]) > 180 or abs(point[1]) > 90 for point in ring):
                return f"$.features[{place}]: a point is [longitude, latitude] in degrees (WGS 84), in this order"
    if points > _MOST_POINTS:
        return f"{points:,} points, and at most {_MOST_POINTS:,} are drawn: simplify the outlines"
    return "" if points else "no outline in the file"


def projection(points: Iterable[Sequence[float]]) -> Projection:
    """That shows all of these places, [longitude, latitude]; raises ValueError where there is none."""
    places = [(point[0], point[1]) for point in points]
    if not places:
        raise ValueError("no place to show")
    west, east = min(x for x, _ in places), max(x for x, _ in places)
    south, north = min(y for _, y in places), max(y for _, y in places)
    middle, high = (south + north) / 2, max(north - south, _LEAST_DEGREES)
    squeeze = math.cos(math.radians(middle))
    scale = (HEIGHT - 2 * _EDGE) / high
    wide = max(east - west, _LEAST_DEGREES)
    west = (west + east - wide) / 2
    return Projection(west, middle + high / 2, scale, squeeze, wide * scale * squeeze + 2 * _EDGE)


def outlines(features: Iterable[Feature], onto: Projection) -> list[Outline]:
    """Paths, in the order of the file."""
    found = []
    for feature in features:
        said = feature.properties or _Properties()
        code, name = (
            "" if one is None else f"{one:g}" if isinstance(one, float) else one for one in (said.code, said.name)
        )
        found.append(Outline(code, name, "".join(_path(ring, onto) for ring in rings(feature))))
    return found


def rings(feature: Feature) -> Iterator[list[list[float]]]:
    """All rings of all its polygons."""
    geometry = feature.geometry
    polygons = geometry.coordinates if isinstance(geometry, _Polygons) else [geometry.coordinates]
    for polygon in polygons:
        yield from polygon


def _path(ring: list[list[float]], onto: Projection) -> str:
    """A ring as steps from point to point: half as many bytes as places, and no error adds up."""
    places = [tuple(round(part * GRAIN) for part in onto.point(point[0], point[1])) for point in ring]
    x, y = places[0]
    steps = []
    for to_x, to_y in places[1:]:
        if (to_x, to_y) != (x, y):
            steps.append(f"{to_x - x}{'' if to_y < y else ' '}{to_y - y}")
        x, y = to_x, to_y
    return f"M{places[0][0]} {places[0][1]}l{' '.join(steps).replace(' -', '-')}z"
