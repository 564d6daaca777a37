"""Echo packets as bytes: what is sent comes back as what it was, and anything else has a documented answer."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.icmp.packet import (
    Echo,
    ErrorKind,
    Form,
    Mark,
    Refusal,
    Stray,
    checksum,
    decode,
    decode_request,
    encode_reply,
    encode_request,
    filling_of,
    strip_ipv4,
)

COOKIE = bytes(range(8))
MARK = Mark(target=7, round=65_535, place=3, sent_ns=1_800_000_000_123_456_789)
ADDRESS = {4: bytes((10, 1, 2, 3)), 6: bytes.fromhex("20010db8" + "00" * 11 + "01")}
MUTATIONS = 10_000


def request(version: int, size_bytes: int = 56) -> bytes:
    return encode_request(version, 0xBEEF, 513, COOKIE, MARK, filling_of(COOKIE, size_bytes))


def quoted(version: int, inner: bytes) -> bytes:
    """The IP packet that carried ``inner``, as an error quotes it."""
    if version == 4:
        return bytes((0x45, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0)) + bytes(4) + ADDRESS[4] + inner
    return bytes((0x60, 0, 0, 0, 0, 0, 58, 1)) + bytes(16) + ADDRESS[6] + inner


def error(version: int, kind: int, code: int, inner: bytes, rest: bytes = bytes(4)) -> bytes:
    return bytes((kind, code, 0, 0)) + rest + quoted(version, inner)


@pytest.mark.parametrize("version", [4, 6])
@given(
    mark=st.builds(
        Mark, st.integers(0, 2**32 - 1), st.integers(0, 65_535), st.integers(0, 65_535), st.integers(0, 2**64 - 1)
    ),
    identifier=st.integers(0, 65_535),
    sequence=st.integers(0, 65_535),
    size_bytes=st.integers(24, 1472),
)
def test_any_reply_can_be_placed_however_late(
    version: int, mark: Mark, identifier: int, sequence: int, size_bytes: int
) -> None:
    sent = encode_request(version, identifier, sequence, COOKIE, mark, filling_of(COOKIE, size_bytes))

    assert len(sent) == 8 + size_bytes
    assert decode(version, encode_reply(version, sent), COOKIE, whole=True) == Echo(identifier, sequence, mark)
    form = Form(version, identifier, COOKIE, size_bytes)
    assert form.head(sequence, *mark) + form.filling == sent, "the sum that is kept up to date is the one of all bytes"


def test_the_bytes_on_the_wire_are_those_of_the_rfc() -> None:
    """A golden packet: type 8, code 0, checksum, identifier, sequence, cookie, mark."""
    assert request(4, 24).hex() == "0800c75ebeef02010001020304050607" + "00000007ffff000318fae2769b0fcd15"
    assert checksum(request(4)) == 0
    assert request(6, 24)[:4].hex() == "80000000", "the kernel sums ICMPv6: the sum covers the addresses"


@given(st.binary(max_size=120))
def test_the_checksum_is_that_of_rfc_1071(data: bytes) -> None:
    padded = data + b"\0" * (len(data) % 2)
    total = sum(padded[at] << 8 | padded[at + 1] for at in range(0, len(padded), 2))
    while total > 0xFFFF:
        total = (total >> 16) + (total & 0xFFFF)

    assert checksum(data) == ~total & 0xFFFF


@pytest.mark.parametrize(
    ("version", "kind", "code", "word"),
    [
        (4, 3, 0, ErrorKind.NET_UNREACHABLE),
        (4, 3, 1, ErrorKind.HOST_UNREACHABLE),
        (4, 3, 2, ErrorKind.PROTOCOL_UNREACHABLE),
        (4, 3, 3, ErrorKind.PORT_UNREACHABLE),
        (4, 3, 13, ErrorKind.ADMIN_PROHIBITED),
        (4, 3, 200, ErrorKind.OTHER),
        (4, 11, 0, ErrorKind.TTL_EXCEEDED),
        (4, 12, 0, ErrorKind.OTHER),
        (6, 1, 0, ErrorKind.NET_UNREACHABLE),
        (6, 1, 1, ErrorKind.ADMIN_PROHIBITED),
        (6, 1, 3, ErrorKind.HOST_UNREACHABLE),
        (6, 1, 4, ErrorKind.PORT_UNREACHABLE),
        (6, 3, 0, ErrorKind.TTL_EXCEEDED),
    ],
)
def test_an_error_names_its_kind_and_the_packet_it_is_about(version: int, kind: int, code: int, word: str) -> None:
    told = decode(version, error(version, kind, code, request(version)), COOKIE, whole=True)

    assert told == Refusal(ErrorKind(word), None, ADDRESS[version], 0xBEEF, 513, MARK)


def test_fragmentation_needed_tells_what_would_fit() -> None:
    old = decode(4, error(4, 3, 4, request(4), b"\0\0\x05\x78"), COOKIE, whole=True)
    new = decode(6, error(6, 2, 0, request(6), b"\0\0\x05\x00"), COOKIE, whole=True)

    assert isinstance(old, Refusal)
    assert isinstance(new, Refusal)
    assert (old.kind, old.mtu) == (ErrorKind.FRAGMENTATION_NEEDED, 1400)
    assert (new.kind, new.mtu) == (ErrorKind.FRAGMENTATION_NEEDED, 1280)


@pytest.mark.parametrize("version", [4, 6])
def test_eight_quoted_bytes_are_enough_for_address_and_sequence(version: int) -> None:
    """RFC 792 asks routers for no more."""
    kind = 11 if version == 4 else 3

    told = decode(version, error(version, kind, 0, request(version)[:8]), COOKIE, whole=True)

    assert told == Refusal(ErrorKind.TTL_EXCEEDED, None, ADDRESS[version], 0xBEEF, 513, None)


def test_what_is_not_ours_is_told_apart() -> None:
    reply = encode_reply(4, request(4))
    assert decode(4, reply, b"another!", whole=True) is Stray.FOREIGN
    assert decode(4, reply[:-1] + b"\xff", COOKIE, whole=True) is Stray.CHECKSUM
    assert decode(4, request(4), COOKIE, whole=True) is Stray.OTHER_TYPE
    assert decode(4, reply[:20], COOKIE, whole=False) is Stray.TRUNCATED
    assert decode(4, error(4, 3, 3, b"\0" * 40), COOKIE, whole=True) is Stray.FOREIGN


def test_hostile_bytes_have_only_documented_answers() -> None:
    """Ten thousand broken packets: bits turned, ends cut, lengths forged, pieces exchanged."""
    rng = random.Random(17)
    seeds = {
        version: [encode_reply(version, request(version))]
        + [error(version, kind, code, request(version)) for kind in (1, 2, 3, 4, 11, 12) for code in (0, 4)]
        for version in (4, 6)
    }
    for number in range(MUTATIONS):
        version = 4 if number % 2 else 6
        data = bytearray(rng.choice(seeds[version]))
        for _ in range(rng.randint(1, 6)):
            mutate(data, rng)
        for whole in (True, False):
            told = decode(version, bytes(data), COOKIE, whole=whole)
            assert isinstance(told, Echo | Refusal | Stray)
        assert isinstance(decode_request(version, bytes(data), COOKIE), Echo | Stray)
        assert strip_ipv4(bytes(data)) is None or data[0] >> 4 == 4


@given(version=st.sampled_from([4, 6]), data=st.binary(max_size=200), whole=st.booleans())
def test_any_bytes_at_all_have_an_answer(version: int, data: bytes, whole: bool) -> None:
    assert isinstance(decode(version, data, COOKIE, whole=whole), Echo | Refusal | Stray)
    assert isinstance(decode_request(version, data, COOKIE), Echo | Stray)
    stripped = strip_ipv4(data)
    assert stripped is None or data.endswith(stripped)


def mutate(data: bytearray, rng: random.Random) -> None:
    """One wound, in place."""
    if not data:
        data += rng.randbytes(rng.randint(1, 60))
    at = rng.randrange(len(data))
    match rng.randrange(5):
        case 0:
            data[at] ^= 1 << rng.randrange(8)
        case 1:
            del data[at:]
        case 2:
            data[at : at + 4] = rng.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x4f\0", b""))
        case 3:
            data[at:at] = rng.randbytes(rng.randint(1, 64))
        case _:
            other = rng.randrange(len(data))
            data[at:], data[:other] = data[:other], data[at:]
