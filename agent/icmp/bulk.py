"""Many packets in one system call (sendmmsg, recvmmsg): arrays of message headers, without any idea of ICMP."""

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterator
from typing import NamedTuple

AT_ONCE = 64
_HEADER = struct.Struct("@PIPNPNi0PI0P")
"""struct mmsghdr: name, its length, iovec, how many, control, its length, flags, bytes moved; 0P pads as C does."""
_PART = struct.Struct("@PN")
_CONTROL = struct.Struct("@Nii")
_NAME_BYTES = 28
_SLOT_BYTES = 2048
_CONTROL_BYTES = 320
_ALIGN = struct.calcsize("N")
_EXTENDED = struct.Struct("@IBBBBII")
"""struct sock_extended_err: errno, origin, type, code, padding, info, data."""

# Plain numbers: the socket module's are enumerations, whose arithmetic costs more than the packet's.
_SOL_SOCKET, _SO_RXQ_OVFL, _SCM_TIMESTAMPING = 1, 40, 37
_RECVERR = frozenset(((0, 11), (41, 25)))
_MSG_TRUNC, _MSG_DONTWAIT, _MSG_ERRQUEUE = 0x20, 0x40, 0x2000
_STAMPED = struct.Struct("@Nii2l")
"""The beginning of a control buffer whose first message is the stamps: the software stamp stands first."""
_SECOND_NS = 1_000_000_000


_NOTICE = struct.Struct("@Nii2l4lNiiIBBBBII0P")
"""Stamps, then the extended error that says which packet they are for: what a send stamp looks like."""
_TX_STAMP = 4
"""Origin of an extended error that is a stamp, SO_EE_ORIGIN_TIMESTAMPING."""


class SendStamp(NamedTuple):
    """When the kernel sent a packet: the packet's number since stamps were asked for, nanoseconds since 1970."""

    number: int
    stamp_ns: int


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


class _Libc:
    def __init__(self) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        self.send, self.receive = library.sendmmsg, library.recvmmsg
        self.send.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)
        self.receive.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)


class Sender:
    """Sends up to :data:`AT_ONCE` packets at once from buffers that are made once."""

    def __init__(self) -> None:
        self._call = _Libc().send
        self._headers = bytearray(_HEADER.size * AT_ONCE)
        self._parts = bytearray(_PART.size * AT_ONCE)
        self._names = bytearray(_NAME_BYTES * AT_ONCE)
        self._data = bytearray(_SLOT_BYTES * AT_ONCE)
        self._at, self._data_at = _address(self._headers), _address(self._data)
        self._names_at, self._parts_at = _address(self._names), _address(self._parts)
        self._name_bytes = 0

    def send(self, descriptor: int, packets: list[tuple[bytes, bytes]]) -> tuple[int, int]:
        """Send (socket address, packet) pairs of one family; how many left, and the errno that stopped the first."""
        self._address_as(len(packets[0][0]))
        for slot, (name, packet) in enumerate(packets):
            start, length = slot * _NAME_BYTES, len(packet)
            self._names[start : start + len(name)] = name
            at = self._data_at + slot * _SLOT_BYTES
            if length <= _SLOT_BYTES:
                self._data[slot * _SLOT_BYTES : slot * _SLOT_BYTES + length] = packet
            else:
                # A bytes object stays where it is while the list holds it.
                at = ctypes.cast(ctypes.c_char_p(packet), ctypes.c_void_p).value or 0
            _PART.pack_into(self._parts, slot * _PART.size, at, length)
        sent = self._call(descriptor, self._at, len(packets), _MSG_DONTWAIT)
        return (0, ctypes.get_errno()) if sent < 0 else (sent, 0)

    def _address_as(self, name_bytes: int) -> None:
        if name_bytes == self._name_bytes:
            return
        self._name_bytes = name_bytes
        for slot in range(AT_ONCE):
            name, part = self._names_at + slot * _NAME_BYTES, self._parts_at + slot * _PART.size
            _HEADER.pack_into(self._headers, slot * _HEADER.size, name, name_bytes, part, 1, 0, 0, 0, 0)


