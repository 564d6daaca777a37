"""The collector's clock: while the machine's cannot be right, time goes on from the newest that is known."""

from collections.abc import Callable

from collector.timekeeping.doubt import doubt, is_absurd
from shared.clock import Clock
from shared.release import BUILT_NS, LONGEST_LIFE_NS
from shared.wire.reading import ClockQuality


class CautiousClock:
    """See :class:`shared.clock.Clock`; what goes on is behind the truth by as long as the machine was off."""

    def __init__(self, clock: Clock, kernel: Callable[[], ClockQuality], written_ns: int = BUILT_NS) -> None:
        """``kernel`` tells whether the machine's clock follows a reference; ``written_ns`` when this release was."""
        self._clock = clock
        self._kernel = kernel
        self._written_ns = written_ns
        self._known_ns = written_ns - clock.monotonic_ns()
        """The newest time that was believed, as its distance from the monotonic clock."""
        self.why = ""
        """Why the machine's clock is not believed; empty where it is, or could be again: see :meth:`trust`."""
        self.is_doubted = False
        """Whether time goes on from the newest that is known."""

    def monotonic_ns(self) -> int:
        """See :class:`shared.clock.Clock`."""
        return self._clock.monotonic_ns()

    def boot_id(self) -> str:
        """See :class:`shared.clock.Clock`."""
        return self._clock.boot_id()

    async def sleep(self, seconds: float) -> None:
        """See :class:`shared.clock.Clock`."""
        await self._clock.sleep(seconds)

    def wall_ns(self) -> int:
        """See :class:`shared.clock.Clock`; never a time that cannot be, not even at the moment of a step."""
        shown_ns = self._clock.wall_ns()
        if not self.is_doubted and is_absurd(shown_ns, self._going_on_ns()):
            self.is_doubted = True
        return self._going_on_ns() if self.is_doubted else shown_ns

    def vouched_ns(self) -> int:
        """The same for those who would go by it; 0, which nobody believes, while it is doubted."""
        shown_ns = self.wall_ns()
        return 0 if self.is_doubted else shown_ns

    @property
    def offset_ns(self) -> int:
        """How far the wall clock is ahead of the monotonic one, by the newest time that is known."""
        return self._known_ns

    def learn(self, wall_ns: int) -> None:
        """It was this late once: when the newest batch came."""
        if self._going_on_ns() < wall_ns < BUILT_NS + LONGEST_LIFE_NS:
            self._known_ns = wall_ns - self._clock.monotonic_ns()

    def look(self, consensus_ns: int | None) -> None:
        """Judge the machine's clock by all that is known."""
        shown_ns, follows = self._clock.wall_ns(), self._kernel() is ClockQuality.SYNCHRONISED
        self.why = doubt(shown_ns, self._written_ns, self._going_on_ns(), consensus_ns, follows=follows)
        if self.why:
            self.is_doubted = True
        elif not self.is_doubted:
            self._known_ns = shown_ns - self._clock.monotonic_ns()

    def trust(self) -> Callable[[], None]:
        """Believe the machine's clock again; gives how to go back to the doubt as it was."""
        before_ns = self._known_ns
        self._known_ns = self._clock.wall_ns() - self._clock.monotonic_ns()
        self.is_doubted = False

        def doubt_again() -> None:
            self._known_ns, self.is_doubted = before_ns, True

        return doubt_again

    def _going_on_ns(self) -> int:
        return self._known_ns + self._clock.monotonic_ns()
