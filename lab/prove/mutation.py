"""Spoils good bytes in the ways that find faults in decoders; it draws from the dice it is given and nothing else."""

import random
from collections.abc import Sequence

_TELLING = (0x00, 0x01, 0x02, 0x06, 0x30, 0x45, 0x7F, 0x80, 0x81, 0x82, 0x84, 0x90, 0xA2, 0xC1, 0xDC, 0xDD, 0xFE, 0xFF)
"""Bytes that mean a length, a type or a sign to one of our decoders."""
_MOST_BYTES = 66_000


def mutated(corpus: Sequence[bytes], dice: random.Random) -> bytes:
    """One of the corpus, spoiled in one to sixteen places; the same dice give the same bytes."""
    data = bytearray(dice.choice(corpus))
    for _ in range(dice.choice((1, 1, 1, 2, 4, 16))):
        if not data:
            return dice.randbytes(dice.randrange(40))
        _spoil(data, corpus, dice)
    return bytes(data[:_MOST_BYTES])


def _spoil(data: bytearray, corpus: Sequence[bytes], dice: random.Random) -> None:
    at = dice.randrange(len(data))
    match dice.randrange(8):
        case 0:
            data[at] ^= 1 << dice.randrange(8)
        case 1:
            data[at] = dice.choice(_TELLING)
        case 2:
            data[at] = (data[at] + dice.choice((-1, 1))) & 0xFF
        case 3:
            del data[at : at + dice.randrange(1, 20)]
        case 4:
            data[at:at] = data[at : at + dice.randrange(1, 40)] * dice.choice((1, 1, 1, 200))
        case 5:
            data[at:at] = dice.randbytes(dice.randrange(1, 8))
        case 6:
            other = dice.choice(corpus)
            data[at:] = other[dice.randrange(len(other)) :]
        case _:
            del data[at:]
