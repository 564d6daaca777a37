"""Of which sites an agent may tell: readings of others are taken out of its batch; it stores and judges nothing."""

from dataclasses import dataclass

import msgspec

from shared.wire.reading import Batch, Record


@dataclass(frozen=True, slots=True)
class Admitted:
    """The batch without what was not the agent's to tell, and how many readings that were."""

    batch: Batch
    foreign: int


def admitted(batch: Batch, site: str | None) -> Admitted:
    """The batch as the agent of ``site`` may send it; None is an agent that looks from outside at all sites.

    Records stay, emptied where nothing in them was the agent's to tell: their sequences were received.
    """
    if site is None:
        return Admitted(batch, 0)
    records = tuple(_own(record, site) for record in batch.records)
    foreign = _readings(batch.records) - _readings(records)
    return Admitted(msgspec.structs.replace(batch, records=records) if foreign else batch, foreign)


def _own(record: Record, site: str) -> Record:
    readings = tuple(reading for reading in record.cycle.readings if reading.site == site)
    if len(readings) == len(record.cycle.readings):
        return record
    return Record(record.sequence, msgspec.structs.replace(record.cycle, readings=readings))


def _readings(records: tuple[Record, ...]) -> int:
    return sum(len(record.cycle.readings) for record in records)
