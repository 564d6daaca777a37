"""Runs checks on their slots and commits what they found, one transaction a cycle; it never judges a reading."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from agent.following import Standing, step
from agent.probe import Check, Finding, Instrument, ProbeFailed, Target
from agent.schedule import Due, Schedule
from agent.telemetry import RunTally
from shared.clock import Clock
from shared.wire.bounds import MOST_SAMPLES, WORDS_CHARACTERS
from shared.wire.reading import Outcome, Reading

_SECOND_NS = 1_000_000_000
_LONGEST_NAP_SECONDS = 1.0
_GRACE_SECONDS = 30.0
_LEAST_TRAY, _TRAY_ROUNDS = 4096, 64
"""What waits for its commit, in readings: about an hour of a small agent, a minute of one that looks at everybody."""
_URGENT_SECONDS = 1.0
"""A storm of what is urgent costs one reading a target and one commit in this time."""


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

    def __init__(
        self,
        jobs: list[Job],
        clock: Clock,
        tally: RunTally,
        log: logging.Logger,
        seen: Callable[[Reading], None] = lambda _reading: None,
    ) -> None:
        """``seen`` is told of each reading at once, before it waits for a disk."""
        self._seen = seen
        self._clock = clock
        self._tally = tally
        self._log = log
        self._schedule: Schedule[Job] = Schedule(clock.monotonic_ns())
        for job in jobs:
            self._schedule.add(job.name, job.check.every_seconds, job)
        self._followers: dict[tuple[str, str], list[Job]] = {}
        for job in jobs:
            if job.check.after:
                self._followers.setdefault((job.check.after, job.target.name), []).append(job)
        self._standing: dict[tuple[str, str], Standing] = {}
        self._going: dict[str, asyncio.Task[None]] = {}
        self._tray: list[Reading] = []
        self._tray_holds = max(_LEAST_TRAY, _TRAY_ROUNDS * len(jobs))
        self.urgent = asyncio.Event()
        """Set while the tray holds what must not wait for its cycle."""

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

    async def run_once(self, job: Job) -> tuple[Reading, bool]:
        """One run of one check as a reading, and whether it is urgent.

        A bug of ours becomes a reading with outcome ``error``, logged and counted.
        """
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
            samples=finding.samples[:MOST_SAMPLES],
            reason=finding.reason[:WORDS_CHARACTERS],
            voided=finding.voided[:WORDS_CHARACTERS],
        )
        self._tally.count(reading)
        self._follow(reading)
        return reading, finding.urgent

    def _follow(self, reading: Reading) -> None:
        """Start what is to run when this check's outcome has changed."""
        key = (reading.check, reading.target)
        if reading.voided or key not in self._followers:
            return
        now_ns = self._clock.monotonic_ns()
        self._standing[key], due = step(self._standing.get(key), reading.outcome is Outcome.OK, now_ns)
        for job in self._followers[key] if due else ():
            self._start(Due(job, now_ns, 0))

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
        """A run; after an urgent one the rest of its time is measured too, for what comes seldom comes in twos."""
        begun_ns, whole_seconds = self._clock.monotonic_ns(), job.check.timeout_seconds
        left_seconds = whole_seconds
        while left_seconds > 0:
            check = msgspec.structs.replace(job.check, timeout_seconds=left_seconds)
            reading, urgent = await self.run_once(replace(job, check=check))
            self._put(reading)
            if not urgent:
                return
            self.urgent.set()
            await self._clock.sleep(_URGENT_SECONDS)
            left_seconds = whole_seconds - (self._clock.monotonic_ns() - begun_ns) / _SECOND_NS

    def _put(self, reading: Reading) -> None:
        """A disk that never answers holds up every commit: the oldest go before memory does."""
        self._seen(reading)
        self._tray.append(reading)
        surplus = len(self._tray) - self._tray_holds
        if surplus > 0:
            del self._tray[:surplus]
            self._tally.dropped += surplus

    def _nap_seconds(self) -> float:
        slot_ns = self._schedule.next_ns()
        if slot_ns is None:
            return _LONGEST_NAP_SECONDS
        return min(_LONGEST_NAP_SECONDS, (slot_ns - self._clock.monotonic_ns()) / _SECOND_NS)


async def commit_regularly(
    commit: Callable[[], Awaitable[None]], every_seconds: float, clock: Clock, urgent: asyncio.Event
) -> None:
    """Commit a cycle each period, and as soon as ``urgent`` is set but not twice in a second, until cancelled."""
    while True:
        await _first(urgent.wait(), clock.sleep(every_seconds))
        hurried = urgent.is_set()
        urgent.clear()
        await commit()
        if hurried:
            await clock.sleep(_URGENT_SECONDS)


async def _first(*waits: Coroutine[Any, Any, object]) -> None:
    """Return when one of them has; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
