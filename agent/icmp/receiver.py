"""Many packets in by one system call (recvmmsg), with stamps and error reports; it has no idea of ICMP."""

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from agent.icmp.bulk import AT_ONCE, HEADER, NAME_BYTES, PART, Libc, address_of

SLOT_BYTES = 256
_CONTROL_BYTES = 320
_CONTROL = struct.Struct("@Nii")
_ALIGN = struct.calcsize("N")
_LONG = struct.calcsize("l")
_EXTENDED = struct.Struct("@IBBBBII")
"""struct sock_extended_err: errno, origin, type, code, padding, info, data."""

# Plain numbers: the socket module's are enumerations, whose arithmetic costs more than the packet's.
_SOL_SOCKET, _SO_RXQ_OVFL, _SCM_TIMESTAMPING = 1, 40, 37
_RECVERR = frozenset(((0, 11), (41, 25)))
_MSG_TRUNC, _MSG_DONTWAIT, _MSG_ERRQUEUE = 0x20, 0x40, 0x2000
_SECOND_NS = 1_000_000_000

STAMP_KIND = struct.pack("@ii", _SOL_SOCKET, _SCM_TIMESTAMPING)
"""Level and type of the control message that has the stamps."""
STAMP_BYTES = _CONTROL.size + 6 * _LONG
REPORT_KINDS = frozenset(struct.pack("@ii", *kind) for kind in _RECVERR)
TX_STAMP = 4
"""Origin of an extended error that is a stamp, SO_EE_ORIGIN_TIMESTAMPING."""


def slot_of(layout: str, slot_bytes: int) -> struct.Struct:
    """A layout that goes on to the end of its slot, so that all slots are read in one pass."""
    return struct.Struct(f"{layout}{slot_bytes - struct.calcsize(layout)}x")


_SEEN = struct.Struct(f"@{struct.calcsize('@PIPNP')}xNi0PI0P")
_STAMPED = slot_of(f"@{_ALIGN}x8s2l", _CONTROL_BYTES)
"""The beginning of a control buffer whose first message is the stamps: the software stamp stands first."""
_NOTICE = slot_of(f"@{_ALIGN}x8s2l{4 * _LONG + _ALIGN}x8s4xB7xI", _CONTROL_BYTES)
"""Stamps, then the extended error that says which packet they are for: what a send stamp looks like."""

_ExtendedError = tuple[int, int, int, int, int, int, int]
_Besides = tuple[int | None, _ExtendedError | None, bytes]
_NOTHING: _Besides = (None, None, b"")


class Arrived(NamedTuple):
    """A packet, or a message of the error queue."""

    data: bytes
    sender: bytes
    """The socket address as the kernel gives it."""
    stamp_ns: int | None
    """Kernel's software stamp, nanoseconds since 1970."""
    whole: bool
    dropped: int | None
    """How many packets the socket has dropped since it was opened, where the kernel says so."""
    extended: _ExtendedError | None
    offender: bytes
    """Address of who reported an error, as the kernel gives it."""


