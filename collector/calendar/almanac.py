"""The nightly work at a time of day in the province's time zone, by APScheduler; a missed night is made up for once.

APScheduler keeps its jobs in memory: what a restart must know stands in the name of the newest backup. It waits by the
wall clock as it was when it began to wait: whoever looks every half minute lets it count anew after a step.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from collector.calendar.due import Nights
from shared.clock import Clock

LOOK_SECONDS = 30.0
_LATE_SECONDS = 24 * 3600


@contextmanager
def open_almanac(
    nightly: Callable[[], Awaitable[None]],
    nights: Nights,
    log: logging.Logger,
    clock: Clock,
    may: Callable[[], bool] = lambda: True,
) -> Iterator[AsyncIOScheduler]:
    """Run ``nightly`` each of ``nights`` until the block ends; must be opened inside a running loop.

    While it may not be done, because nobody knows the time, a night is not begun, and made up for later.
    """

    async def tonight() -> None:
        if not (may() and nights.begin(clock.wall_ns())):
            return
        try:
            await nightly()
        except Exception:  # one bad night must not end the calendar
            log.exception("the nightly work failed")

    async def watch() -> None:
        while True:
            await clock.sleep(LOOK_SECONDS)
            if nights.stepped(clock.wall_ns(), clock.monotonic_ns()):
                almanac.reschedule_job("nightly", trigger=_trigger(nights))
            await tonight()

    almanac = AsyncIOScheduler(timezone=nights.zone)
    trigger = _trigger(nights)
    almanac.add_job(tonight, trigger, id="nightly", coalesce=True, misfire_grace_time=_LATE_SECONDS, max_instances=1)
    almanac.start()
    watching = asyncio.get_running_loop().create_task(watch())
    try:
        yield almanac
    finally:
        watching.cancel()
        almanac.shutdown(wait=False)


def _trigger(nights: Nights) -> CronTrigger:
    return CronTrigger(hour=nights.at.hour, minute=nights.at.minute, timezone=nights.zone)
