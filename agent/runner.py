"""Runs checks on their slots and commits what they found, one transaction a cycle; it never judges a reading."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agent.probe import Check, Finding, Instrument, ProbeFailed, Target
from agent.schedule import Due, Schedule
from agent.telemetry import RunTally
from shared.clock import Clock
from shared.wire.reading import Outcome, Reading

_SECOND_NS = 1_000_000_000
_LONGEST_NAP_SECONDS = 1.0
_GRACE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Job:
    """One check against one target."""

    check: Check
    kind: str
    target: Target
    instrument: Instrument

    @property
    def name(self) -> str:
        """Unique within the agent."""
        return f"{self.check.name or self.kind}/{self.target.name}"


class Runner:
    """Owns the schedule and the tray on which readings wait for their commit."""

    def __init__(self, jobs: list[Job], clock: Clock, tally: RunTally, log: logging.Logger) -> None:
        self._clock = clock
        self._tally = tally
        self._log = log
        self._schedule: Schedule[Job] = Schedule(clock.monotonic_ns())
        for job in jobs:
            self._schedule.add(job.name, job.check.every_seconds, job)
        self._going: dict[str, asyncio.Task[None]] = {}
        self._tray: list[Reading] = []

    def take(self) -> tuple[Reading, ...]:
        """Empty the tray."""
        taken = tuple(self._tray)
        self._tray.clear()
        return taken

    async def run(self) -> None:
        """Start what is due, until cancelled; then the runs under way are cancelled too."""
        try:
            while True:
                for due in self._schedule.pop_due(self._clock.monotonic_ns()):
                    self._start(due)
                await self._clock.sleep(self._nap_seconds())
        finally:
            for task in self._going.values():
                task.cancel()
            await asyncio.gather(*self._going.values(), return_exceptions=True)

    async def run_once(self, job: Job) -> Reading:
        """One run of one check as a reading; a bug of ours becomes one with outcome ``error``, logged and counted."""
        begun_ns, wall_ns = self._clock.monotonic_ns(), self._clock.wall_ns()
        finding = await self._find(job)
        reading = Reading(
            check=job.check.name or job.kind,
            kind=job.kind,
            site=job.target.site,
            target=job.target.name,
            role=job.target.role,
            outcome=finding.outcome,
            started_monotonic_ns=begun_ns,
            started_wall_ns=wall_ns,
            duration_ns=self._clock.monotonic_ns() - begun_ns,
            samples=finding.samples,
            reason=finding.reason,
            voided=finding.voided,
        )
        self._tally.count(reading)
        return reading

    async def _find(self, job: Job) -> Finding:
        try:
            async with asyncio.timeout(job.check.every_seconds + job.check.timeout_seconds + _GRACE_SECONDS):
                return await job.instrument.measure(job.check, job.target)
        except ProbeFailed as failure:
            return Finding(failure.outcome, reason=failure.reason)
        except Exception as fault:  # noqa: BLE001 - the one place where a bug of a probe must not end the agent
            self._tally.faults += 1
            self._log.error("%s: fault of the program", job.name, exc_info=fault)
            why = f"fault of the probe itself: {type(fault).__name__}"
            return Finding(Outcome.ERROR, reason=why, voided=why)

    def _start(self, due: Due[Job]) -> None:
        self._tally.missed += due.missed
        name = due.job.name
        if name in self._going:
            self._tally.skipped += 1
            return
        task = asyncio.create_task(self._run_to_tray(due.job), name=name)
        self._going[name] = task
        task.add_done_callback(lambda _: self._going.pop(name, None))

    async def _run_to_tray(self, job: Job) -> None:
        self._tray.append(await self.run_once(job))

    def _nap_seconds(self) -> float:
        slot_ns = self._schedule.next_ns()
        if slot_ns is None:
            return _LONGEST_NAP_SECONDS
        return min(_LONGEST_NAP_SECONDS, (slot_ns - self._clock.monotonic_ns()) / _SECOND_NS)


async def commit_regularly(commit: Callable[[], Awaitable[None]], every_seconds: float, clock: Clock) -> None:
    """Commit a cycle each period, until cancelled."""
    while True:
        await clock.sleep(every_seconds)
        await commit()
