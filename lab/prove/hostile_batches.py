"""Batches of few bytes whose meaning has no end: what one that holds an agent's key may try; it judges none."""

import zlib
from typing import Any

import msgspec

from lab.fleet import name
from lab.prove.hostile_acts import STAMPS, Act, Enemy, frame
from shared.wire.codec import encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Record

_FAT_EPOCHS, _SPARSE_RECORDS, _GAPS, _EPOCHS = 2_500_000, 250_000, 512, 130
_PADDING_BYTES = 84_000
"""Of noise, so that eight megabytes are no bomb."""


async def fat_statement(enemy: Enemy) -> str:
    """A hundred kilobytes whose statement names millions of epochs, each time from another: what is kept adds up."""
    epoch = enemy.dice.randbytes(8).hex()
    others = msgspec.Raw(b"\xdd" + _FAT_EPOCHS.to_bytes(4, "big") + b"\xa2ab" * _FAT_EPOCHS)
    statement = [epoch, 1, [], [], [], [], others]
    return await enemy.post(_spelt(enemy, epoch, [[1, ["boot", "unknown", []]]], statement))


async def sparse_sequences(enemy: Enemy) -> str:
    """A quarter of a million empty records, each second number."""
    first = enemy.take(2 * _SPARSE_RECORDS)
    cycle = msgspec.Raw(msgspec.msgpack.encode(["boot", "unknown", []]))
    return await enemy.post(_spelt(enemy, "sparse", [[first + 2 * n, cycle] for n in range(_SPARSE_RECORDS)], None))


async def gaps(enemy: Enemy) -> str:
    """As many as a batch may have, in blocks of their own."""
    first = enemy.take(4096 * _GAPS)
    numbers = range(first, first + 4096 * _GAPS, 4096)
    records = tuple(Record(n, Cycle("boot", ClockQuality.UNKNOWN, ())) for n in numbers)
    return await enemy.post(encode_batch(Batch(name(enemy.agent), "gaps", "boot", *STAMPS, Lane.LIVE, records)))


async def endless_epochs(enemy: Enemy) -> str:
    """A new epoch with each batch, one after another over one connection."""
    mark = enemy.dice.randbytes(6).hex()
    record = Record(1, Cycle("boot", ClockQuality.UNKNOWN, ()))
    batch = Batch(name(enemy.agent), mark, "boot", *STAMPS, Lane.LIVE, (record,))
    return await enemy.post(
        *(encode_batch(msgspec.structs.replace(batch, epoch=mark + str(n))) for n in range(_EPOCHS))
    )


async def swollen(enemy: Enemy) -> str:
    """What is largest in memory of what decodes: labels, as many and as short as they may be."""
    labels = [["a1", "b2"]] * 15
    reading = ["c", "icmp", name(enemy.agent), "t", "router", "ok", *STAMPS, 1, [["", 0, labels]] * 6_300]
    readings = msgspec.Raw(b"\x93" + msgspec.msgpack.encode(reading) * 3)
    return await enemy.post(_spelt(enemy, "swollen", [[enemy.take(1), ["boot", "synchronised", readings]]], None))


def _spelt(enemy: Enemy, epoch: str, records: list[list[Any]], statement: list[Any] | None) -> bytes:
    """A batch as no agent of ours would spell it; the noise stands in fields that no release has."""
    batch = [name(enemy.agent), epoch, "boot", *STAMPS, "live", records, [], "", [], statement]
    return frame(zlib.compress(msgspec.msgpack.encode([*batch, enemy.dice.randbytes(_PADDING_BYTES)]), 1))


REFUSED: tuple[Act, ...] = (fat_statement, sparse_sequences)
"""None of these may be answered with 200."""
BORNE: tuple[Act, ...] = (gaps, endless_epochs, swollen)
"""These may be answered, and must hurt nobody."""
