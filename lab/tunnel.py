"""The TUN device of a namespace: real IP packets in, real ones out at the right moment; it knows no site."""

import asyncio
import ctypes
import fcntl
import heapq
import os
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_SIOCSIFADDR, _SIOCSIFNETMASK, _SIOCGIFFLAGS, _SIOCSIFFLAGS, _SIOCSIFTXQLEN = 0x8916, 0x891C, 0x8913, 0x8914, 0x8943
_IFF_UP = 0x1
_CLOCK_MONOTONIC, _TFD_FLAGS, _TFD_ABSTIME = 1, os.O_NONBLOCK | os.O_CLOEXEC, 1
_NAME = b"sites"
_LARGEST_BYTES = 65_536
_AT_ONCE = 256
"""Packets read in one go, so that a flood cannot keep the timer from its deliveries."""
_QUEUE_PACKETS = 4096
_SECOND_NS = 1_000_000_000

Answer = Callable[[bytes, int], Iterable[tuple[int, bytes]]]
"""A packet and when it was read -> what goes back, and when; both in nanoseconds of CLOCK_MONOTONIC."""


@contextmanager
def open_tun(address: str, mask: str) -> Iterator[int]:
    """A TUN device in the present namespace with the network of ``address`` led into it; yields its descriptor.

    Raises OSError where the machine does not allow it.
    """
    with ExitStack() as stack:
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        stack.callback(os.close, device)
        fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", _NAME, _IFF_TUN | _IFF_NO_PI))
        _set_address(_NAME, address, mask)
        yield device


def raise_loopback() -> None:
    """A new namespace's loopback is down."""
    _raise(b"lo")


class Tunnel:
    """Reads what is sent into the device and writes the answers when they are due."""

    def __init__(self, device: int, timer: "Timer", answer: Answer) -> None:
        self._device = device
        self._timer = timer
        self._answer = answer
        self._due: list[tuple[int, int, bytes]] = []
        self._order = count()
        self._armed_ns = 0

    def read(self) -> None:
        """Take the packets that wait, and put their answers on the list."""
        for _ in range(_AT_ONCE):
            try:
                packet = os.read(self._device, _LARGEST_BYTES)
            except BlockingIOError:
                break
            for at_ns, answer in self._answer(packet, time.monotonic_ns()):
                heapq.heappush(self._due, (at_ns, next(self._order), answer))
        self._arm()

    def deliver(self) -> None:
        """Write what is due."""
        self._timer.clear()
        while self._due and self._due[0][0] <= time.monotonic_ns():
            # A full queue of the receiver drops packets, as any network does.
            with suppress(OSError):
                os.write(self._device, heapq.heappop(self._due)[2])
        self._armed_ns = 0
        self._arm()

    def _arm(self) -> None:
        if not self._due or self._due[0][0] == self._armed_ns:
            return
        self._armed_ns = self._due[0][0]
        self._timer.wake_at(self._armed_ns)


class Timer:
    """A timerfd: the kernel's own timer, because the event loop's counts in whole milliseconds."""

    def __init__(self, libc: ctypes.CDLL, descriptor: int) -> None:
        self._libc = libc
        self.descriptor = descriptor

    def wake_at(self, at_ns: int) -> None:
        """Become readable at ``at_ns`` of CLOCK_MONOTONIC, in place of what was set before."""
        seconds, rest = divmod(max(at_ns, 1), _SECOND_NS)
        if self._libc.timerfd_settime(self.descriptor, _TFD_ABSTIME, struct.pack("qqqq", 0, 0, seconds, rest), None):
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def clear(self) -> None:
        """Be no longer readable."""
        with suppress(BlockingIOError):
            os.read(self.descriptor, 8)


@contextmanager
def open_timer() -> Iterator[Timer]:
    """A timer that is not set; closed at the end."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.timerfd_create(_CLOCK_MONOTONIC, _TFD_FLAGS)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "timerfd_create")
    try:
        yield Timer(libc, descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def open_tunnel(device: int, answer: Answer) -> Iterator[Tunnel]:
    """Serve the device in the running loop until the end of the block."""
    loop = asyncio.get_running_loop()
    with open_timer() as timer:
        tunnel = Tunnel(device, timer, answer)
        loop.add_reader(device, tunnel.read)
        loop.add_reader(timer.descriptor, tunnel.deliver)
        try:
            yield tunnel
        finally:
            loop.remove_reader(device)
            loop.remove_reader(timer.descriptor)


def _set_address(name: bytes, address: str, mask: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        for request, value in ((_SIOCSIFADDR, address), (_SIOCSIFNETMASK, mask)):
            fcntl.ioctl(handle, request, struct.pack("16sHH4s8x", name, socket.AF_INET, 0, socket.inet_aton(value)))
        # Only the machine's own root may lengthen the queue; the default of 500 packets serves an ordinary user.
        with suppress(PermissionError):
            fcntl.ioctl(handle, _SIOCSIFTXQLEN, struct.pack("16si20x", name, _QUEUE_PACKETS))
    _raise(name)


def _raise(name: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        found = fcntl.ioctl(handle, _SIOCGIFFLAGS, struct.pack("16sH22x", name, 0))
        (flags,) = struct.unpack_from("H", found, 16)
        fcntl.ioctl(handle, _SIOCSIFFLAGS, struct.pack("16sH22x", name, flags | _IFF_UP))
