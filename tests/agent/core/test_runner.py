"""Runs: whatever a target or a probe does, the others are measured and the slots are accounted for."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.probe import Finding, ProbeFailed, Target
from agent.runner import Job, Runner, commit_regularly
from agent.telemetry import RunTally
from shared.wire.bounds import MOST_SAMPLES
from shared.wire.codec import Limits, decode_cycle, encode_cycles
from shared.wire.reading import ClockQuality, Cycle, Outcome, Sample
from tests.peers.village import HandClock, Heard, VillageCheck, VillageInstrument


def job(instrument: VillageInstrument, address: str, name: str | None = None) -> Job:
    check = VillageCheck(every_seconds=10)
    return Job(check, "village", Target(site="s", name=name or address, address=address), instrument)


@asynccontextmanager
async def running(runner: Runner) -> AsyncIterator[None]:
    task = asyncio.create_task(runner.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_target_that_fails_and_a_probe_that_breaks_are_readings_and_the_others_go_on() -> None:
    clock, tally, log, instrument = HandClock(), RunTally(), Heard(), VillageInstrument()
    runner = Runner([job(instrument, name) for name in ("answers", "fails", "breaks")], clock, tally, log)
    async with running(runner):
        for _ in range(30):
            await clock.move(1)
    readings = runner.take()

    by_target = {name: [r for r in readings if r.target == name] for name in ("answers", "fails", "breaks")}
    assert {name: len(found) for name, found in by_target.items()} == {"answers": 3, "fails": 3, "breaks": 3}
    assert {r.outcome for r in by_target["answers"]} == {Outcome.OK}
    assert {(r.outcome, r.reason, r.voided) for r in by_target["fails"]} == {(Outcome.TIMEOUT, "no answer in 5 s", "")}
    assert all(r.outcome is Outcome.ERROR and r.voided for r in by_target["breaks"])
    assert tally.faults == 3
    assert all("breaks" in line for line in log.lines)


async def test_a_reading_is_no_longer_than_a_collector_takes_it() -> None:
    """Of what is too much the beginning is kept: a record that is refused would take others' readings with it."""
    clock, instrument = HandClock(), VillageInstrument()
    much = tuple(Sample(f"m{n}", 1.0) for n in range(MOST_SAMPLES + 1))

    async def measure(_check: object, _target: object) -> Finding:
        return Finding(Outcome.ERROR, much, "r" * 5000, "v" * 5000)

    instrument.measure = measure  # type: ignore[method-assign]
    runner = Runner([job(instrument, "answers")], clock, RunTally(), Heard())
    reading, _ = await runner.run_once(job(instrument, "answers"))

    (blob,) = encode_cycles(Cycle("b", ClockQuality.UNKNOWN, (reading,)))
    assert decode_cycle(blob, Limits()).readings[0].samples == much[:MOST_SAMPLES]


async def test_a_run_that_overlaps_its_next_slot_is_not_started_twice() -> None:
    clock, tally, instrument = HandClock(), RunTally(), VillageInstrument()
    runner = Runner([job(instrument, "hangs")], clock, tally, Heard())
    async with running(runner):
        for _ in range(35):
            await clock.move(1)
        assert instrument.runs == {"hangs": 1}
        assert tally.skipped >= 2
        instrument.release.set()
        for _ in range(10):
            await clock.move(1)

        assert instrument.runs == {"hangs": 2}
        assert len(runner.take()) == 2


async def test_an_agent_that_slept_runs_once_and_counts_what_it_missed() -> None:
    clock, tally, instrument = HandClock(), RunTally(), VillageInstrument()
    runner = Runner([job(instrument, "answers")], clock, tally, Heard())
    async with running(runner):
        await clock.move(0)
        await clock.move(1000)

    assert instrument.runs == {"answers": 1}
    assert tally.missed == 99


