"""Reading many replies in one pass: nothing is taken for the usual reply that a careful reading would refuse."""

import random

import pytest

from agent.icmp.packet import Echo, Form, Mark, decode, encode_reply, strip_ipv4
from agent.icmp.receiver import SLOT_BYTES
from agent.icmp.usual import Usual

COOKIE = bytes(range(8))
PORTS = [(4, True), (4, False), (6, True)]
MUTATIONS = 10_000


def usual_reply(version: int, mark: Mark, *, raw: bool) -> bytes:
    """What a socket of this kind shows of an honest reply."""
    form = Form(version, 0xBEEF, COOKIE, 56)
    reply = encode_reply(version, form.head(513, *mark) + form.filling)
    return b"\x45" + bytes(8) + b"\1" + bytes(10) + reply if raw and version == 4 else reply


def read_in_one_pass(usual: Usual, packet: bytes, before: bytes) -> tuple[int, int, int] | None:
    """(target, round, place) as the engine reads them from a slot in which ``before`` stood earlier."""
    slot = packet + before[len(packet) :]
    slot += bytes(SLOT_BYTES - len(slot))
    *begins, target, turn, place = usual.told.unpack(slot)
    return (
        (target, turn, place)
        if tuple(begins) == usual.begins and usual.sound(memoryview(slot), 0, len(packet))
        else None
    )


@pytest.mark.parametrize(("version", "raw"), PORTS)
def test_an_honest_reply_is_usual(version: int, raw: bool) -> None:
    mark = Mark(7, 65_535, 3, 1_800_000_000_123_456_789)

    assert read_in_one_pass(Usual(version, COOKIE, raw=raw), usual_reply(version, mark, raw=raw), b"") == mark[:3]


@pytest.mark.parametrize(("version", "raw"), PORTS)
def test_what_is_read_in_one_pass_is_what_a_careful_reading_finds(version: int, raw: bool) -> None:
    """Bits turned, ends cut off, over the remains of a sound reply: taken only where the careful reading agrees."""
    rng = random.Random(11)
    usual = Usual(version, COOKIE, raw=raw)
    before = usual_reply(version, Mark(9, 9, 9, 9), raw=raw)
    taken = 0
    for number in range(MUTATIONS):
        packet = bytearray(usual_reply(version, Mark(number, number & 0xFFFF, 5, number << 20), raw=raw))
        for _ in range(rng.randrange(3)):
            packet[rng.randrange(len(packet))] ^= 1 << rng.randrange(8)
        packet = packet[: len(packet) - rng.choice((0, 0, 0, 1, 2, 30, 32, 60, len(packet)))]
        found = read_in_one_pass(usual, bytes(packet), before)
        if found is None:
            continue
        taken += 1
        data = strip_ipv4(bytes(packet)) if raw and version == 4 else bytes(packet)
        told = decode(version, data or b"", COOKIE, whole=raw)
        assert isinstance(told, Echo)
        assert found == told.mark[:3]
    assert taken > MUTATIONS // 10
