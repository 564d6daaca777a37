"""The only room that reads a clock: everybody else is handed one."""

import asyncio
import time
from pathlib import Path
from typing import Protocol

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """Time as it is asked for, so that tests and the lab can own it."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since boot, suspended time included; never goes back."""
        ...

    def wall_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC in the host's opinion; may step either way."""
        ...

    def boot_id(self) -> str:
        """Name of the boot that ``monotonic_ns`` counts from."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` of monotonic time, at once when not positive."""
        ...


class SystemClock:
    """The host's clocks: CLOCK_BOOTTIME and CLOCK_REALTIME."""

    def monotonic_ns(self) -> int:
        """See :class:`Clock`."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def wall_ns(self) -> int:
        """See :class:`Clock`."""
        return time.time_ns()

    def boot_id(self) -> str:
        """See :class:`Clock`."""
        return _BOOT_ID.read_text(encoding="ascii").strip()

    async def sleep(self, seconds: float) -> None:
        """See :class:`Clock`."""
        await asyncio.sleep(max(0.0, seconds))
