"""The newest value of the chain on disk: two slots written in turn, a torn write costs one step; it decides nothing.

A value is written in place and synced before it is used: no new block is needed on a full disk. One that the disk did
not take is not used: the collector takes the one before as long as none that came after it was presented.
"""

import os
import struct
import zlib
from pathlib import Path

from agent.identity.files import write_private

_SLOT_BYTES = 512
_SLOT = struct.Struct(">Q16s")
_CRC = struct.Struct(">I")
_Slot = tuple[int, bytes]


class ChainFile:
    """Holds the chain's value as the disk has it."""

    def __init__(self, path: Path, newest: _Slot, doubtful: _Slot | None = None) -> None:
        """``doubtful`` is one that was read and may be gone after a power cut, with ``newest`` the one before."""
        self._path = path
        self._turn, self._value = newest
        self._doubtful = doubtful
        self.failing = ""
        """Why the last write failed; empty when it did not."""

    @property
    def value(self) -> str:
        """32 hexadecimal digits; empty where nothing was ever written."""
        return self._value.hex()

    def write(self, value: str) -> None:
        """Keep a value; on a disk that refuses the one before stays, and ``failing`` says why."""
        raw = bytes.fromhex(value)
        if raw == self._value:
            return
        try:
            self._turn = self._put(self._turn + 1, raw)
        except OSError as error:
            self.failing = f"{self._path}: {(error.strerror or str(error)).lower()}"
            return
        self._value, self._doubtful, self.failing = raw, None, ""

    def believe_doubtful(self) -> bool:
        """The collector knows the value for an old one: was the later one used after all? False where there is none."""
        if self._doubtful is None:
            return False
        (self._turn, self._value), self._doubtful = self._doubtful, None
        return True

    def _put(self, number: int, raw: bytes) -> int:
        try:
            file = os.open(self._path, os.O_WRONLY)
        except FileNotFoundError:
            begin_chain(self._path, raw.hex())
            return 0
        try:
            os.pwrite(file, _packed(number, raw), number % 2 * _SLOT_BYTES)
            os.fdatasync(file)
        finally:
            os.close(file)
        return number


def begin_chain(path: Path, value: str) -> None:
    """Write the file with its first value; raises OSError."""
    write_private(path, _packed(0, bytes.fromhex(value)).ljust(2 * _SLOT_BYTES, b"\0"))


def read_chain(path: Path) -> ChainFile:
    """What the file holds; nothing where it cannot be read.

    What a program writes it reads again, though the disk refused it. So where the disk takes nothing now, the newest
    value may be one that no earlier run has used: the one before is presented first.
    """
    found = _slots(path)
    if len(found) == 2 and not _takes(path):
        return ChainFile(path, found[0], found[1])
    return ChainFile(path, found[-1] if found else (0, b""))


def _takes(path: Path) -> bool:
    try:
        file = os.open(path, os.O_WRONLY)
        try:
            os.fdatasync(file)
        finally:
            os.close(file)
    except OSError:
        return False
    return True


def _packed(number: int, raw: bytes) -> bytes:
    packed = _SLOT.pack(number, raw)
    return packed + _CRC.pack(zlib.crc32(packed))


def _slots(path: Path) -> list[_Slot]:
    """Those that are whole, the newest last."""
    try:
        content = path.read_bytes()
    except OSError:
        return []
    found = []
    for place in (0, _SLOT_BYTES):
        slot = content[place : place + _SLOT.size]
        crc = content[place + _SLOT.size : place + _SLOT.size + _CRC.size]
        if len(crc) == _CRC.size and _CRC.unpack(crc)[0] == zlib.crc32(slot):
            found.append(_SLOT.unpack(slot))
    return sorted(found)