class Receiver:
    """Receives up to :data:`AT_ONCE` packets at once, the first ``slot_bytes`` of each."""

    def __init__(self, slot_bytes: int = 256) -> None:
        self._call = _Libc().receive
        self._slot = slot_bytes
        self._data = bytearray(slot_bytes * AT_ONCE)
        self._names = bytearray(_NAME_BYTES * AT_ONCE)
        self._controls = bytearray(_CONTROL_BYTES * AT_ONCE)
        self._parts = bytearray(_PART.size * AT_ONCE)
        self._headers = bytearray(_HEADER.size * AT_ONCE)
        data, names, controls = _address(self._data), _address(self._names), _address(self._controls)
        parts = _address(self._parts)
        for slot in range(AT_ONCE):
            _PART.pack_into(self._parts, slot * _PART.size, data + slot * slot_bytes, slot_bytes)
            _HEADER.pack_into(
                self._headers,
                slot * _HEADER.size,
                names + slot * _NAME_BYTES,
                _NAME_BYTES,
                parts + slot * _PART.size,
                1,
                controls + slot * _CONTROL_BYTES,
                _CONTROL_BYTES,
                0,
                0,
            )
        self._fresh = bytes(self._headers)
        self._at = _address(self._headers)

    def receive(self, descriptor: int) -> list[Arrived]:
        """Packets that wait on the socket; an empty list when none does."""
        return [self._arrived(slot) for slot in range(self._fill(descriptor, _MSG_DONTWAIT))]

    def notices(self, descriptor: int) -> list[SendStamp | Arrived]:
        """What waits on the error queue: send stamps and reports of ICMP errors."""
        count = self._fill(descriptor, _MSG_DONTWAIT | _MSG_ERRQUEUE)
        return [self._send_stamp(slot) or self._arrived(slot) for slot in range(count)]

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

    def _send_stamp(self, slot: int) -> SendStamp | None:
        """The message of a slot where it has the layout of a send stamp; anything else is read part by part."""
        found = _NOTICE.unpack_from(self._controls, slot * _CONTROL_BYTES)
        if found[2] != _SCM_TIMESTAMPING or found[13] != _TX_STAMP or (found[10], found[11]) not in _RECVERR:
            return None
        return SendStamp(found[18], found[3] * _SECOND_NS + found[4])

    def _arrived(self, slot: int) -> Arrived:
        _, name, _, _, _, control, flags, length = _HEADER.unpack_from(self._headers, slot * _HEADER.size)
        start, named, at = slot * self._slot, slot * _NAME_BYTES, slot * _CONTROL_BYTES
        stamp: int | None = None
        if control >= _STAMPED.size:
            size, level, kind, seconds, nanoseconds = _STAMPED.unpack_from(self._controls, at)
            if kind == _SCM_TIMESTAMPING and level == _SOL_SOCKET:
                stamp = (seconds * _SECOND_NS + nanoseconds) or None
                control -= size
                at += size
        dropped, extended, offender = self._besides(at, control) if control > 0 else _NOTHING
        return Arrived(
            bytes(self._data[start : start + (min(self._slot, length))]),
            bytes(self._names[named : named + name]),
            stamp,
            not flags & _MSG_TRUNC,
            dropped,
            extended,
            offender,
        )

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


def _controls(buffer: bytearray, start: int, length: int) -> Iterator[tuple[tuple[int, int], int, int]]:
    """Each control message of a header: (level, type), where its data begins and ends."""
    end = start + length
    while start + _CONTROL.size <= end:
        size, level, kind = _CONTROL.unpack_from(buffer, start)
        if size < _CONTROL.size:
            return
        yield (level, kind), start + _CONTROL.size, min(start + size, end)
        start += (size + _ALIGN - 1) // _ALIGN * _ALIGN


def _address(buffer: bytearray) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))
