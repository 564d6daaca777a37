"""What both ends compute of a record's bytes, to see that they hold the same; it keeps nothing and compares nothing.

A record's digest covers its sequence and its cycle as it stands in the batch (MessagePack, not compressed). Those of a
block of 4,096 sequences are added up, so that they may come in any order, be taken back, and outlive the records.
"""

import hashlib
import struct
from collections.abc import Iterable

from shared.wire.reading import Block, Cycle, Reading, Record, Sample

BLOCK_RECORDS = 4096
"""At one record each ten seconds eleven hours."""
SPACE = 2**62
"""Digests are less; two of them add up without overflow in 64 bits with a sign."""
FORM = ".".join(str(len(kind.__struct_fields__)) for kind in (Record, Cycle, Reading, Sample))
"""Changes when a release appends fields: the same record then has other bytes on the wire."""


def digest_of_bytes(cycle: bytes) -> int:
    """BLAKE2b (RFC 7693) of an encoded cycle, 62 bits."""
    return int.from_bytes(hashlib.blake2b(cycle, digest_size=8, person=b"phusong record").digest(), "big") % SPACE


def add_up(records: Iterable[tuple[int, int]]) -> dict[int, Block]:
    """Blocks by number, of records each given as its sequence and the digest of its bytes."""
    blocks: dict[int, Block] = {}
    for sequence, digest in records:
        number = sequence // BLOCK_RECORDS
        before = blocks.get(number, Block(number, 0, 0))
        blocks[number] = merged(before, Block(number, 1, _placed(sequence, digest)))
    return blocks


def merged(block: Block, other: Block) -> Block:
    """Two parts of one block, which have no record in common."""
    return Block(block.number, block.records + other.records, (block.digest + other.digest) % SPACE)


def _placed(sequence: int, digest: int) -> int:
    """The record's digest at its place, so that two records that change places are noticed."""
    return digest_of_bytes(struct.pack(">QQ", sequence % 2**64, digest))
