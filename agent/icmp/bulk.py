"""Many packets out in one system call (sendmmsg): arrays of message headers, without any idea of ICMP."""

import ctypes
import struct

AT_ONCE = 64
HEADER = struct.Struct("@PIPNPNi0PI0P")
"""struct mmsghdr: name, its length, iovec, how many, control, its length, flags, bytes moved; 0P pads as C does."""
PART = struct.Struct("@PN")
NAME_BYTES = 28
_MSG_DONTWAIT = 0x40


class Libc:
    """The two calls, without the types that would make each call slower."""

    def __init__(self) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        self.send, self.receive = library.sendmmsg, library.recvmmsg
        self.send.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)
        self.receive.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)


class Sender:
    """Sends up to :data:`AT_ONCE` packets at once: heads of one length, each followed by the same tail."""

    def __init__(self, head_bytes: int) -> None:
        self._call = Libc().send
        self._head_bytes = head_bytes
        self._headers = bytearray(HEADER.size * AT_ONCE)
        self._parts = bytearray(PART.size * 2 * AT_ONCE)
        self._names = bytearray(NAME_BYTES * AT_ONCE)
        self._heads = bytearray(head_bytes * AT_ONCE)
        self._at, self._heads_at = address_of(self._headers), address_of(self._heads)
        self._names_at, self._parts_at = address_of(self._names), address_of(self._parts)
        self._name_bytes = 0
        self._tail: bytes | None = None

    def send(self, descriptor: int, names: list[bytes], heads: list[bytes], tail: bytes) -> tuple[int, int]:
        """Send to socket addresses of one family; how many packets left, and the errno that stopped the first."""
        if len(names[0]) != self._name_bytes:
            self._address_as(len(names[0]))
        if tail is not self._tail:
            self._end_with(tail)
        self._names[: len(names) * self._name_bytes] = b"".join(names)
        self._heads[: len(heads) * self._head_bytes] = b"".join(heads)
        sent = self._call(descriptor, self._at, len(heads), _MSG_DONTWAIT)
        return (0, ctypes.get_errno()) if sent < 0 else (sent, 0)

    def _address_as(self, name_bytes: int) -> None:
        self._name_bytes = name_bytes
        for slot in range(AT_ONCE):
            name, parts = self._names_at + slot * name_bytes, self._parts_at + slot * 2 * PART.size
            HEADER.pack_into(self._headers, slot * HEADER.size, name, name_bytes, parts, 2, 0, 0, 0, 0)

    def _end_with(self, tail: bytes) -> None:
        # A bytes object stays where it is while this refers to it.
        self._tail = tail
        tail_at = ctypes.cast(ctypes.c_char_p(tail), ctypes.c_void_p).value or 0
        for slot in range(AT_ONCE):
            at = slot * 2 * PART.size
            PART.pack_into(self._parts, at, self._heads_at + slot * self._head_bytes, self._head_bytes)
            PART.pack_into(self._parts, at + PART.size, tail_at, len(tail))


def address_of(buffer: bytearray) -> int:
    """Where a buffer begins; it must not grow any more."""
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))
