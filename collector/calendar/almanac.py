"""Jobs at a time of day in the province's time zone, by APScheduler; a missed night is made up for once."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

_LATE_SECONDS = 6 * 3600
_NIGHTLY = "nightly"


class Almanac:
    """Jobs that are set."""

    def __init__(self, scheduler: AsyncIOScheduler, trigger: CronTrigger) -> None:
        self.scheduler = scheduler
        self._trigger = trigger

    def reckon_anew(self) -> None:
        """After a step of the clock: what was set by a wrong one may be decades away."""
        self.scheduler.reschedule_job(_NIGHTLY, trigger=self._trigger)


@contextmanager
def open_almanac(
    nightly: Callable[[], Awaitable[None]], at: str, time_zone: str, log: logging.Logger
) -> Iterator[Almanac]:
    """Run ``nightly`` every day at ``at`` (HH:MM) until the block ends; must be opened inside a running loop."""
    hour, _, minute = at.partition(":")
    zone = ZoneInfo(time_zone)

    async def safely() -> None:
        try:
            await nightly()
        except Exception:  # one bad night must not end the calendar
            log.exception("the nightly work failed")

    almanac = AsyncIOScheduler(timezone=zone)
    trigger = CronTrigger(hour=int(hour), minute=int(minute), timezone=zone)
    almanac.add_job(safely, trigger, id=_NIGHTLY, coalesce=True, misfire_grace_time=_LATE_SECONDS, max_instances=1)
    almanac.start()
    try:
        yield Almanac(almanac, trigger)
    finally:
        almanac.shutdown(wait=False)
