"""Waits until the kernel stamps what it receives, a moment after the first socket asked for it; sends no ICMP."""

import socket
import time
from contextlib import suppress

_SO_TIMESTAMPING = 37
_RX_SOFTWARE, _SOFTWARE = 1 << 3, 1 << 4
_TRIES = 50
_PAUSE_SECONDS = 0.001


def wait_for_receive_stamps() -> bool:
    """Send datagrams to oneself until one carries a stamp, for 50 ms at the most; False where none did.

    The caller's own socket must have asked already, or the kernel stops again when this one is closed
    (``net_enable_timestamp`` turns a static key in a work queue).
    """
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("127.0.0.1", 0))
        own.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPING, _RX_SOFTWARE | _SOFTWARE)
        own.settimeout(_TRIES * _PAUSE_SECONDS)
        for _ in range(_TRIES):
            own.sendto(b"?", own.getsockname())
            _, messages, _, _ = own.recvmsg(16, 256)
            if any(kind == _SO_TIMESTAMPING and any(stamps) for _, kind, stamps in messages):
                return True
            time.sleep(_PAUSE_SECONDS)
    return False
