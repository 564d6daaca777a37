"""Small files that are whole or not there, readable by their owner only, whatever happens while they are written."""

import contextlib
import os
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """All of the new file or all of the old one, on disk at the end; raises OSError."""
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _give(path.parent)
    fresh = path.with_name(f"{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()  # from a write that was cut off; its mode is not to be believed
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _give(fresh)
    fresh.replace(path)
    sync_folder(path.parent)


def _give(path: Path) -> None:
    """What root makes belongs to the owner of the folder: the agent runs as another user than who types ``join``."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def sync_folder(folder: Path) -> None:
    """Names in the folder are on disk."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
