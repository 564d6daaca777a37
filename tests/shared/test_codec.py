"""Bytes from the network end in a batch or in a documented error, within the limits."""

import random
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.wire import codec
from shared.wire.codec import (
    MAGIC,
    VERSION,
    BatchError,
    BatchTooLargeError,
    FutureVersionError,
    Limits,
    MalformedBatchError,
    decode_batch,
    decode_cycle,
    encode_batch,
    encode_cycle,
)
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample

CYCLE = Cycle(
    boot_id="b",
    clock=ClockQuality.UNKNOWN,
    readings=(
        Reading("ping", "icmp", "00688", "router", "router", Outcome.OK, 1, 2, 3, (Sample("x", 1.5, (("le", "1"),)),)),
    ),
)
BATCH = Batch("province", "e1", "b", 10, 20, Lane.LIVE, (Record(7, CYCLE),))
HEAD = MAGIC + bytes((VERSION,))


def test_a_batch_comes_back_as_it_went() -> None:
    assert decode_batch(encode_batch(BATCH), Limits()) == BATCH
    assert decode_cycle(encode_cycle(CYCLE), Limits()) == CYCLE


def test_a_batch_of_a_future_version_is_named_as_such() -> None:
    body = MAGIC + bytes((VERSION + 1,)) + encode_batch(BATCH)[4:]

    with pytest.raises(FutureVersionError, match="upgrade the collector"):
        decode_batch(body, Limits())


def test_a_batch_cut_anywhere_is_malformed() -> None:
    body = encode_batch(BATCH)

    for end in range(len(body)):
        with pytest.raises(MalformedBatchError):
            decode_batch(body[:end], Limits())


@pytest.mark.parametrize("size", [9_000_000, 2_000_000_0])
def test_a_bomb_is_refused_before_it_unfolds(size: int) -> None:
    with pytest.raises(BatchTooLargeError):
        decode_batch(HEAD + zlib.compress(bytes(size)), Limits())


def test_a_bomb_is_refused_for_the_work_of_its_beginning() -> None:
    """Half a megabyte of it would unfold to the limit of a whole batch before it is seen."""
    bomb = zlib.compress(bytes(500_000_000), 1)
    assert len(bomb) > 100_000

    with pytest.raises(BatchTooLargeError, match=r"more than (\d+) bytes") as told:
        decode_batch(HEAD + bomb, Limits(encoded_bytes=len(bomb) + len(HEAD)))
    assert int(str(told.value).split()[-2]) < 1_000_000


@given(st.integers(0, 40_000), st.randoms(use_true_random=False))
def test_what_is_within_the_limits_unfolds_to_what_it_was(size: int, dice: random.Random) -> None:
    plain = b"".join(dice.randbytes(3) * dice.randrange(30) for _ in range(size // 45))

    assert codec._inflate(zlib.compress(plain), Limits()) == plain


def test_an_encoded_body_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(BatchTooLargeError):
        decode_batch(bytes(11), Limits(encoded_bytes=10))


def test_a_second_stream_behind_the_first_is_refused() -> None:
    with pytest.raises(MalformedBatchError, match="behind its end"):
        decode_batch(encode_batch(BATCH) + zlib.compress(b""), Limits())


@given(st.binary(max_size=300))
def test_garbage_ends_in_a_documented_error(body: bytes) -> None:
    for candidate in (body, HEAD + body, HEAD + zlib.compress(body)):
        with pytest.raises(BatchError):
            decode_batch(candidate, Limits())


def test_fields_that_a_newer_agent_appends_are_ignored() -> None:
    longer = [*msgspec.msgpack.decode(msgspec.msgpack.encode(BATCH)), "from the future"]
    body = HEAD + zlib.compress(msgspec.msgpack.encode(longer))

    assert decode_batch(body, Limits()) == BATCH
