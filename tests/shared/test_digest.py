"""The digests of both ends: in any order, in any parts, the same for the same bytes and for no others."""

import random
import zlib

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from shared.wire.codec import Limits, decode_cycle, digest_of_blob, encode_batch, encode_cycle, read_batch, unframe
from shared.wire.digest import BLOCK_RECORDS, FORM, SPACE, add_up, digest_of_bytes, merged
from shared.wire.reading import Batch, Block, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample

RECORDS = st.dictionaries(st.integers(1, 3 * BLOCK_RECORDS), st.integers(0, SPACE - 1), max_size=30)


def cycle(value: float) -> Cycle:
    reading = Reading("ping", "icmp", "s", "r", "router", Outcome.OK, 1, 2, 3, (Sample("x", value),))
    return Cycle("b", ClockQuality.UNKNOWN, (reading,))


def batch(*records: Record) -> bytes:
    return encode_batch(Batch("a", "e", "b", 10, 20, Lane.LIVE, records))


@given(RECORDS, st.randoms(use_true_random=False), st.integers(0, 30))
def test_the_sum_does_not_care_in_which_order_and_in_how_many_parts_records_come(
    records: dict[int, int], dice: random.Random, cut: int
) -> None:
    shuffled = list(records.items())
    dice.shuffle(shuffled)
    first, second = add_up(shuffled[:cut]), add_up(shuffled[cut:])

    whole = {n: merged(first.get(n, Block(n, 0, 0)), second.get(n, Block(n, 0, 0))) for n in first | second}

    assert whole == add_up(records.items())
    assert sum(block.records for block in whole.values()) == len(records)


@given(RECORDS.filter(lambda records: len(records) > 1))
def test_a_record_that_changes_its_bytes_or_its_place_changes_the_sum(records: dict[int, int]) -> None:
    place, other = list(records)[:2]
    altered = {**records, place: (records[place] + 1) % SPACE}
    swapped = {**records, place: records[other], other: records[place]}

    assert add_up(altered.items()) != add_up(records.items())
    assert (add_up(swapped.items()) == add_up(records.items())) == (records[place] == records[other])


def test_both_ends_come_to_the_same_digest_of_a_record() -> None:
    """A courier reads what the spool kept before it puts it into a batch: a whole number then is one with a point."""
    cycles = [cycle(1.5), cycle(-0.0), cycle(float("nan")), cycle(1)]
    sent = [Record(n, decode_cycle(encode_cycle(each), Limits())) for n, each in enumerate(cycles)]

    _, digests = read_batch(unframe(batch(*sent), Limits()))

    assert digests == tuple(digest_of_blob(encode_cycle(each)) for each in cycles)
    assert len(set(digests)) == len(cycles)
    assert digest_of_blob(b"no record") is None


def test_fields_that_a_later_release_appends_are_part_of_the_digest_here_as_there() -> None:
    """A collector that waits to be upgraded must not take a newer agent's records for altered ones."""
    plain = msgspec.msgpack.decode(zlib.decompress(batch(Record(1, cycle(1.5)))[4:]))
    plain[6][0][1].append("a field of tomorrow")
    newer = batch()[:4] + zlib.compress(msgspec.msgpack.encode(plain))

    decoded, digests = read_batch(unframe(newer, Limits()))

    assert decoded.records == (Record(1, cycle(1.5)),)
    assert digests == (digest_of_bytes(msgspec.msgpack.encode(plain[6][0][1])),)


def test_the_form_changes_with_the_fields_of_a_record() -> None:
    """Whoever appends a field to one of these sees here that records on disk are sent in other bytes from then on."""
    assert FORM == "2.3.12.3"