class Receiver:
    """Receives up to :data:`AT_ONCE` packets at once, the first :data:`SLOT_BYTES` of each, into buffers made once."""

    def __init__(self) -> None:
        self._call = Libc().receive
        data, names = bytearray(SLOT_BYTES * AT_ONCE), bytearray(NAME_BYTES * AT_ONCE)
        controls, parts = bytearray(_CONTROL_BYTES * AT_ONCE), bytearray(PART.size * AT_ONCE)
        headers = bytearray(HEADER.size * AT_ONCE)
        data_at, names_at, controls_at, parts_at = map(address_of, (data, names, controls, parts))
        for slot in range(AT_ONCE):
            PART.pack_into(parts, slot * PART.size, data_at + slot * SLOT_BYTES, SLOT_BYTES)
            name, part = names_at + slot * NAME_BYTES, parts_at + slot * PART.size
            control = controls_at + slot * _CONTROL_BYTES
            fields = (name, NAME_BYTES, part, 1, control, _CONTROL_BYTES, 0, 0)
            HEADER.pack_into(headers, slot * HEADER.size, *fields)
        self._fresh = bytes(headers)
        self._at = address_of(headers)
        self._headers, self._controls, self._names = memoryview(headers), memoryview(controls), memoryview(names)
        self._parts = parts
        self.data = memoryview(data)
        """What came, a slot for each packet; behind its end a slot has what was there before."""

    def gather(self, descriptor: int) -> int:
        """Read the packets that wait on the socket; how many there were."""
        return self._fill(descriptor, _MSG_DONTWAIT)

    def gather_notices(self, descriptor: int) -> int:
        """Read what waits on the error queue: send stamps and reports of ICMP errors."""
        return self._fill(descriptor, _MSG_DONTWAIT | _MSG_ERRQUEUE)

    def as_stamps(self, count: int) -> Iterator[tuple[Any, ...]]:
        """Each notice, read as if it were a send stamp.

        (:data:`STAMP_KIND`, seconds, nanoseconds, one of :data:`REPORT_KINDS`, :data:`TX_STAMP`, number of the packet
        since stamps were asked for)
        """
        return _NOTICE.iter_unpack(self._controls[: count * _CONTROL_BYTES])

    def as_packets(self, count: int, named: struct.Struct, told: struct.Struct) -> Iterator[tuple[Any, ...]]:
        """Each packet, read as if nothing but the stamp came with it.

        ((bytes of control messages, flags, length), (:data:`STAMP_KIND`, seconds, nanoseconds), sender as ``named``
        reads it, data as ``told`` reads it)
        """
        return zip(
            _SEEN.iter_unpack(self._headers[: count * HEADER.size]),
            _STAMPED.iter_unpack(self._controls[: count * _CONTROL_BYTES]),
            named.iter_unpack(self._names[: count * NAME_BYTES]),
            told.iter_unpack(self.data[: count * SLOT_BYTES]),
            strict=True,
        )

    def arrived(self, slot: int) -> Arrived:
        """A packet or notice, read part by part."""
        _, name, _, _, _, control, flags, length = HEADER.unpack_from(self._headers, slot * HEADER.size)
        start, named, at = slot * SLOT_BYTES, slot * NAME_BYTES, slot * _CONTROL_BYTES
        stamp: int | None = None
        if control >= STAMP_BYTES:
            kind, seconds, nanoseconds = _STAMPED.unpack_from(self._controls, at)
            if kind == STAMP_KIND:
                stamp = (seconds * _SECOND_NS + nanoseconds) or None
                control -= STAMP_BYTES
                at += STAMP_BYTES
        dropped, extended, offender = self._besides(at, control) if control > 0 else _NOTHING
        return Arrived(
            bytes(self.data[start : start + min(SLOT_BYTES, length)]),
            bytes(self._names[named : named + name]),
            stamp,
            not flags & _MSG_TRUNC,
            dropped,
            extended,
            offender,
        )

    def _fill(self, descriptor: int, flags: int) -> int:
        self._headers[:] = self._fresh
        count: int = self._call(descriptor, self._at, AT_ONCE, flags, None)
        if count >= 0:
            return count
        code = ctypes.get_errno()
        if code in {errno.EAGAIN, errno.EINTR}:
            return 0
        # A pending error of the socket itself; reading has cleared it, and the queue is asked again.
        raise OSError(code, os.strerror(code))

    def _besides(self, start: int, length: int) -> _Besides:
        """What the control messages say apart from a stamp in the first place."""
        dropped: int | None = None
        extended: _ExtendedError | None = None
        offender = b""
        for kind, at, end in _controls(self._controls, start, length):
            if kind == (_SOL_SOCKET, _SO_RXQ_OVFL):
                dropped = int.from_bytes(self._controls[at : at + 4], sys.byteorder)
            elif kind in _RECVERR:
                extended = _EXTENDED.unpack_from(self._controls, at)
                offender = bytes(self._controls[at + _EXTENDED.size : end])
        return dropped, extended, offender


def _controls(buffer: memoryview, start: int, length: int) -> Iterator[tuple[tuple[int, int], int, int]]:
    """Each control message of a header: (level, type), where its data begins and ends."""
    end = start + length
    while start + _CONTROL.size <= end:
        size, level, kind = _CONTROL.unpack_from(buffer, start)
        if size < _CONTROL.size:
            return
        yield (level, kind), start + _CONTROL.size, min(start + size, end)
        start += (size + _ALIGN - 1) // _ALIGN * _ALIGN
