"""Reads back what arrived lately, so that a restart forgets nothing that is fresh; it decides nothing."""

import asyncio

from collector.arrival import Arrival
from collector.ingest.inbox import REPLAYED_SECONDS, Inbox, StoredParcel
from collector.pipeline import Pipeline
from shared.clock import Clock
from shared.wire.codec import BatchError, Limits, decode_batch

_SECOND_NS = 1_000_000_000


async def replay(inbox: Inbox, pipeline: Pipeline, clock: Clock, limits: Limits) -> int:
    """Read back what arrived lately, as if it arrived then; a large fleet's takes minutes, in which the loop lives.

    Gives since when, by the wall clock.
    """
    now_wall_ns, now_monotonic_ns = clock.wall_ns(), clock.monotonic_ns()
    since_ns = now_wall_ns - int(REPLAYED_SECONDS * _SECOND_NS)
    for parcel in await inbox.since(since_ns):
        arrival = _arrival(parcel, limits, now_monotonic_ns - (now_wall_ns - parcel.received_wall_ns))
        if arrival is not None:
            pipeline.accept(arrival)
        await asyncio.sleep(0)
    return since_ns


def _arrival(parcel: StoredParcel, limits: Limits, monotonic_ns: int) -> Arrival | None:
    try:
        batch = decode_batch(parcel.body, limits)
    except BatchError:
        return None
    fresh = frozenset(parcel.fresh)
    return Arrival(
        agent=parcel.agent,
        received_wall_ns=parcel.received_wall_ns,
        received_monotonic_ns=monotonic_ns,
        batch=batch,
        fresh=tuple(record for record in batch.records if record.sequence in fresh),
    )
