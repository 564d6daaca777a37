"""Counts what a connection cost on the line, as the kernel counted it (tcp(7), TCP_INFO); it sends nothing.

The kernel counts TCP's payload both ways with what was sent again: HTTP's headers, TLS and its handshake are in it.
Estimated are IP's and TCP's own headers for each segment, the segments that end a connection, and what a connection
cost that never came about. Names are asked of the system: DNS is not counted.
"""

import contextlib
import os
import socket
import struct
import threading

# struct tcp_info of <linux/tcp.h>: bytes_received (4.1), segs_out, segs_in (4.2), bytes_sent with repetitions (4.19).
_BYTES_ACKED, _BYTES_RECEIVED, _SEGMENTS_OUT, _BYTES_SENT = 120, 128, 136, 200
_INFO_BYTES = 240
_HEADERS = {socket.AF_INET: 52, socket.AF_INET6: 72}
"""IP and TCP with timestamps (RFC 7323)."""
_ENDING_SEGMENTS = 3
FAILED_CONNECT_BYTES = 300
FAILED_HANDSHAKE_BYTES = 6000


class Meter:
    """Bytes so far; threads may add at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.bytes = 0

    def add(self, count: int) -> None:
        """Count more."""
        with self._lock:
            self.bytes += count


class Tap:
    """Watches one connected socket, also after its owner closed it; :meth:`close` must be called."""

    def __init__(self, line: socket.socket, meter: Meter) -> None:
        self._meter = meter
        self._line = socket.socket(line.family, line.type, line.proto, fileno=os.dup(line.fileno()))

    def close(self, otherwise: int) -> None:
        """Count what the connection cost, ``otherwise`` where the kernel cannot say; then let go of it."""
        with self._line:
            self._meter.add(_cost(self._line, otherwise))


def _cost(line: socket.socket, otherwise: int) -> int:
    info = b""
    if line.family in _HEADERS:
        with contextlib.suppress(OSError):
            info = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
    if len(info) < _SEGMENTS_OUT + 8:
        return otherwise
    (received,) = struct.unpack_from("=Q", info, _BYTES_RECEIVED)
    out, into = struct.unpack_from("=II", info, _SEGMENTS_OUT)
    sent_at = _BYTES_SENT if len(info) >= _BYTES_SENT + 8 else _BYTES_ACKED
    (sent,) = struct.unpack_from("=Q", info, sent_at)
    return int(sent + received + (out + into + _ENDING_SEGMENTS) * _HEADERS[line.family])
