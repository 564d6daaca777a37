"""A probe of the tests' own and the clock it runs by: targets answer, fail, hang or break as their address says."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from agent.probe import Check, Finding, Probe, ProbeFailed, Surroundings, Target
from agent.timekeeping.keeper import Timekeeper, read_known
from shared.clock import Clock
from shared.logs import Limited
from shared.wire.reading import ClockQuality, Metric, MetricKind, Outcome, Sample

SECOND_NS = 1_000_000_000


class VillageCheck(Check, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="village"):
    """Nothing to set."""


class VillageInstrument:
    """Counts its runs by address."""

    metrics = (Metric("village_runs_total", MetricKind.COUNTER, "Runs against this target."),)

    def __init__(self) -> None:
        self.runs: dict[str, int] = {}
        self.release = asyncio.Event()

    async def measure(self, check: VillageCheck, target: Target) -> Finding:  # noqa: ARG002 - the contract's
        """What the address says."""
        self.runs[target.address] = self.runs.get(target.address, 0) + 1
        if target.address == "fails":
            raise ProbeFailed(Outcome.TIMEOUT, "no answer in 5 s")
        if target.address == "breaks":
            raise ZeroDivisionError("a bug of the probe")
        if target.address == "hangs":
            await self.release.wait()
        if target.address == "cries":
            return Finding(Outcome.OK, urgent=True)
        return Finding(Outcome.OK, (Sample("village_runs_total", float(self.runs[target.address])),))


@asynccontextmanager
async def _open(_surroundings: Surroundings) -> AsyncIterator[VillageInstrument]:
    yield VillageInstrument()


VILLAGE = Probe(kind="village", summary="does what the address says", check=VillageCheck, open=_open)


class HandClock:
    """Time that stands until it is moved; see :class:`shared.clock.Clock`."""

    def __init__(self) -> None:
        self._now_ns = 0
        self._moved = asyncio.Condition()

    def monotonic_ns(self) -> int:
        return self._now_ns

    def wall_ns(self) -> int:
        return 1_700_000_000 * SECOND_NS + self._now_ns

    def boot_id(self) -> str:
        return "the-only-boot"

    async def sleep(self, seconds: float) -> None:
        until = self._now_ns + int(seconds * SECOND_NS)
        async with self._moved:
            await self._moved.wait_for(lambda: self._now_ns >= until)

    async def move(self, seconds: float) -> None:
        """Let time pass, then let everybody who was woken do what is to do."""
        self._now_ns += int(seconds * SECOND_NS)
        async with self._moved:
            self._moved.notify_all()
        for _ in range(20):
            await asyncio.sleep(0)


class Heard(logging.Logger):
    """A log that remembers its lines."""

    def __init__(self) -> None:
        super().__init__("heard")
        self.lines: list[str] = []

    def handle(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def timekeeper(folder: Path, clock: Clock, kernel: ClockQuality = ClockQuality.UNKNOWN) -> Timekeeper:
    """What knows the time in ``folder``, beside a kernel of this opinion."""
    complain = Limited(Heard(), clock)
    return Timekeeper(folder, read_known(folder), clock=clock, kernel=lambda: kernel, complain=complain)
