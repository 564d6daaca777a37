"""Opens the couriers of all destinations and ends them; it forwards nothing itself."""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry

from collector.forward.courier import Courier
from collector.forward.ledger import Ledger, open_ledger
from collector.forward.post import HttpPost, tls_of
from collector.forward.settings import DestinationSettings, authorization
from collector.forward.telemetry import ForwardTelemetry
from collector.forward.translate import Translator
from collector.ingest.inbox import Inbox
from collector.series.settings import SeriesSettings
from shared.clock import Clock
from shared.logs import Limited
from shared.wire.codec import Limits

_WATCH_SECONDS = 10.0


@asynccontextmanager
async def open_forwarding(  # noqa: PLR0913 - the composition root fills these in, once
    destinations: Sequence[DestinationSettings],
    path: Path,
    inbox: Inbox,
    *,
    hubs: Mapping[str, str],
    series: SeriesSettings,
    limits: Limits,
    registry: CollectorRegistry,
    clock: Clock,
    log: logging.Logger,
    held: Callable[[], bool] = lambda: False,
) -> AsyncIterator[Ledger | None]:
    """Forward in the background while the block runs; without destinations no ledger is made.

    ``held`` says that nothing may go now: the clock by which all is stamped cannot be right.

    Raises OSError, ValueError or sqlite3.Error where the ledger, a certificate or a secret cannot be read.
    """
    if not destinations:
        yield None
        return
    async with AsyncExitStack() as stack:
        ledger = await stack.enter_async_context(open_ledger(path))
        telemetry = ForwardTelemetry(registry)
        couriers = []
        for each in destinations:
            translator = Translator(hubs, each.labels, series, limits)
            couriers.append(_courier(each, inbox, ledger, translator, telemetry, clock, log, stack, held))
        for courier in couriers:
            await courier.begin()
        tasks = [asyncio.ensure_future(courier.run_for_ever()) for courier in couriers]
        tasks.append(asyncio.ensure_future(_watch(couriers, clock)))
        try:
            yield ledger
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _courier(  # noqa: PLR0913, PLR0917 - as above
    settings: DestinationSettings,
    inbox: Inbox,
    ledger: Ledger,
    translator: Translator,
    telemetry: ForwardTelemetry,
    clock: Clock,
    log: logging.Logger,
    stack: AsyncExitStack,
    held: Callable[[], bool],
) -> Courier:
    post = HttpPost(settings, authorization(settings), tls_of(settings))
    stack.callback(post.end)
    return Courier(
        settings,
        inbox,
        ledger,
        translator=translator,
        post=post,
        clock=clock,
        draw=random.SystemRandom().random,
        telemetry=telemetry,
        complain=Limited(log, clock),
        held=held,
    )


async def _watch(couriers: Sequence[Courier], clock: Clock) -> None:
    while True:
        await clock.sleep(_WATCH_SECONDS)
        for courier in couriers:
            with contextlib.suppress(Exception):  # a disk that fails is told by who writes
                await courier.watch()
