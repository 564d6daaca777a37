"""Outlines of administrative units as SVG paths, projected once; it knows no state of anything."""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data"
HEIGHT = 1000.0
_EDGE = 12.0


@dataclass(frozen=True, slots=True)
class Outline:
    """One unit."""

    code: str
    name: str
    path: str
    """SVG path data."""


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


def read_outlines(path: Path) -> list[dict[str, Any]]:
    """The features of a GeoJSON file; raises OSError or ValueError where it is none."""
    content = json.loads(path.read_text(encoding="utf-8"))
    features = content.get("features") if isinstance(content, dict) else None
    if not features:
        raise ValueError(f"{path}: this is no GeoJSON FeatureCollection")
    return [feature for feature in features if isinstance(feature, dict)]


def projection(features: Iterable[dict[str, Any]]) -> Projection:
    """That shows all of them; raises ValueError where there is nothing to show."""
    points = [point for feature in features for ring in _rings(feature) for point in ring]
    if not points:
        raise ValueError("no outline in the file")
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = (HEIGHT - 2 * _EDGE) / max(north - south, 1e-6)
    return Projection(west, north, scale, squeeze, (east - west) * scale * squeeze + 2 * _EDGE)


def outlines(features: Iterable[dict[str, Any]], onto: Projection) -> list[Outline]:
    """Paths, in the order of the file."""
    found = []
    for feature in features:
        properties = feature.get("properties") or {}
        path = "".join(
            "M" + "L".join(f"{x:g} {y:g}" for x, y in (onto.point(*point) for point in ring)) + "Z"
            for ring in _rings(feature)
        )
        found.append(Outline(str(properties.get("code", "")), str(properties.get("name", "")), path))
    return found


def _rings(feature: dict[str, Any]) -> Iterator[list[tuple[float, float]]]:
    geometry = feature.get("geometry") or {}
    parts = geometry.get("coordinates") or []
    polygons = parts if geometry.get("type") == "MultiPolygon" else [parts]
    for polygon in polygons:
        for ring in polygon:
            yield [(float(point[0]), float(point[1])) for point in ring]
