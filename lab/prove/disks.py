"""File systems with real trouble: full, out of inodes, read-only, failing; only in a mount namespace of their own."""

import contextlib
import errno
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

_MEGABYTES = 24
_MOST_FILES = 200


class Disk(Protocol):
    """A file system that can be spoiled and mended; ``folder`` is where it is mounted."""

    folder: Path

    def spoil(self) -> None:
        """From now on it takes nothing new, or nothing at all."""
        ...

    def mend(self) -> None:
        """It works again; what it had is there."""
        ...

    def unmount(self) -> None:
        """Give everything back."""
        ...


class FullDisk:
    """Somebody else's file takes all its room."""

    def __init__(self, folder: Path, megabytes: int = _MEGABYTES) -> None:
        self.folder = folder
        _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder))

    def spoil(self) -> None:
        """See :class:`Disk`."""
        fill(self.folder / "filler")

    def mend(self) -> None:
        """See :class:`Disk`."""
        (self.folder / "filler").unlink()

    def unmount(self) -> None:
        """See :class:`Disk`."""
        _run("umount", "-l", str(self.folder))


class TightDisk(FullDisk):
    """Somebody else's file leaves some room."""

    left_bytes = 0

    def spoil(self) -> None:
        """See :class:`Disk`."""
        fill(self.folder / "filler", self.left_bytes)


class InodelessDisk(FullDisk):
    """There is room, and no file can be made."""

    def __init__(self, folder: Path, megabytes: int = _MEGABYTES) -> None:
        self.folder = folder
        _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,nr_inodes={_MOST_FILES}", "none", str(folder))

    def spoil(self) -> None:
        """See :class:`Disk`."""
        with contextlib.suppress(OSError):
            for number in range(_MOST_FILES + 1):
                (self.folder / f"empty-{number}").touch()

    def mend(self) -> None:
        """See :class:`Disk`."""
        for path in self.folder.glob("empty-*"):
            path.unlink()


class ReadOnlyDisk:
    """An ext4 that found an error in itself and refuses every write from then on, as a worn card's does."""

    def __init__(self, folder: Path, megabytes: int = _MEGABYTES) -> None:
        self.folder = folder
        self._below = folder.with_name(f"{folder.name}-below")
        self._below.mkdir()
        _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(self._below))
        self._image = self._below / "image"
        with self._image.open("wb") as image:
            image.truncate(megabytes * 8 // 3 * 1024 * 1024)
        _run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(self._image))
        self._mount()

    def spoil(self) -> None:
        """See :class:`Disk`."""
        Path(f"/sys/fs/ext4/{self._device()}/trigger_fs_error").write_text("1", encoding="ascii")

    def mend(self) -> None:
        """See :class:`Disk`; as an operator would: unmount, check, mount."""
        _run("umount", "-l", str(self.folder))
        # 1 and 2: errors were found and mended.
        _run("e2fsck", "-p", "-f", str(self._image), good=(0, 1, 2))
        self._mount()

    def unmount(self) -> None:
        """See :class:`Disk`."""
        _run("umount", "-l", str(self.folder))
        _run("umount", "-l", str(self._below))

    def _mount(self) -> None:
        _run("mount", "-o", "loop,errors=remount-ro", str(self._image), str(self.folder))

    def _device(self) -> str:
        for line in Path("/proc/self/mounts").read_text(encoding="ascii").splitlines():
            device, folder, *_ = line.split()
            if folder == str(self.folder):
                return Path(device).name
        raise FileNotFoundError(self.folder)


class FailingDisk(ReadOnlyDisk):
    """An ext4 on a device that answers writes with input/output errors."""

    def spoil(self) -> None:
        """See :class:`Disk`; the image is sparse, and what lies below it has no blocks left."""
        fill(self._below / "filler")

    def mend(self) -> None:
        """See :class:`Disk`."""
        (self._below / "filler").unlink()
        super().mend()


class _Exchanged(ReadOnlyDisk):
    """Who works on it holds the old one open: it is copied, checked, and the copy is mounted in its place."""

    def mend(self) -> None:
        """See :class:`Disk`."""
        _run("umount", "-l", str(self.folder))
        copy = self.folder.with_name(f"{self.folder.name}-copy")
        _run("cp", "--sparse=always", str(self._image), str(copy))
        self._image = copy
        _run("e2fsck", "-p", "-f", str(self._image), good=(0, 1, 2))
        self._mount()


class ExchangedReadOnlyDisk(_Exchanged):
    """As :class:`ReadOnlyDisk`, exchanged under those who work on it."""


class ExchangedFailingDisk(_Exchanged, FailingDisk):
    """As :class:`FailingDisk`, exchanged under those who work on it."""

    def mend(self) -> None:
        """See :class:`Disk`."""
        _Exchanged.mend(self)


KINDS: dict[str, Callable[..., Disk]] = {
    "full": FullDisk,
    "no inodes": InodelessDisk,
    "read-only": ReadOnlyDisk,
    "I/O errors": FailingDisk,
}


def fill(path: Path, left_bytes: int = 0) -> None:
    """Write until the last byte is taken, or so many are left."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        if left_bytes:
            stand = os.statvfs(path.parent)
            os.posix_fallocate(number, 0, max(1, stand.f_bavail * stand.f_frsize - left_bytes))
            return
        for size in (1 << 20, 4096, 1):
            while True:
                try:
                    os.write(number, b"z" * size)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    break
    finally:
        os.close(number)


def _run(*words: str, good: tuple[int, ...] = (0,)) -> None:
    """Raises OSError with what the command says."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode not in good:
        raise OSError(done.returncode, f"{words[0]}: {done.stderr.strip()}")
