"""One ICMP socket for all targets of a family: raw or datagram, with the kernel's stamps; it schedules nothing."""

import ctypes
import errno
import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from agent.icmp.bpf import filter_of
from agent.icmp.bulk import Sender
from agent.icmp.packet import HEAD_BYTES
from agent.icmp.receiver import Receiver
from agent.icmp.stamping import wait_for_receive_stamps

_SO_ATTACH_FILTER, _SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 26, 32, 33
_SO_TIMESTAMPING, _SO_RXQ_OVFL = 37, 40
_IP_MTU_DISCOVER, _IP_RECVERR, _IPV6_MTU_DISCOVER, _IPV6_RECVERR, _IPV6_DONTFRAG = 10, 11, 23, 25, 62
_PMTU_PROBE, _PMTU_INTERFACE = 3, 4
"""Neither believes what routers say of the path's MTU; the first sets don't-fragment, the second does not."""
_TX_SOFTWARE, _RX_SOFTWARE, _SOFTWARE, _OPT_ID, _OPT_TSONLY = 1 << 1, 1 << 3, 1 << 4, 1 << 7, 1 << 11
_STAMPS = _TX_SOFTWARE | _RX_SOFTWARE | _SOFTWARE | _OPT_ID | _OPT_TSONLY
_BUFFER_BYTES = 16 * 1024 * 1024
_PACKET_MEMORY_BYTES = 1024
"""About what the kernel charges the receive buffer for a small packet."""
_TRIES = 64


class NoPermission(Exception):  # noqa: N818 - a state of the machine, in one line for its operator
    """Neither a raw nor a datagram ICMP socket may be opened."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How packets leave: time to live (hop limit), differentiated services code point (RFC 2474), don't-fragment."""

    ttl: int = 64
    dscp: int = 0
    dont_fragment: bool = False


class Port:
    """An open socket with its buffers."""

    def __init__(self, version: int, sock: socket.socket, *, raw: bool, stamped: bool, identifier: int) -> None:
        self.version = version
        self.raw = raw
        self.stamped = stamped
        self.identifier = identifier
        self.capacity = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // _PACKET_MEMORY_BYTES
        """Packets that surely fit into the receive buffer."""
        self._socket = sock
        self._manner: Manner | None = None
        self._sender = Sender(HEAD_BYTES)
        self.receiver = Receiver()
        """What was read last, until the next reading."""

    def fileno(self) -> int:
        """The descriptor, for the event loop."""
        return self._socket.fileno()

    def behave(self, manner: Manner) -> None:
        """Set how the next packets leave; costs nothing while it stays the same."""
        if manner == self._manner:
            return
        discover = _PMTU_PROBE if manner.dont_fragment else _PMTU_INTERFACE
        if self.version == 4:
            self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, manner.ttl)
            self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, manner.dscp << 2)
            self._socket.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, discover)
        else:
            self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, manner.ttl)
            self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, manner.dscp << 2)
            self._socket.setsockopt(socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER, discover)
            self._socket.setsockopt(socket.IPPROTO_IPV6, _IPV6_DONTFRAG, int(manner.dont_fragment))
        self._manner = manner

    def send(self, names: list[bytes], heads: list[bytes], tail: bytes) -> tuple[int, int]:
        """See :meth:`Sender.send`."""
        return self._sender.send(self.fileno(), names, heads, tail)

    def count_from_zero(self) -> None:
        """The kernel numbers send stamps; after a send that failed only a new start makes the number certain."""
        if self.stamped:
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPING, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPING, _STAMPS)

    def gather(self) -> int:
        """Read packets that wait into the receiver's buffers; how many, 0 when there are no more."""
        return _patiently(self.receiver.gather, self.fileno())

    def gather_notices(self) -> int:
        """The same for the error queue: send stamps, and on a datagram socket ICMP errors."""
        return _patiently(self.receiver.gather_notices, self.fileno())


def _patiently(read: Callable[[int], int], descriptor: int) -> int:
    """A datagram socket reports another packet's ICMP error once; what waits is still there after it."""
    for _ in range(_TRIES):
        with suppress(OSError):
            return read(descriptor)
    return 0


def address_text(version: int, name: bytes) -> str:
    """The address in a socket address as text; empty where there is none."""
    packed = packed_address(version, name)
    return socket.inet_ntop(socket.AF_INET if version == 4 else socket.AF_INET6, packed) if packed else ""


def packed_address(version: int, name: bytes) -> bytes:
    """The address in a socket address, 4 or 16 bytes; empty where there is none."""
    return name[4:8] if version == 4 and len(name) >= 8 else name[8:24] if version == 6 and len(name) >= 24 else b""


def socket_address(family: socket.AddressFamily, address: tuple[object, ...]) -> bytes:
    """What the kernel takes as address, from what ``getaddrinfo`` gives."""
    packed = socket.inet_pton(family, str(address[0]).partition("%")[0])
    if family == socket.AF_INET:
        return struct.pack("@H", family) + b"\0\0" + packed + bytes(8)
    return struct.pack("@H", family) + bytes(6) + packed + struct.pack("@I", int(str(address[3])))


@contextmanager
def open_port(version: int, *, raw: bool = True, stamps: bool = True) -> Iterator[Port]:
    """Open the family's socket: raw where ``raw`` and the machine allow it, else datagram.

    Raises :class:`NoPermission` where neither may be opened, OSError where the machine has no such family.
    """
    sock, is_raw = _open_socket(version, raw=raw)
    with sock:
        identifier = int.from_bytes(os.urandom(2), "big")
        if is_raw:
            _admit_only(sock, version, identifier)
        else:
            level, option = (socket.IPPROTO_IP, _IP_RECVERR) if version == 4 else (socket.IPPROTO_IPV6, _IPV6_RECVERR)
            sock.setsockopt(level, option, 1)
        _widen(sock)
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
        stamped = stamps and _stamp(sock)
        yield Port(version, sock, raw=is_raw, stamped=stamped, identifier=identifier)


def _open_socket(version: int, *, raw: bool) -> tuple[socket.socket, bool]:
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    protocol = socket.IPPROTO_ICMP if version == 4 else socket.IPPROTO_ICMPV6
    kinds = (socket.SOCK_RAW, socket.SOCK_DGRAM) if raw else (socket.SOCK_DGRAM,)
    for kind in kinds:
        try:
            return socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol), kind is socket.SOCK_RAW
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EACCES):
                raise
    raise NoPermission(
        "this user may not open ICMP sockets: run "
        f"\"sysctl -w net.ipv4.ping_group_range='{os.getegid()} {os.getegid()}'\" as root, "
        "or give the service AmbientCapabilities=CAP_NET_RAW"
    )


def _admit_only(sock: socket.socket, version: int, identifier: int) -> None:
    program = filter_of(version, identifier)
    held = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("@HP", len(program) // 8, ctypes.addressof(held))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, described)


def _widen(sock: socket.socket) -> None:
    for forced, asked in ((_SO_RCVBUFFORCE, socket.SO_RCVBUF), (_SO_SNDBUFFORCE, socket.SO_SNDBUF)):
        try:
            sock.setsockopt(socket.SOL_SOCKET, forced, _BUFFER_BYTES)
        except OSError:
            sock.setsockopt(socket.SOL_SOCKET, asked, _BUFFER_BYTES)


def _stamp(sock: socket.socket) -> bool:
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPING, _STAMPS)
        wait_for_receive_stamps()
    except OSError:
        return False
    return True