async def test_what_waits_for_a_commit_that_never_comes_is_bounded_and_the_loss_is_counted() -> None:
    clock, tally, instrument = HandClock(), RunTally(), VillageInstrument()
    runner = Runner([job(instrument, "cries", f"t{n}") for n in range(100)], clock, tally, Heard())
    async with running(runner):
        for _ in range(1000):
            if tally.dropped:
                break
            await clock.move(1)
    kept = runner.take()

    assert tally.dropped > 0
    assert len(kept) == 6400
    assert len(kept) + tally.dropped == sum(tally.runs.values())
    assert [reading.started_monotonic_ns for reading in kept] == sorted(r.started_monotonic_ns for r in kept)


async def test_what_was_taken_is_not_taken_again() -> None:
    clock, instrument = HandClock(), VillageInstrument()
    runner = Runner([job(instrument, "answers")], clock, RunTally(), Heard())
    async with running(runner):
        await clock.move(10)

    assert len(runner.take()) == 1
    assert runner.take() == ()


async def test_what_is_urgent_is_committed_at_once_and_a_storm_of_it_once_a_second() -> None:
    clock, instrument = HandClock(), VillageInstrument()
    crying = [job(instrument, "cries", f"cries {number}") for number in range(10)]
    runner = Runner([*crying, job(instrument, "answers")], clock, RunTally(), Heard())
    commits: list[tuple[float, int]] = []

    async def commit() -> None:
        commits.append((clock.monotonic_ns() / 1e9, len(runner.take())))

    committing = asyncio.create_task(commit_regularly(commit, 60.0, clock, runner.urgent))
    async with running(runner):
        for _ in range(400):
            await clock.move(0.1)
    committing.cancel()
    await asyncio.gather(committing, return_exceptions=True)
    times = [time for time, _ in commits]

    assert times[0] < 10.0
    assert all(later - earlier > 0.95 for earlier, later in itertools.pairwise(times))
    # Five seconds of each slot of ten are measured, at most once a second: that is the timeout of the village's check.
    assert 120 <= instrument.runs["cries"] <= 200
    assert sum(number for _, number in commits) >= instrument.runs["cries"] - 10


async def test_what_is_not_urgent_waits_for_its_cycle() -> None:
    clock, instrument = HandClock(), VillageInstrument()
    runner = Runner([job(instrument, "answers")], clock, RunTally(), Heard())
    commits: list[int] = []

    async def commit() -> None:
        commits.append(len(runner.take()))

    committing = asyncio.create_task(commit_regularly(commit, 60.0, clock, runner.urgent))
    async with running(runner):
        for _ in range(62):
            await clock.move(1)
    committing.cancel()
    await asyncio.gather(committing, return_exceptions=True)

    assert len(commits) == 1
    assert commits[0] in {6, 7}


async def test_a_reading_is_told_at_once_though_no_disk_ever_takes_it() -> None:
    """The page at the site lives on a machine whose disk hangs."""
    clock, told = HandClock(), []
    jobs = [job(VillageInstrument(), name) for name in ("answers", "fails")]
    runner = Runner(jobs, clock, RunTally(), Heard(), told.append)
    async with running(runner):
        for _ in range(30):
            await clock.move(1)

    assert (
        sorted((reading.target, reading.outcome.value) for reading in told)
        == [("answers", "ok")] * 3 + [("fails", "timeout")] * 3
    )
    assert runner.take() == tuple(told)


class Turning(VillageInstrument):
    """Answers until it is told to fail."""

    failing = False

    async def measure(self, check: VillageCheck, target: Target) -> Finding:
        if self.failing:
            raise ProbeFailed(Outcome.TIMEOUT, "no answer")
        return await super().measure(check, target)


async def test_a_check_that_follows_another_runs_when_that_one_has_changed_for_good() -> None:
    clock, followed, follower = HandClock(), Turning(), VillageInstrument()
    target = Target(site="s", name="t", address="answers")
    ping = Job(VillageCheck(name="ping", every_seconds=10), "village", target, followed)
    path = Job(VillageCheck(name="path", every_seconds=100_000, after="ping"), "village", target, follower)
    runner = Runner([ping, path], clock, RunTally(), Heard())
    async with running(runner):
        for _ in range(30):
            await clock.move(1)
        assert follower.runs == {}
        followed.failing = True
        for _ in range(60):
            await clock.move(1)

    assert follower.runs == {"answers": 1}
