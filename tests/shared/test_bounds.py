"""What one batch may say is bounded before it is unfolded, and no agent of ours ever says more."""

import tracemalloc
import zlib
from itertools import chain
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.wire import bounds
from shared.wire.codec import (
    BatchError,
    BatchTooLargeError,
    Limits,
    MalformedBatchError,
    decode_batch,
    decode_cycle,
    encode_batch,
    encode_cycles,
    encode_within,
)
from shared.wire.reading import (
    Anchor,
    Batch,
    Block,
    ClockQuality,
    Cycle,
    Lane,
    Metric,
    MetricKind,
    Outcome,
    Reading,
    Record,
    Sample,
    Statement,
)
from shared.wire.unread import UnreadBatch

SAMPLE = Sample("m", 1.0, (("a", "b"),))
READING = Reading("ping", "icmp", "s", "t", "router", Outcome.OK, 1, 2, 3, (SAMPLE,))
CYCLE = Cycle("b", ClockQuality.UNKNOWN, (READING,))
BATCH = Batch("a", "e", "b", 1, 2, Lane.LIVE, (Record(1, CYCLE),))
WHOLE = Limits(encoded_bytes=10**9, decoded_bytes=10**9, ratio=10**9)
RUN = (1, 1)


def reading(**changes: Any) -> Batch:
    return replace(BATCH, records=(Record(1, replace(CYCLE, readings=(replace(READING, **changes),))),))


def sample(**changes: Any) -> Batch:
    return reading(samples=(replace(SAMPLE, **changes),))


def stated(**changes: Any) -> Batch:
    return replace(BATCH, statement=Statement("e", 1, **changes))


def letters(most: int) -> list[str]:
    return ["x" * most, "x" * (most + 1)]


JUST_AND_TOO_MUCH = {
    "agent": [replace(BATCH, agent=text) for text in letters(bounds.NAME_CHARACTERS)],
    "epoch": [replace(BATCH, epoch=text) for text in letters(bounds.RANDOM_CHARACTERS)],
    "boot": [replace(BATCH, boot_id=text) for text in letters(bounds.RANDOM_CHARACTERS)],
    "release": [replace(BATCH, version=text) for text in letters(bounds.NAME_CHARACTERS)],
    "records": [replace(BATCH, records=BATCH.records * n) for n in (bounds.MOST_RECORDS, bounds.MOST_RECORDS + 1)],
    "sequence": [replace(BATCH, records=(Record(2**62 + n, CYCLE),)) for n in (0, 1)],
    "sequence below none": [replace(BATCH, records=(Record(-n, CYCLE),)) for n in (0, 1)],
    "target": [reading(target=text) for text in letters(bounds.NAME_CHARACTERS)],
    "reason": [reading(reason=text) for text in letters(bounds.WORDS_CHARACTERS)],
    "samples": [reading(samples=(SAMPLE,) * (bounds.MOST_SAMPLES + n)) for n in (0, 1)],
    "name of a series": [sample(name=text) for text in letters(bounds.NAME_CHARACTERS)],
    "labels": [sample(labels=(("a", "b"),) * (bounds.MOST_LABELS + n)) for n in (0, 1)],
    "name of a label": [sample(labels=((text, "b"),)) for text in letters(bounds.NAME_CHARACTERS)],
    "a label's value": [sample(labels=(("a", text),)) for text in letters(bounds.WORDS_CHARACTERS)],
    "anchors": [replace(BATCH, anchors=(Anchor("b", 1, 2, 3),) * (bounds.MOST_ANCHORS + n)) for n in (0, 1)],
    "metrics": [
        replace(BATCH, metrics=(Metric("m", MetricKind.GAUGE, "h"),) * (bounds.MOST_METRICS + n)) for n in (0, 1)
    ],
    "help": [
        replace(BATCH, metrics=(Metric("m", MetricKind.GAUGE, text),)) for text in letters(bounds.WORDS_CHARACTERS)
    ],
    "waiting": [stated(waiting=(RUN,) * (bounds.MOST_RUNS + n)) for n in (0, 1)],
    "held": [stated(held=(RUN,) * (bounds.MOST_RUNS + n)) for n in (0, 1)],
    "lost": [stated(lost=(RUN,) * (bounds.MOST_RUNS + n)) for n in (0, 1)],
    "refused": [stated(refused=(RUN,) * (bounds.MOST_RUNS + n)) for n in (0, 1)],
    "others": [stated(others=("e",) * (bounds.MOST_EPOCHS + n)) for n in (0, 1)],
    "another's name": [stated(others=(text,)) for text in letters(bounds.RANDOM_CHARACTERS)],
    "blocks": [stated(blocks=(Block(1, 1, 1),) * (bounds.MOST_BLOCKS + n)) for n in (0, 1)],
}


@pytest.mark.parametrize("name", JUST_AND_TOO_MUCH)
def test_what_fits_is_taken_and_one_more_is_refused(name: str) -> None:
    fits, too_much = JUST_AND_TOO_MUCH[name]

    assert decode_batch(encode_batch(fits), WHOLE) == fits
    with pytest.raises(MalformedBatchError):
        decode_batch(encode_batch(too_much), WHOLE)


def test_a_cycle_that_is_decoded_part_by_part_has_the_same_bounds() -> None:
    """Long ones are, so that others have a turn."""
    long = replace(CYCLE, readings=(READING,) * 10_000)
    named = replace(long, boot_id="x" * 65)
    spoiled = replace(long, readings=(*long.readings, replace(READING, site="x" * 257)))

    assert decode_batch(encode_batch(replace(BATCH, records=(Record(1, long),))), WHOLE).records[0].cycle == long
    for wrong in (named, spoiled):
        with pytest.raises(MalformedBatchError):
            decode_batch(encode_batch(replace(BATCH, records=(Record(1, wrong),))), WHOLE)


