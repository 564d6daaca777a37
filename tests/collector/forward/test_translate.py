"""Stored batches as points: the labels of /metrics, the collector's time, and never one that is implausible."""

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from collector.arrival import Arrival
from collector.exposition.page import page
from collector.forward.bodies import chunks, grouped, halves
from collector.forward.encoding import Blocks, write_request
from collector.forward.translate import Point, Translation, Translator
from collector.ingest.inbox import StoredParcel
from collector.inventory.site import Site
from collector.picture import Picture, SiteView, State, Verdict
from collector.series.settings import SeriesSettings
from collector.series.store import SeriesStore
from shared.wire.codec import Limits, encode_batch
from shared.wire.reading import Batch, Labels, Reading, Sample
from tests.peers.outage import SECOND_NS, batch, reading

NOW_NS = 1_780_000_000 * SECOND_NS
HUBS = {"province": "h1"}


def parcel(content: Batch, fresh: tuple[int, ...] | None = None, received_ns: int = NOW_NS) -> StoredParcel:
    every = tuple(record.sequence for record in content.records)
    body = encode_batch(content)
    return StoredParcel(
        number=1, agent="a1", received_wall_ns=received_ns, fresh=every if fresh is None else fresh, body=body
    )


def translated(*readings: Reading, now_ns: int = NOW_NS, boot: str = "") -> Translation:
    translator = Translator(HUBS, {"job": "phusong-forward"}, SeriesSettings(), Limits())
    more = {"boot": boot} if boot else {}
    return translator.translate(parcel(batch("a1", {1: list(readings)}, NOW_NS, **more)), now_ns)


