"""A simulated device answers SNMP as RFC 3416 says, and what is not SNMP gets silence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab import ber
from lab.recording import Moment, Recording, parse_recording
from lab.responder import Responder

RECORDING = """
1.3.6.1.2.1.1.3.0|67:numeric|rate=100
1.3.6.1.2.1.1.5.0|4|{name}
1.3.6.1.2.1.2.2.1.10.1|65:numeric|initial=4294967290,rate=1
1.3.6.1.2.1.31.1.1.1.6.1|70:numeric|initial=5,rate=1000
"""
NAME, UPTIME = (1, 3, 6, 1, 2, 1, 1, 5, 0), (1, 3, 6, 1, 2, 1, 1, 3, 0)
OCTETS = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6, 1)
GET, NEXT, BULK = 0xA0, 0xA1, 0xA5


def asked(
    operation: int, *oids: ber.Oid, version: int = 1, community: bytes = b"public", a: int = 0, b: int = 0
) -> bytes:
    listed = b"".join(ber.wrap(0x30, ber.encode_oid(oid) + ber.wrap(ber.NULL, b"")) for oid in oids)
    pdu = ber.encode_integer(77) + ber.encode_integer(a) + ber.encode_integer(b) + ber.wrap(0x30, listed)
    head = ber.encode_integer(version) + ber.wrap(4, community)
    return ber.wrap(0x30, head + ber.wrap(operation, pdu))


def answered(message: bytes | None) -> tuple[int, int, list[tuple[ber.Oid, int, bytes]]]:
    assert message is not None
    _, _, (operation, pdu) = ber.elements(ber.only(message, 0x30))
    assert operation == 0xA2
    (_, number), (_, status), (_, index), (_, listed) = ber.elements(pdu)
    assert ber.decode_integer(number) == 77
    bindings = []
    for _, binding in ber.elements(listed):
        (_, name), (tag, value) = ber.elements(binding)
        bindings.append((ber.decode_oid(name), tag, value))
    return ber.decode_integer(status), ber.decode_integer(index), bindings


@pytest.fixture
def responder() -> Responder:
    return Responder(parse_recording(RECORDING), "public")


def moment(uptime: float = 10.0, **more: object) -> Moment:
    return Moment(uptime_seconds=uptime, words={"name": "Đồng Văn"}, **more)  # type: ignore[arg-type]


def test_counters_grow_and_wrap_at_their_width(responder: Responder) -> None:
    counter = (1, 3, 6, 1, 2, 1, 2, 2, 1, 10, 1)
    _, _, ((_, tag, value),) = answered(responder.answer(asked(GET, counter), moment()))

    assert (tag, ber.decode_integer(value)) == (0x41, 4)


def test_words_of_the_site_are_in_its_texts(responder: Responder) -> None:
    _, _, ((_, _, value),) = answered(responder.answer(asked(GET, NAME), moment()))

    assert value.decode() == "Đồng Văn"


def test_a_change_holds_in_place_of_the_recorded_number(responder: Responder) -> None:
    _, _, ((_, _, value),) = answered(responder.answer(asked(GET, OCTETS), moment(changes={OCTETS: 42})))

    assert ber.decode_integer(value) == 42


def test_version_1_does_not_see_64_bits_and_names_the_missing(responder: Responder) -> None:
    status, index, _ = answered(responder.answer(asked(GET, NAME, OCTETS, version=0), moment()))

    assert (status, index) == (2, 2)


def test_version_2_marks_the_missing_one_and_gives_the_rest(responder: Responder) -> None:
    status, _, bindings = answered(responder.answer(asked(GET, NAME, (1, 3, 9)), moment()))

    assert (status, [tag for _, tag, _ in bindings]) == (0, [4, ber.NO_SUCH_OBJECT])


def test_a_bulk_walk_sees_everything_once_in_order_and_ends(responder: Responder) -> None:
    _, _, bindings = answered(responder.answer(asked(BULK, (1, 3), b=10), moment()))

    names = [name for name, tag, _ in bindings if tag != ber.END_OF_VIEW]
    assert names == sorted(names)
    assert len(names) == 4
    assert bindings[-1][1] == ber.END_OF_VIEW


def test_a_bulk_answer_is_cut_to_one_packet() -> None:
    rows = "\n".join(f"1.3.6.1.4.1.{number}.0|4|{'x' * 100}" for number in range(1, 200))
    message = Responder(parse_recording(rows), "public").answer(asked(BULK, (1, 3), b=1000), moment())

    assert message is not None
    assert 1000 < len(message) < 1472


def test_a_wrong_community_is_silence(responder: Responder) -> None:
    assert responder.answer(asked(GET, NAME, community=b"private"), moment()) is None


def test_a_set_is_refused(responder: Responder) -> None:
    status, index, _ = answered(responder.answer(asked(0xA3, NAME), moment()))

    assert (status, index) == (6, 1)


@given(cut=st.integers(0, 60), flip=st.integers(0, 60), byte=st.integers(0, 255))
def test_bent_requests_are_answered_or_ignored_but_never_raise(cut: int, flip: int, byte: int) -> None:
    message = bytearray(asked(BULK, NAME, UPTIME, a=1, b=3))
    message[flip % len(message)] = byte

    Responder(parse_recording(RECORDING), "public").answer(bytes(message[: cut or None]), moment())


@given(number=st.integers(-(2**63), 2**63 - 1))
def test_integers_survive_their_encoding(number: int) -> None:
    assert ber.decode_integer(ber.only(ber.encode_integer(number), ber.INTEGER)) == number


@given(oid=st.tuples(st.just(1), st.integers(0, 39), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)))
def test_object_identifiers_survive_their_encoding(oid: ber.Oid) -> None:
    assert ber.decode_oid(ber.only(ber.encode_oid(oid), ber.OBJECT_ID)) == oid


@pytest.mark.parametrize("line", ["nonsense", "1.3|x|1", "1.3.6|65:numeric|initial=one"])
def test_a_bent_recording_says_so(line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the line is in the message of the first two only
        Recording(parse_recording(line).rows)
