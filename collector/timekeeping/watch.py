"""Looks at the collector's clock each second, and has stamps put right once it is believed; it judges none itself."""

from collections.abc import Callable
from typing import Protocol

from collector.arrival import Arrival
from collector.timekeeping.cautious import CautiousClock
from collector.timekeeping.doubt import Witness, consensus
from shared.logs import Limited
from shared.release import BUILT_NS, LONGEST_LIFE_NS
from shared.wire.reading import ClockQuality

_SECOND_NS = 1_000_000_000
_PATIENCE_NS = 900 * _SECOND_NS
"""So long people are not called: clocks are mostly put right soon after a start, and silence is no answer for long."""


class Stamps(Protocol):
    """See :class:`collector.ingest.unsure.Stamps`."""

    async def newest_before(self, wall_ns: int) -> int:
        """The newest stamp below this one; 0 where there is none."""
        ...

    async def doubt(self, boot_id: str, offset_ns: int) -> None:
        """What comes from now on has doubtful stamps."""
        ...

    async def trust(self) -> None:
        """What comes from now on has not."""
        ...

    async def restamp(self, boot_id: str, offset_ns: int) -> int:
        """Put some of the doubtful ones right; gives how many, 0 where none is left."""
        ...


class Watch:
    """Whether the collector's clock is believed, for all whom it concerns."""

    def __init__(self, clock: CautiousClock, stamps: Stamps, tell: Callable[[bool], None], complain: Limited) -> None:
        """``tell`` takes whether the clock is doubted."""
        self._clock = clock
        self._stamps = stamps
        self._tell = tell
        self._complain = complain
        self._witnesses: dict[str, Witness] = {}
        self._began_ns: int | None = None
        """When the doubt began, monotonic; None where there is none, and all stamps are right."""

    @property
    def why(self) -> str:
        """Why what goes by the wall clock must wait; empty where nothing need."""
        if self._clock.is_doubted:
            return self._clock.why or "the collector's clock is looked at"
        return "" if self._began_ns is None else "what came while the clock was wrong is put right"

    def excuse(self) -> str:
        """The same, for whoever asks later."""
        return self.why

    def holds_calls(self) -> bool:
        """Whether people are not to be called either."""
        return self._began_ns is not None and self._clock.monotonic_ns() - self._began_ns < _PATIENCE_NS

    def hear(self, arrival: Arrival) -> None:
        """An agent whose clock follows a reference tells what it shows."""
        batch = arrival.batch
        newest = batch.records[-1].cycle if batch.records else None
        if newest is None or newest.clock is not ClockQuality.SYNCHRONISED or newest.boot_id != batch.boot_id:
            self._witnesses.pop(arrival.agent, None)
            return
        ahead_ns = batch.sent_wall_ns - arrival.received_monotonic_ns
        self._witnesses[arrival.agent] = Witness(arrival.received_monotonic_ns, ahead_ns)

    async def begin(self) -> None:
        """Before anything is stored: it is at least as late as when the newest batch came."""
        self._clock.learn(await self._stamps.newest_before(BUILT_NS + LONGEST_LIFE_NS))
        await self.look()
        if not self._clock.is_doubted:
            await self._stamps.trust()
            await self._put_right()

    async def look(self) -> None:
        """Look once; raises InboxFailedError where the inbox takes nothing, and is then to be called again."""
        self._clock.look(consensus(self._witnesses.values(), self._clock.monotonic_ns()))
        self._tell_doubt()
        if self._clock.is_doubted and self._began_ns is None:
            await self._stamps.doubt(self._clock.boot_id(), self._clock.offset_ns)
            self._began_ns = self._clock.monotonic_ns()
            self._complain.warning(
                "the clock is doubted, and nothing is forwarded, copied or forgotten", self._clock.why
            )
        if self._began_ns is not None and not self._clock.why:
            if self._clock.is_doubted:
                await self._trust()
            number = await self._put_right()
            self._began_ns = None
            self._tell_doubt()
            self._complain.warning("the clock is believed again", f"{number} batches that came meanwhile are restamped")

    async def run_for_ever(self) -> None:
        """Look each second until cancelled."""
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - a disk that fails must not end the watch
                self._complain.warning("the clock cannot be watched", str(error))
            await self._clock.sleep(1.0)

    async def _trust(self) -> None:
        """Nothing is stamped between the clock's word and the inbox's, which waits behind all that was stamped."""
        doubt_again = self._clock.trust()
        try:
            await self._stamps.trust()
        except BaseException:
            doubt_again()
            raise

    def _tell_doubt(self) -> None:
        self._tell(bool(self.why))

    async def _put_right(self) -> int:
        number = 0
        while more := await self._stamps.restamp(self._clock.boot_id(), self._clock.offset_ns):
            number += more
        return number
