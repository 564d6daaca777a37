"""Our writer beside the protobuf package's own: byte for byte the same in both versions of remote write."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.forward.encoding import Blocks, TimeSeries, varint, write_request, write_request_2
from lab.bench.remote_write_schema import message

V1 = message("prometheus.WriteRequest")
V2 = message("io.prometheus.write.v2.Request")
TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=0, max_size=12)
LABELS = st.lists(st.tuples(TEXT, TEXT), max_size=5).map(tuple)
STAMPS = (
    st.integers(-(2**63), 2**63 - 1)
    | st.integers(0, 2_000_000_000_000)
    | st.sampled_from([2**35 - 1, 2**35, 2**42 - 1, 2**42])
)
SAMPLES = st.lists(st.tuples(STAMPS, st.floats(allow_nan=False)), max_size=4).map(tuple)
SERIES = st.lists(st.builds(TimeSeries, LABELS, SAMPLES), max_size=6)


def theirs(series: list[TimeSeries]) -> Any:
    request = V1()
    for each in series:
        added = request.timeseries.add()
        for name, value in each.labels:
            added.labels.add(name=name, value=value)
        for at_ms, number in each.samples:
            added.samples.add(value=number, timestamp=at_ms)
    return request


@given(SERIES)
def test_version_1_is_byte_for_byte_what_the_protobuf_package_writes(series: list[TimeSeries]) -> None:
    expected = theirs(series).SerializeToString(deterministic=True)
    blocks = Blocks(remembered=2)

    assert write_request(series, blocks) == expected
    assert write_request(series, blocks) == expected


@given(SERIES)
def test_version_2_says_the_same_with_every_text_once(series: list[TimeSeries]) -> None:
    body = write_request_2(series)
    read = V2.FromString(body)

    assert read.symbols[0] == ""
    assert len(set(read.symbols)) == len(read.symbols)
    texts = [[read.symbols[number] for number in each.labels_refs] for each in read.timeseries]
    assert texts == [[text for label in each.labels for text in label] for each in series]
    samples = [tuple((sample.timestamp, sample.value) for sample in each.samples) for each in read.timeseries]
    assert samples == [each.samples for each in series]
    assert body == read.SerializeToString(deterministic=True)


@given(st.integers(-(2**63), 2**64 - 1))
def test_a_number_takes_seven_bits_a_byte(number: int) -> None:
    value = 0
    for place, byte in enumerate(varint(number)):
        value |= (byte & 0x7F) << (7 * place)
    assert value == number % 2**64


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_zeros_keep_their_sign(zero: float) -> None:
    read = V1.FromString(write_request([TimeSeries((), ((1, zero),))], Blocks()))

    assert math.copysign(1, read.timeseries[0].samples[0].value) == math.copysign(1, zero)


def test_no_value_looks_like_the_mark_of_a_stale_series() -> None:
    """Prometheus ends a series at one particular NaN; an agent's NaN is only "no number"."""
    body = write_request([TimeSeries((("__name__", "a"),), ((5, float("nan")),))], Blocks())

    assert b"\x09\x02\x00\x00\x00\x00\x00\xf0\x7f" not in body
    assert math.isnan(V1.FromString(body).timeseries[0].samples[0].value)


def test_a_lone_surrogate_costs_a_question_mark_and_not_the_batch() -> None:
    series = [TimeSeries((("__name__", "a"), ("b", "x\ud800")), ((1, 1.0),))]

    assert V1.FromString(write_request(series, Blocks())).timeseries[0].labels[1].value == "x?"
    assert "x?" in V2.FromString(write_request_2(series)).symbols
