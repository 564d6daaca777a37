"""Asks a disk that failed whether it takes a few bytes again; it keeps nothing there.

SQLite itself tries for ten seconds to open a file on a disk that answers with errors.
"""

import os
from pathlib import Path

_BYTES = 64 * 1024


def try_disk(folder: Path, name: str = "trial") -> None:
    """Write a little, for good, and take it away again; raises OSError. Each who tries at a time has another name."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(number, bytes(_BYTES))
        os.fsync(number)
    finally:
        os.close(number)
        path.unlink()
