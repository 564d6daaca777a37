"""Which release this is, and between which times it can run; it reads the installed package and nothing else."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

BUILT_NS = 1_793_491_200 * 1_000_000_000
"""2026-11-01: no release of this program ran before it was written."""
LONGEST_LIFE_NS = 20 * 366 * 86_400 * 1_000_000_000
"""Nor does one run twenty years later."""


def written_ns() -> int:
    """The time before which this release did not run: as it was written, or put here before that by this machine."""
    return min(BUILT_NS, Path(__file__).stat().st_mtime_ns)


def release() -> str:
    """Version of the installed distribution, ``checkout`` where none is installed."""
    try:
        return version("phusong")
    except PackageNotFoundError:
        return "checkout"