@pytest.mark.parametrize(
    "cycle",
    [
        replace(CYCLE, readings=(replace(READING, samples=()),) * (bounds.MOST_READINGS // 2 + 1)),
        replace(CYCLE, readings=(replace(READING, samples=(SAMPLE,) * bounds.MOST_SAMPLES),) * 7),
    ],
    ids=["readings", "samples"],
)
def test_readings_and_samples_are_bounded_over_all_records_together(cycle: Cycle) -> None:
    one, two = replace(BATCH, records=(Record(1, cycle),)), replace(BATCH, records=(Record(1, cycle), Record(2, cycle)))

    assert decode_batch(encode_batch(one), WHOLE) == one
    with pytest.raises(BatchTooLargeError):
        decode_batch(encode_batch(two), WHOLE)


def test_labels_are_counted_before_they_are_decoded() -> None:
    """Seven bytes on the wire are two hundred in memory."""
    many = (("a1", "b2"),) * bounds.MOST_LABELS
    fits, too_much = (reading(samples=(replace(SAMPLE, labels=many),) * number) for number in (17_600, 17_700))
    long_way = encode_batch(too_much)[4:]
    spelt_out = zlib.decompress(long_way).replace(b"\x92\xa2a1", b"\xdc\x00\x02\xa2a1")
    body = encode_batch(fits)[:4] + zlib.compress(spelt_out)

    assert decode_batch(encode_batch(fits), WHOLE) == fits
    for wrong in (encode_batch(too_much), body):
        with pytest.raises(BatchTooLargeError):
            decode_batch(wrong, WHOLE)
    with pytest.raises(BatchTooLargeError):
        encode_within(too_much, WHOLE)


NOTHINGS = ["a", "e", "b", 1, 2, "live", [[1, ["b", "unknown", [None] * 7_000_000]]]]


@pytest.mark.parametrize(
    "batch", [stated(others=("ab",) * 2_500_000), NOTHINGS], ids=["a statement's others", "a cycle's readings"]
)
def test_a_list_that_is_too_long_costs_no_memory(batch: object) -> None:
    """A hundred kilobytes on the wire were two hundred megabytes."""
    body = encode_batch(batch)  # type: ignore[arg-type]
    tracemalloc.start()
    with pytest.raises(BatchError):
        decode_batch(body, replace(Limits(), ratio=10_000))
    _, highest = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert highest < 24 * 1024 * 1024  # the frame's own eight megabytes, and what zlib held while it grew


def test_a_batch_without_its_cycles_has_the_fields_of_a_batch() -> None:
    """It is written down twice, so that cycles can be left for later."""
    whole, unread = ({f.name: f for f in msgspec.structs.fields(kind)} for kind in (Batch, UnreadBatch))

    assert list(whole) == list(unread)
    assert [(f.type, f.default) for f in whole.values() if f.name != "records"] == [
        (f.type, f.default) for f in unread.values() if f.name != "records"
    ]


@given(readings=st.integers(0, 3000), samples=st.integers(0, 40), words=st.integers(0, 4))
def test_what_is_encoded_within_limits_is_taken(readings: int, samples: int, words: int) -> None:
    limits = Limits(encoded_bytes=3000, decoded_bytes=60_000, ratio=20, ratio_free_bytes=8000)
    many = tuple(
        replace(READING, started_wall_ns=n**words, samples=(SAMPLE,) * (samples % (n + 1))) for n in range(readings)
    )
    batch = replace(BATCH, records=(Record(1, replace(CYCLE, readings=many)),))
    try:
        body = encode_within(batch, limits)
    except BatchTooLargeError:
        with pytest.raises(BatchTooLargeError):
            decode_batch(encode_batch(batch), limits)
    else:
        assert decode_batch(body, limits) == batch


@pytest.mark.parametrize(
    ("targets", "samples", "records"), [(1, 1, 1), (3333, 20, 1), (10_000, 34, 4), (70_000, 0, 2), (8, 20_000, 2)]
)
def test_a_cycle_of_any_size_becomes_records_that_a_collector_takes(targets: int, samples: int, records: int) -> None:
    """An agent of ten thousand targets, or one whose disk did not answer for an hour."""
    names = [f"phusong_ping_of_some_name_{n:05d}_seconds" for n in range(samples)]

    def found(number: int) -> tuple[Sample, ...]:
        return tuple(Sample(name, number * 1.1 + place, (("le", "0.5"),)) for place, name in enumerate(names))

    readings = tuple(
        Reading("ping", "icmp", f"{n:05d}", f"{n:05d}-router", "router", Outcome.OK, 10**15 + n, 1, 2, found(n))
        for n in range(targets)
    )
    blobs = encode_cycles(replace(CYCLE, readings=readings))
    cycles = [decode_cycle(blob, Limits()) for blob in blobs]

    assert tuple(chain.from_iterable(cycle.readings for cycle in cycles)) == readings
    for cycle in cycles:
        body = encode_within(replace(BATCH, records=(Record(1, cycle),)), Limits())
        assert len(decode_batch(body, Limits()).records) == 1
    assert len(blobs) == records


def test_a_cycle_of_very_many_labels_becomes_records_too() -> None:
    many = tuple((f"l{n}", "v") for n in range(8))
    readings = tuple(replace(READING, samples=tuple(Sample("m", n * 0.1, many) for n in range(7000))) for _ in range(6))

    assert len(encode_cycles(replace(CYCLE, readings=readings))) == 2
