"""The earliest time that it can be: a clock that shows less is wrong; it reads the stamps of files and nothing else.

systemd keeps the first two files for machines without a clock battery (systemd-timesyncd(8), section Files).
"""

from collections.abc import Iterable
from pathlib import Path

from shared.release import BUILT_NS, LONGEST_LIFE_NS

_SECOND_NS = 1_000_000_000
WITNESSES = (Path("/var/lib/systemd/timesync/clock"), Path("/usr/lib/clock-epoch"))
_SLACK_NS = 86_400 * _SECOND_NS


def floor_ns(known_ns: int, witnesses: Iterable[Path] = WITNESSES) -> int:
    """Time since 1970-01-01 UTC before which it cannot be; ``known_ns`` is the latest true time ever known.

    A witness of a time more than twenty years after this release was left by a clock that was wrong, and passed over.
    """
    stamps = [_stamp_ns(path) for path in witnesses]
    return max(BUILT_NS, *(stamp for stamp in (known_ns, *stamps) if stamp < BUILT_NS + LONGEST_LIFE_NS))


def is_plausible(wall_ns: int, least_ns: int) -> bool:
    """Whether a clock may be right: not a day before the floor, not twenty years after this release was written."""
    return least_ns - _SLACK_NS <= wall_ns < BUILT_NS + LONGEST_LIFE_NS


def _stamp_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
