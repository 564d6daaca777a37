"""Runs: whatever a target or a probe does, the others are measured and the slots are accounted for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.probe import Target
from agent.runner import Job, Runner
from agent.telemetry import RunTally
from shared.wire.reading import Outcome
from tests.peers.village import HandClock, Heard, VillageCheck, VillageInstrument


def job(instrument: VillageInstrument, address: str) -> Job:
    check = VillageCheck(every_seconds=10)
    return Job(check, "village", Target(site="s", name=address, address=address), instrument)


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


async def test_what_was_taken_is_not_taken_again() -> None:
    clock, instrument = HandClock(), VillageInstrument()
    runner = Runner([job(instrument, "answers")], clock, RunTally(), Heard())
    async with running(runner):
        await clock.move(10)

    assert len(runner.take()) == 1
    assert runner.take() == ()
