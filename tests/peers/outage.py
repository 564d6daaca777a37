"""Batches of an agent that was cut off and returns: old stamps, made in a moment, as a real one would send them."""

import time
from collections.abc import Iterator

from shared.wire.codec import CONTENT_TYPE, encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample

SECOND_NS = 1_000_000_000
BOOT = "11111111-2222-3333-4444-555555555555"
NAME = "phusong_ping_train_rtt_median_seconds"
TYPE = CONTENT_TYPE


def reading(target: str, age_seconds: float, now_ns: int, value: float, **more: object) -> Reading:
    """A run of ``ping`` that began so long ago; the agent's monotonic clock reads as its wall clock does."""
    at_ns = now_ns - int(age_seconds * SECOND_NS)
    fields = {
        "check": "ping",
        "kind": "icmp",
        "site": "province",
        "target": target,
        "role": "router",
        "outcome": Outcome.OK,
        "started_monotonic_ns": at_ns,
        "started_wall_ns": at_ns,
        "duration_ns": 20_000_000,
        "samples": (Sample(NAME, value), Sample("probe_success", 1.0)),
    }
    return Reading(**(fields | more))  # type: ignore[arg-type]


def batch(agent: str, records: dict[int, list[Reading]], now_ns: int, *, boot: str = BOOT, epoch: str = "e1") -> Batch:
    """One POST; the sequences are the keys."""
    cycles = tuple(
        Record(sequence, Cycle(boot, ClockQuality.SYNCHRONISED, tuple(readings)))
        for sequence, readings in records.items()
    )
    return Batch(agent, epoch, BOOT, now_ns, now_ns, Lane.HISTORY, cycles)


def outage(agent: str, *, cycles: int, period: float, targets: int, now_ns: int | None = None) -> Iterator[bytes]:
    """The backlog of an outage of ``cycles`` × ``period`` seconds that has just ended, ten records a body."""
    now_ns = now_ns or time.time_ns()
    for begin in range(0, cycles, 10):
        records = {
            number + 1: [
                reading(f"r{target}", (cycles - number) * period, now_ns, number + target / 100)
                for target in range(targets)
            ]
            for number in range(begin, min(begin + 10, cycles))
        }
        yield encode_batch(batch(agent, records, now_ns))
