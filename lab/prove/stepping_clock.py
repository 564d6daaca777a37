"""The clocks of a machine whose wall clock wakes up in any year and steps; true time is moved by hand."""

from shared.wire.reading import ClockQuality

_SECOND_NS = 1_000_000_000


class TrueTime:
    """What time it is; everybody's monotonic clock follows it."""

    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns

    def pass_seconds(self, seconds: float) -> None:
        """Let time pass."""
        self.now_ns += int(seconds * _SECOND_NS)


class SteppingClock:
    """One boot; see :class:`shared.clock.Clock`."""

    def __init__(self, true: TrueTime, boot_id: str, offset_ns: int) -> None:
        self._true = true
        self._boot_id = boot_id
        self._began_ns = true.now_ns
        self.offset_ns = offset_ns
        """How far the wall clock is ahead of the true time."""
        self.quality = ClockQuality.UNSYNCHRONISED

    def monotonic_ns(self) -> int:
        """See :class:`shared.clock.Clock`."""
        return self._true.now_ns - self._began_ns

    def wall_ns(self) -> int:
        """See :class:`shared.clock.Clock`."""
        return self._true.now_ns + self.offset_ns

    def boot_id(self) -> str:
        """See :class:`shared.clock.Clock`."""
        return self._boot_id

    async def sleep(self, seconds: float) -> None:
        """See :class:`shared.clock.Clock`; nobody waits here."""

    def synchronise(self) -> None:
        """A time server was reached."""
        self.offset_ns = 0
        self.quality = ClockQuality.SYNCHRONISED
