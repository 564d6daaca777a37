"""Batches as far as they are decoded in one go: their cycles are left for later; nothing is decoded here."""

from typing import Annotated

import msgspec
from msgspec import Meta

from shared.wire.bounds import MOST_ANCHORS, MOST_METRICS, MOST_READINGS, MOST_RECORDS
from shared.wire.reading import Anchor, ClockQuality, Lane, Metric, Name, Random, Sequence, Statement


class UnreadCycle(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """See :class:`shared.wire.reading.Cycle`."""

    boot_id: Random
    clock: ClockQuality
    readings: Annotated[tuple[msgspec.Raw, ...], Meta(max_length=MOST_READINGS)]


class UnreadRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """See :class:`shared.wire.reading.Record`."""

    sequence: Sequence
    cycle: msgspec.Raw


class UnreadBatch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A batch of which the cycles are not decoded yet; field by field :class:`shared.wire.reading.Batch`."""

    agent: Name
    epoch: Random
    boot_id: Random
    sent_monotonic_ns: int
    sent_wall_ns: int
    lane: Lane
    records: Annotated[tuple[UnreadRecord, ...], Meta(max_length=MOST_RECORDS)]
    metrics: Annotated[tuple[Metric, ...], Meta(max_length=MOST_METRICS)] = ()
    version: Name = ""
    anchors: Annotated[tuple[Anchor, ...], Meta(max_length=MOST_ANCHORS)] = ()
    statement: Statement | None = None
