"""Finds what YAML and JSON call numbers and nobody can count with: not a number, and without end; it reads no file."""

import math
from collections.abc import Iterator
from typing import Any


def endless(content: Any, place: str = "$") -> Iterator[tuple[str, float]]:
    """Places (``$.a[0].b``) of such numbers, and the numbers."""
    if isinstance(content, float) and not math.isfinite(content):
        yield place, content
    elif isinstance(content, dict):
        for key, value in content.items():
            yield from endless(value, f"{place}.{key}")
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from endless(value, f"{place}[{number}]")
