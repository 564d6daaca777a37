"""The newest value of the chain on disk: two slots written in turn, a torn write costs one step; it decides nothing.

A value is written in place and synced before it is used: no new block is needed on a full disk.
"""

import os
import struct
import zlib
from pathlib import Path

from agent.identity.files import write_private

_SLOT_BYTES = 512
_SLOT = struct.Struct(">Q16s")
_CRC = struct.Struct(">I")


class ChainFile:
    """Holds the chain's value; where the disk does not take it, in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn, self._value = _newest(path)
        self.failing = ""
        """Why the last write failed; empty when it did not."""

    @property
    def value(self) -> str:
        """32 hexadecimal digits; empty where nothing was ever written."""
        return self._value.hex()

    def write(self, value: str) -> None:
        """Keep a value; on a disk that refuses it is kept in memory, and ``failing`` says why."""
        raw = bytes.fromhex(value)
        if raw == self._value:
            return
        self._turn, self._value = self._turn + 1, raw
        packed = _SLOT.pack(self._turn, raw)
        packed += _CRC.pack(zlib.crc32(packed))
        try:
            number = os.open(self._path, os.O_WRONLY)
            try:
                os.pwrite(number, packed, self._turn % 2 * _SLOT_BYTES)
                os.fdatasync(number)
            finally:
                os.close(number)
            self.failing = ""
        except OSError as error:
            self.failing = f"{self._path}: {(error.strerror or str(error)).lower()}"


def begin_chain(path: Path, value: str) -> None:
    """Write the file with its first value; raises OSError."""
    packed = _SLOT.pack(0, bytes.fromhex(value))
    packed += _CRC.pack(zlib.crc32(packed))
    write_private(path, packed.ljust(2 * _SLOT_BYTES, b"\0"))


def _newest(path: Path) -> tuple[int, bytes]:
    try:
        content = path.read_bytes()
    except OSError:
        return 0, b""
    found = (0, b"")
    for place in (0, _SLOT_BYTES):
        slot = content[place : place + _SLOT.size]
        crc = content[place + _SLOT.size : place + _SLOT.size + _CRC.size]
        if len(crc) == _CRC.size and _CRC.unpack(crc)[0] == zlib.crc32(slot):
            found = max(found, _SLOT.unpack(slot))
    return found
