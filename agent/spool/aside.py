"""Spool files that were found damaged: under which names they are kept, how many, how large; it never reads one."""

import contextlib
from pathlib import Path

_KEPT = 3
_PARTS = ("", "-wal", "-shm")


def set_aside(path: Path, limit_bytes: int) -> None:
    """Rename the file with what belongs to it, and keep the newest such files within the limit; raises OSError.

    The number in a name only grows, so the newest name tells how many there ever were.
    """
    name = f"{path.name}.corrupt-{count_aside(path) + 1:08d}"
    for part in _PARTS:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + part).rename(path.with_name(name + part))
    _forget_old(path, limit_bytes)


def count_aside(path: Path) -> int:
    """How many files were ever set aside in this folder, over restarts and after they were deleted."""
    return max((_number(file) for file in _kept(path)), default=0)


def newest_aside(path: Path) -> Path | None:
    """The file that was set aside last, where it is still there."""
    return next(iter(_kept(path)), None)


def _forget_old(path: Path, limit_bytes: int) -> None:
    """Delete the oldest, so that a disk that spoils one after another is not filled with them; the newest stays."""
    left_bytes = limit_bytes
    for place, file in enumerate(_kept(path)):
        parts = [part for part in (file.with_name(file.name + part) for part in _PARTS) if part.exists()]
        left_bytes -= sum(part.stat().st_size for part in parts)
        if place and (place >= _KEPT or left_bytes < 0):
            for part in parts:
                part.unlink()


def _kept(path: Path) -> list[Path]:
    """Those that are still there, the newest first."""
    return sorted(path.parent.glob(f"{path.name}.corrupt-????????"), key=_number, reverse=True)


def _number(file: Path) -> int:
    digits = file.name.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0
