"""Whether the kernel believes that its wall clock follows a reference; it never sets a clock."""

import ctypes
import struct

from shared.wire.reading import ClockQuality

_TIME_ERROR = 5
_STA_UNSYNC = 0x0040
_TIMEX_BYTES = 208
_STATUS_OFFSET = 40


def clock_quality() -> ClockQuality:
    """Ask adjtimex(2) without changing anything; ``unknown`` where it cannot be asked."""
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    except (OSError, AttributeError):
        return ClockQuality.UNKNOWN
    if state < 0 or struct.calcsize("l") != 8:
        return ClockQuality.UNKNOWN
    (status,) = struct.unpack_from("i", buffer.raw, _STATUS_OFFSET)
    unsynchronised = state == _TIME_ERROR or bool(status & _STA_UNSYNC)
    return ClockQuality.UNSYNCHRONISED if unsynchronised else ClockQuality.SYNCHRONISED
