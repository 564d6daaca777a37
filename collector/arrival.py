"""What the door hands on: records that are on disk, seen for the first time, with both sides' clocks beside them."""

import msgspec

from shared.wire.reading import Batch, Record


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A batch after its commit. ``agent`` is who proved to be its sender, not who the batch says it is from."""

    agent: str
    received_wall_ns: int
    received_monotonic_ns: int
    batch: Batch
    fresh: tuple[Record, ...]
    """The batch's records without those that had been stored before."""
