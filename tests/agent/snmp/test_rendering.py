"""From values to samples: no two series alike, whatever a device says, and names that survive renumbering."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.snmp.engine import Kind, Oid, Value, parse_oid
from agent.snmp.profile import Label, Measure, Plan, Table, plan
from agent.snmp.rendering import render
from agent.snmp.shelf import load_shelf

PROFILES = Path(__file__).parents[3] / "config" / "profiles"
DESCR, NAME, ALIAS, OCTETS = (
    parse_oid(text)
    for text in (
        "1.3.6.1.2.1.2.2.1.2",
        "1.3.6.1.2.1.31.1.1.1.1",
        "1.3.6.1.2.1.31.1.1.1.18",
        "1.3.6.1.2.1.31.1.1.1.6",
    )
)


def text(octets: bytes) -> Value:
    return Value(Kind.OCTET_STRING, octets)


def interfaces(*names: str, first: int = 1) -> dict[Oid, dict[Oid, Value]]:
    columns: dict[Oid, dict[Oid, Value]] = {DESCR: {}, NAME: {}, OCTETS: {}}
    for index, name in enumerate(names, start=first):
        columns[DESCR][index,] = columns[NAME][index,] = text(name.encode())
        columns[OCTETS][index,] = Value(Kind.COUNTER64, len(name))
    return columns


def test_series_keep_their_names_when_a_device_deals_out_new_numbers() -> None:
    """After a restart ifIndex 1, 2, 3 may be 7, 8, 9 in another order: the curves must go on."""
    if_mib = plan(load_shelf(PROFILES), ["if_mib"])
    before = {s.labels: s.value for s in render(if_mib, {}, interfaces("ether1", "lte", "vlan10"))}
    after = {s.labels: s.value for s in render(if_mib, {}, interfaces("vlan10", "ether1", "lte", first=7))}

    assert before == after


TABLE = Table(
    name="t",
    labels=(Label(name="a", oid="1.3.1"), Label(name="b", oid="1.3.2"), Label(name="i", only_if_ambiguous=True)),
    columns=(Measure(oid="1.3.3", metric="m", help="-"), Measure(oid="1.3.4", metric="n", help="-")),
)
BLUNT = Table(name="t", labels=(Label(name="a", oid="1.3.1"),), columns=TABLE.columns)
INDEXES = st.lists(st.integers(0, 5), min_size=1, max_size=3).map(tuple)
OCTET_STRINGS = st.one_of(st.sampled_from([b"", b"eth0", b"eth1"]), st.binary(max_size=6)).map(text)
COUNTERS = st.integers(0, 9).map(lambda number: Value(Kind.COUNTER32, number))


@given(
    st.sampled_from([TABLE, BLUNT]),
    st.dictionaries(INDEXES, OCTET_STRINGS),
    st.dictionaries(INDEXES, OCTET_STRINGS),
    st.dictionaries(INDEXES, COUNTERS),
    st.dictionaries(INDEXES, COUNTERS),
)
def test_no_two_series_are_alike(
    table: Table, a: dict[Oid, Value], b: dict[Oid, Value], m: dict[Oid, Value], n: dict[Oid, Value]
) -> None:
    """Prometheus refuses a whole page for one repeated series."""
    asked = Plan(names=(), infos=(), scalars=(), tables=(table,))
    samples = list(render(asked, {}, {(1, 3, 1): a, (1, 3, 2): b, (1, 3, 3): m, (1, 3, 4): n}))

    assert len(samples) == len(m) + len(n)
    assert max(Counter((s.name, s.labels) for s in samples).values(), default=1) == 1


@pytest.mark.parametrize(
    ("measure", "value", "number"),
    [
        ({"scale": 0.1}, Value(Kind.INTEGER, 231), 23.1),
        ({"scale": 0.002, "offset": -30.0, "read_as": "signed16"}, Value(Kind.INTEGER, 65_036), -31.0),
        ({"none": (65_535,)}, Value(Kind.INTEGER, 65_535), None),
        ({"read_as": "text_number"}, text(b"RSRP: -102.5 dBm"), -102.5),
        ({"read_as": "text_number"}, text(b"N/A"), None),
        ({"read_as": "huawei_optical_power"}, Value(Kind.INTEGER, 1000), 0.0),
        ({"read_as": "huawei_optical_power"}, Value(Kind.INTEGER, -1765), -17.65),
        ({}, text(b"12"), None),
        ({}, Value(Kind.NO_SUCH_INSTANCE, None), None),
        ({}, Value(Kind.IP_ADDRESS, b"\x7f\0\0\x01"), None),
    ],
)
def test_numbers_are_read_as_the_profile_says(measure: dict[str, object], value: Value, number: float | None) -> None:
    scalar = Measure(oid="1.3.9.0", metric="m", help="-", **measure)  # type: ignore[arg-type]
    asked = Plan(names=(), infos=(), scalars=(scalar,), tables=())
    samples = list(render(asked, {(1, 3, 9, 0): value}, {}))

    assert [sample.value for sample in samples] == ([] if number is None else [number])


@pytest.mark.parametrize(
    ("octets", "label"),
    [
        (b"Tuy\xe1\xba\xbfn 1\0\0", "Tuyến 1"),
        (b"\x02\xff\x10", "0x02ff10"),
        (b"two\r\nlines\x1b[2J", "two  lines [2J"),
        (b"x" * 5000, "x" * 256),
    ],
)
def test_a_device_cannot_write_what_it_likes_into_a_label(octets: bytes, label: str) -> None:
    columns = {(1, 3, 1): {(1,): text(octets)}, (1, 3, 3): {(1,): Value(Kind.COUNTER32, 1)}}
    asked = Plan(names=(), infos=(), scalars=(), tables=(TABLE,))

    assert next(iter(render(asked, {}, columns))).labels == (("a", label),)
