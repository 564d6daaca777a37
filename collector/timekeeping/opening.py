"""Opens the watch over the collector's clock and ends it; it looks at no clock itself."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from collector.timekeeping.cautious import CautiousClock
from collector.timekeeping.watch import Stamps, Watch
from shared.logs import Limited


@asynccontextmanager
async def open_watch(
    clock: CautiousClock, stamps: Stamps, tell: Callable[[bool], None], log: logging.Logger
) -> AsyncIterator[Watch]:
    """Watch in the background while the block runs; it has looked once. ``tell`` takes whether the clock is doubted."""
    watch = Watch(clock, stamps, tell, Limited(log, clock))
    await watch.begin()
    task = asyncio.ensure_future(watch.run_for_ever())
    try:
        yield watch
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
