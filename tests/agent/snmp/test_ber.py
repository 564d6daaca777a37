"""The codec: what is written is read back, what is sloppy is taken, everything else is one documented failure."""

import os
import random
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.snmp.ber import (
    RESPONSE,
    Head,
    MalformedMessage,
    OidCache,
    decode_oid,
    decode_value,
    encode_integer,
    encode_message,
    encode_oid,
    encode_request,
    encode_varbind,
    read_head,
    read_varbinds,
    tlv,
)
from agent.snmp.engine import Kind, Operation, Request, Value, Varbind, parse_oid

ARC = st.integers(0, 0xFFFFFFFF)
OIDS = st.one_of(
    st.tuples(st.integers(0, 1), st.integers(0, 39)).flatmap(
        lambda two: st.lists(ARC, max_size=20).map(lambda rest: (*two, *rest))
    ),
    st.lists(ARC, min_size=1, max_size=20).map(lambda rest: (2, *rest)),
)
U32 = st.integers(0, 0xFFFFFFFF)
VALUES = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(lambda n: Value(Kind.INTEGER, n)),
    st.tuples(st.sampled_from([Kind.COUNTER32, Kind.GAUGE32, Kind.TIME_TICKS]), U32).map(lambda p: Value(*p)),
    st.integers(0, 2**64 - 1).map(lambda n: Value(Kind.COUNTER64, n)),
    st.tuples(st.sampled_from([Kind.OCTET_STRING, Kind.OPAQUE]), st.binary(max_size=300)).map(lambda p: Value(*p)),
    st.binary(min_size=4, max_size=4).map(lambda b: Value(Kind.IP_ADDRESS, b)),
    OIDS.map(lambda oid: Value(Kind.OBJECT_IDENTIFIER, oid)),
    st.sampled_from([Kind.NULL, Kind.NO_SUCH_OBJECT, Kind.NO_SUCH_INSTANCE, Kind.END_OF_MIB_VIEW]).map(
        lambda kind: Value(kind, None)
    ),
)
VARBINDS = st.lists(st.builds(Varbind, OIDS, VALUES), max_size=12)


def read(datagram: bytes) -> tuple[Head, list[Varbind]]:
    head = read_head(datagram)
    return head, read_varbinds(datagram, head, OidCache())


def answer(varbinds: list[Varbind]) -> bytes:
    return encode_message(Head(1, b"c", RESPONSE, 7, 0, 0), b"".join(map(encode_varbind, varbinds)))


@given(VARBINDS, st.binary(max_size=200), U32.map(lambda n: n - 2**31))
def test_what_is_written_is_read_back(varbinds: list[Varbind], community: bytes, request_id: int) -> None:
    listed = b"".join(map(encode_varbind, varbinds))
    head, found = read(encode_message(Head(1, community, RESPONSE, request_id, 3, 2), listed))

    assert found == varbinds
    assert head[:6] == (1, community, RESPONSE, request_id, 3, 2)


@given(OIDS)
def test_names_are_read_back(oid: tuple[int, ...]) -> None:
    assert decode_oid(encode_oid(oid)) == oid


def test_a_question_is_these_bytes() -> None:
    """GETBULK of sysDescr as net-snmp writes it."""
    request = Request(Operation.GET_BULK, (parse_oid("1.3.6.1.2.1.1.1"),), 25)

    assert (
        encode_request(1, b"public", 0x1234, request).hex()
        == "302602010104067075626c6963a51902021234020100020119300d300b06072b0601020101010500"
    )


@pytest.mark.parametrize(
    ("tag", "content", "number"),
    [
        (Kind.COUNTER32, "ffffffff", 0xFFFFFFFF),
        (Kind.COUNTER32, "00ffffffff", 0xFFFFFFFF),
        (Kind.COUNTER32, "ffffffffff", 0xFFFFFFFF),
        (Kind.COUNTER32, "ffffffffffffffffff", 0xFFFFFFFF),
        (Kind.GAUGE32, "0000000000000000ff", 0xFF),
        (Kind.TIME_TICKS, "", 0),
        (Kind.COUNTER64, "00ffffffffffffffff", 2**64 - 1),
        (Kind.COUNTER64, "ffffffffffffffff", 2**64 - 1),
        (Kind.INTEGER, "ff", -1),
        (Kind.INTEGER, "7fffffffffffffff", 2**63 - 1),
        (Kind.INTEGER, "", 0),
    ],
)
def test_sloppy_numbers_are_taken(tag: Kind, content: str, number: int) -> None:
    assert decode_value(tag, bytes.fromhex(content), OidCache()) == Value(tag, number)