def test_labels_are_those_of_metrics_and_the_job() -> None:
    """Whoever finds a series on the page finds its history under the same labels."""
    odd = Sample("x_bytes", 4.5, (("site", "mine"), ("direction", "in"), ("empty", ""), ("text", 'a"\\\nb')))
    measured = (
        reading("r1", 5, NOW_NS, 0.02, samples=(odd, Sample("y", 1.0))),
        reading("me", 5, NOW_NS, 0.0, kind="agent", check="agent", samples=(Sample("phusong_agent_up", 1.0),)),
    )
    store = SeriesStore(SeriesSettings())
    content = batch("a1", {1: list(measured)}, NOW_NS)
    arrival = Arrival(
        agent="a1", received_wall_ns=NOW_NS, received_monotonic_ns=NOW_NS, batch=content, fresh=content.records
    )
    assert len(list(store.accept(arrival))) == 2
    site = Site(id="province", name="Hà Giang", hub="h1")
    view = SiteView(site=site, verdict=Verdict(state=State.UP, since_ns=1))
    picture = Picture(sequence=1, evaluated_at_ns=NOW_NS, build="b", sites=(view,))
    text = page(picture, store.fresh(NOW_NS), store.metrics()).decode()
    names = {"x_bytes", "y", "phusong_agent_up"}
    scraped = {
        tuple(sorted({"__name__": sample.name, **sample.labels, "job": "phusong-forward"}.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name in names
    }

    found = translated(*measured)

    assert {point.labels: point.value for point in found.points} == scraped
    assert len(scraped) == 3
    assert {point.at_ms for point in found.points} == {NOW_NS // 1_000_000 - 5000}


def test_a_sample_ahead_of_our_clock_never_leaves() -> None:
    """One sample 40 days ahead makes Prometheus refuse everybody else's."""
    ahead = reading("r1", -40 * 86400, NOW_NS, 1.0)

    for found in (
        translated(ahead),
        translated(ahead, boot="another"),
        translated(reading("r1", 5, NOW_NS, 1.0), now_ns=NOW_NS - 3600 * SECOND_NS),
    ):
        assert found.points == []
        assert {letter.reason for letter in found.dead} == {"implausible_time"}


@given(st.integers(-(2**62), 2**62), st.integers(-(2**62), 2**62), st.booleans())
def test_whatever_an_agents_clocks_say_no_implausible_time_becomes_a_point(
    monotonic_ns: int, wall_ns: int, same_boot: bool
) -> None:
    odd = reading("r1", 0, NOW_NS, 1.0, started_monotonic_ns=monotonic_ns, started_wall_ns=wall_ns)
    found = translated(odd, boot="" if same_boot else "another")

    assert len(found.points) + len(found.dead) == 2
    for point in found.points:
        assert NOW_NS - 3000 * 86400 * SECOND_NS <= point.at_ms * 1_000_000 <= NOW_NS + 300 * SECOND_NS


def test_what_is_invalid_is_told_and_its_neighbours_go() -> None:
    samples = (
        Sample("good", 1.0),
        Sample("bad name", 1.0),
        Sample("good", 2.0),
        Sample("good", 3.0, (("__name__", "x"),)),
        Sample("good", 4.0, (("a", "1"), ("a", "2"))),
    )
    found = translated(reading("r1", 5, NOW_NS, 0.0, samples=samples))

    assert [point.value for point in found.points] == [1.0]
    assert [letter.reason for letter in found.dead] == ["invalid"] * 4


def test_only_fresh_records_and_runs_that_say_something_are_forwarded() -> None:
    translator = Translator(HUBS, {}, SeriesSettings(), Limits())
    content = batch(
        "a1", {1: [reading("r1", 9, NOW_NS, 1.0)], 2: [reading("r2", 9, NOW_NS, 1.0, voided="late")]}, NOW_NS
    )

    assert translator.translate(parcel(content, fresh=()), NOW_NS).points == []
    found = translator.translate(parcel(content), NOW_NS).points
    assert {dict(point.labels)["instance"] for point in found} == {"r1"}


def test_a_parcel_that_cannot_be_read_is_one_dead_letter() -> None:
    translator = Translator(HUBS, {}, SeriesSettings(), Limits())
    spoilt = StoredParcel(number=1, agent="a", received_wall_ns=NOW_NS, fresh=(1,), body=b"phs\x01nonsense")

    assert [letter.reason for letter in translator.translate(spoilt, NOW_NS).dead] == ["undecodable"]


def test_the_memory_of_labels_is_bounded_and_forgetting_changes_nothing() -> None:
    translator = Translator(HUBS, {}, SeriesSettings(), Limits(), remembered=2)
    contents = [parcel(batch("a1", {1: [reading(f"r{n % 5}", 9, NOW_NS, 1.0)]}, NOW_NS)) for n in range(20)]

    found = [translator.translate(each, NOW_NS).points for each in contents]

    assert found[0] == found[5] == found[15]


LABEL_SETS: st.SearchStrategy[Labels] = st.sampled_from(
    [(("__name__", "a"),), (("__name__", "a"), ("site", "x" * 400)), (("__name__", "b"), ("t", "ộ" * 300))]
)
POINTS = st.lists(st.builds(Point, LABEL_SETS, st.integers(0, 50), st.floats(0, 9)), max_size=60)


@given(POINTS, st.integers(1, 20), st.integers(100, 3000))
def test_bodies_hold_every_point_once_in_order_and_within_their_bounds(
    points: list[Point], samples: int, size: int
) -> None:
    parts = list(chunks(points, samples, size))

    flat = [point for part in parts for point in part]
    assert flat == sorted(points, key=lambda point: point.at_ms)
    for part in parts:
        assert 1 <= len(part) <= samples
        assert len(part) == 1 or len(write_request(grouped(part), Blocks())) <= size
        again = [
            (labels, at) for labels in {p.labels for p in part} for at in [p.at_ms for p in part if p.labels == labels]
        ]
        assert sorted((each.labels, at) for each in grouped(part) for at, _ in each.samples) == sorted(again)
        if len(part) > 1:
            older, newer = halves(part)
            assert older + newer == part
            assert older
            assert newer
