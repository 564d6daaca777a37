"""Whether this computer is connected to any network, as the kernel's interfaces say; it sends nothing."""

import fcntl
import socket
import struct
from contextlib import suppress

_SIOCGIFFLAGS = 0x8913
_LOOPBACK, _RUNNING = 0x8, 0x40
"""netdevice(7): RUNNING is an interface that is up and has its carrier."""


def has_link() -> bool | None:
    """None where the machine does not say, or has nothing but a loopback."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
            flags = [_flags(handle, name) for _, name in socket.if_nameindex()]
    except OSError:
        return None
    known = [each for each in flags if each is not None and not each & _LOOPBACK]
    return any(each & _RUNNING for each in known) if known else None


def _flags(handle: socket.socket, name: str) -> int | None:
    with suppress(OSError):  # gone since it was listed
        answer = fcntl.ioctl(handle, _SIOCGIFFLAGS, struct.pack("16sH22x", name.encode()[:15], 0))
        return int(struct.unpack_from("H", answer, 16)[0])
    return None