@pytest.mark.parametrize(
    ("tag", "content"),
    [
        (Kind.COUNTER32, "0100000000"),
        (Kind.COUNTER32, "ff7fffffff"),
        (Kind.COUNTER32, "00" * 10),
        (Kind.COUNTER64, "010000000000000000"),
        (Kind.COUNTER64, "00" * 10),
        (Kind.INTEGER, "00" * 9),
        (Kind.IP_ADDRESS, "7f0000"),
        (Kind.IP_ADDRESS, "7f00000001"),
        (Kind.OBJECT_IDENTIFIER, ""),
        (Kind.OBJECT_IDENTIFIER, "2b86"),
        (Kind.OBJECT_IDENTIFIER, "2b8006"),
        (Kind.OBJECT_IDENTIFIER, "2b9080808000"),
        (Kind.OBJECT_IDENTIFIER, "2b" * 128),
        (0x1F, ""),
        (0x47, "00"),
    ],
)
def test_what_does_not_fit_is_malformed(tag: int, content: str) -> None:
    with pytest.raises(MalformedMessage):
        decode_value(tag, bytes.fromhex(content), OidCache())


@given(st.binary(max_size=400))
def test_garbage_never_escapes_as_another_failure(datagram: bytes) -> None:
    with suppress(MalformedMessage):
        read(datagram)


SEEDS = [
    answer([Varbind((1, 3, 6, 1, 2, 1, 2, 2, 1, 10, n), Value(Kind.COUNTER64, 2**40 + n)) for n in range(30)]),
    answer([Varbind((1, 3, 6, 1, 2, 1, 1, 1, 0), Value(Kind.OCTET_STRING, b"RouterOS RB5009" * 30))]),
    answer(
        [
            Varbind((1, 3, 6, 1, 2, 1, 1, 2, 0), Value(Kind.OBJECT_IDENTIFIER, (1, 3, 6, 1, 4, 1, 14988, 1))),
            Varbind((1, 3, 6, 1, 2, 1, 1, 3, 0), Value(Kind.TIME_TICKS, 0xFFFFFFFF)),
            Varbind((1, 3, 6, 1, 2, 1, 4, 20, 1, 1, 10, 0, 0, 1), Value(Kind.IP_ADDRESS, b"\x0a\0\0\x01")),
            Varbind((1, 3, 6, 1, 2, 1, 99), Value(Kind.END_OF_MIB_VIEW, None)),
        ]
    ),
    b"\x30\x82\xea\x60" + tlv(0x30, b"") * 30_000,
]


def mutated(dice: random.Random) -> bytes:
    """Bits flipped, bytes cut out, repeated or replaced by ones that mean something, in an answer that was good."""
    data = bytearray(dice.choice(SEEDS))
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        at = dice.randrange(len(data))
        match dice.randrange(5):
            case 0:
                data[at] ^= 1 << dice.randrange(8)
            case 1:
                data[at] = dice.choice((0x00, 0x02, 0x06, 0x30, 0x7F, 0x80, 0x81, 0x84, 0xA2, 0xFF))
            case 2:
                del data[at : at + dice.randrange(1, 20)]
            case 3:
                data[at:at] = data[at : at + dice.randrange(1, 40)]
            case 4:
                data[at:at] = dice.randbytes(dice.randrange(1, 8))
        if not data:
            return b""
    return bytes(data)


def test_ten_thousand_broken_answers_give_documented_outcomes_in_bounded_memory() -> None:
    """A nightly run sets PHUSONG_FUZZ to a million."""
    dice = random.Random(20250701)
    cache = OidCache(most=1000)
    outcomes = {"taken": 0, "refused": 0}
    tracemalloc.start()
    for _ in range(int(os.environ.get("PHUSONG_FUZZ", "10000"))):
        datagram = mutated(dice)
        try:
            read_varbinds(datagram, read_head(datagram), cache)
            outcomes["taken"] += 1
        except MalformedMessage:
            outcomes["refused"] += 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert min(outcomes.values()) > 100, outcomes
    assert len(cache.known) <= 1000
    assert peak < 16 * 1024 * 1024


def test_the_largest_datagram_full_of_the_smallest_varbinds_is_bounded() -> None:
    full = answer([Varbind((1, 3), Value(Kind.NULL, None))] * 9_000)
    assert len(full) < 65_536
    assert len(read(full)[1]) == 9_000


@pytest.mark.parametrize("number", [0, 1, 127, 128, -1, -128, -129, 2**31 - 1, 2**63, -(2**63)])
def test_integers_are_as_short_as_they_can_be(number: int) -> None:
    content = encode_integer(number)

    assert int.from_bytes(content, "big", signed=True) == number
    with pytest.raises(OverflowError):
        number.to_bytes(len(content) - 1, "big", signed=True) if len(content) > 1 else (256).to_bytes(1, "big")
