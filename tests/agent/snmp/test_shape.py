"""Shapes: reading with a memory gives what reading without one gives, to the byte, whatever was remembered before."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.snmp.ber import (
    RESPONSE,
    Head,
    MalformedMessage,
    OidCache,
    encode_message,
    encode_varbind,
    read_head,
    read_varbinds,
)
from agent.snmp.engine import Kind, Value, Varbind
from agent.snmp.shape import Shapes

COLUMN = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6)
NUMBERS = st.one_of(
    st.tuples(st.sampled_from([Kind.COUNTER64, Kind.COUNTER32]), st.sampled_from([0, 1, 127, 128, 40_000, 2**32 - 1])),
    st.tuples(st.just(Kind.COUNTER64), st.integers(0, 2**64 - 1)),
    st.tuples(st.just(Kind.INTEGER), st.integers(-130, 130)),
    st.tuples(st.just(Kind.OCTET_STRING), st.binary(max_size=3)),
)
ROWS = st.lists(NUMBERS.map(lambda pair: Value(*pair)), max_size=9)


def answer(values: list[Value]) -> bytes:
    rows = [Varbind((*COLUMN, index), value) for index, value in enumerate(values, start=1)]
    return encode_message(Head(1, b"c", RESPONSE, 7, 0, 0), b"".join(map(encode_varbind, rows)))


def read(datagram: bytes, shapes: Shapes | None = None) -> list[Varbind] | str:
    """The varbinds, or what is said against the message."""
    cache = OidCache()
    try:
        head = read_head(datagram)
        return (
            shapes.read("device", datagram, head, cache) if shapes is not None else read_varbinds(datagram, head, cache)
        )
    except MalformedMessage as malformed:
        return str(malformed)


@given(st.lists(ROWS, max_size=6))
def test_what_was_remembered_never_changes_what_is_read(answers: list[list[Value]]) -> None:
    shapes = Shapes(most=3)
    for values in answers:
        assert read(answer(values), shapes) == read(answer(values))


@pytest.mark.parametrize("seed", range(4))
def test_spoiled_answers_read_the_same_with_and_without_a_memory_of_the_good_one(seed: int) -> None:
    """One byte of a known answer changed: a number, a name, a length, or what is none of them."""
    draws = random.Random(seed)
    good = answer([Value(Kind.COUNTER64, 10 ** draws.randrange(12)) for _ in range(12)])
    shapes = Shapes()
    for _ in range(1_500):
        read(good, shapes)
        spoiled = bytearray(good)
        spoiled[draws.randrange(len(good))] = draws.randrange(256)
        datagram = bytes(spoiled[: draws.choice([len(spoiled), draws.randrange(len(spoiled))])])

        assert read(datagram, shapes) == read(datagram)


def test_devices_are_remembered_apart_and_not_without_end() -> None:
    shapes = Shapes(most=2)
    datagram = answer([Value(Kind.COUNTER64, number) for number in range(5)])
    for device in range(100):
        shapes.read(device, datagram, read_head(datagram), OidCache())

    assert len(shapes) <= 2
