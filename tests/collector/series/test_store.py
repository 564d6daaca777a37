"""The latest values: newer never gives way to older, silence never looks like health, and no agent floods the rest."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from collector.arrival import Arrival
from collector.series.latest import Late
from collector.series.placing import Placed, Trust, place
from collector.series.settings import SeriesSettings
from collector.series.store import SeriesStore
from shared.wire.reading import (
    Anchor,
    Batch,
    ClockQuality,
    Cycle,
    Lane,
    Metric,
    MetricKind,
    Outcome,
    Reading,
    Record,
    Sample,
)

SECOND_NS = 1_000_000_000
WALL_NS = 1_790_000_000 * SECOND_NS


def reading(
    at: float, value: float = 1.0, *, wall_ns: int = WALL_NS, samples: tuple[Sample, ...] | None = None
) -> Reading:
    return Reading(
        check="ping",
        kind="icmp",
        site="s1",
        target="r1",
        role="router",
        outcome=Outcome.OK,
        started_monotonic_ns=int(at * SECOND_NS),
        started_wall_ns=wall_ns,
        duration_ns=1,
        samples=samples if samples is not None else (Sample("probe_success", value),),
    )


def arrival(
    *readings: Reading,
    sent: float,
    received: float | None = None,
    boot: str = "b1",
    of_boot: str = "b1",
    agent: str = "a",
    metrics: tuple[Metric, ...] = (),
    clock: ClockQuality = ClockQuality.UNKNOWN,
) -> Arrival:
    record = Record(1, Cycle(of_boot, clock, readings))
    at = sent if received is None else received
    return Arrival(
        agent=agent,
        received_wall_ns=WALL_NS + int(at * SECOND_NS),
        received_monotonic_ns=int(at * SECOND_NS),
        batch=Batch(agent, "e", boot, int(sent * SECOND_NS), 0, Lane.LIVE, (record,), metrics),
        fresh=(record,),
    )


def values(store: SeriesStore, now: float) -> list[float]:
    return [s.value for latest in store.fresh(int(now * SECOND_NS)) for s in latest.reading.samples]


def test_a_late_reading_does_not_replace_a_newer_one() -> None:
    store = SeriesStore(SeriesSettings())
    assert list(store.accept(arrival(reading(100, 2.0), sent=101)))

    (late,) = store.accept(arrival(reading(50, 1.0), sent=102))
    assert isinstance(late, Late)
    assert values(store, 103) == [2.0]
    assert store.tally.late == 1


def test_a_reading_is_placed_by_the_agents_monotonic_clock_whatever_its_wall_clock_says() -> None:
    """1970 and 2098 alike: the age within one boot is what counts."""
    for wall_ns in (0, 2**62):
        store = SeriesStore(SeriesSettings())
        (latest,) = store.accept(arrival(reading(100, wall_ns=wall_ns), sent=130, received=500))

        assert latest.measured_monotonic_ns == 470 * SECOND_NS


def test_a_reading_of_an_earlier_boot_is_history() -> None:
    store = SeriesStore(SeriesSettings())
    late = arrival(reading(100), sent=5, of_boot="b0", clock=ClockQuality.SYNCHRONISED)

    assert [type(taken) for taken in store.accept(late)] == [Late]
    assert store.tally.late == 1


def test_a_silent_agent_loses_all_its_series_whatever_their_period() -> None:
    """A page that keeps the last values of a dead agent says that all is well for ever."""
    store = SeriesStore(SeriesSettings(agent_silent_seconds=60))
    list(store.accept(arrival(reading(0), sent=1)))

    assert values(store, 61) == [1.0]
    assert values(store, 62) == []


def test_a_check_that_stops_disappears_while_its_agent_goes_on() -> None:
    store = SeriesStore(SeriesSettings(fresh_periods=3, fresh_least_seconds=5))
    for second in range(0, 40, 10):
        list(store.accept(arrival(reading(second), sent=second)))
    list(store.accept(arrival(sent=59)))
    assert values(store, 60) == [1.0]

    list(store.accept(arrival(sent=61)))
    assert values(store, 61) == []


def test_a_voided_run_says_nothing() -> None:
    store = SeriesStore(SeriesSettings())
    voided = msgspec.structs.replace(reading(1, 0.0), voided="the agent was late")

    assert list(store.accept(arrival(voided, sent=1))) == []
    assert store.tally.voided == 1


def test_a_flood_of_labels_is_cut_at_the_cap_and_counted() -> None:
    store = SeriesStore(SeriesSettings(series_per_agent=10))
    flood = tuple(Sample("x", 1.0, (("n", str(n)),)) for n in range(1000))
    list(store.accept(arrival(reading(1, samples=flood), sent=1)))
    list(store.accept(arrival(reading(2, samples=flood), sent=2)))
    list(store.accept(arrival(reading(2), sent=2, agent="good")))

    assert len(values(store, 3)) == 11
    assert store.tally.dropped == 2 * 990


def test_an_agent_of_endless_targets_and_metric_names_holds_what_it_may_and_harms_nobody() -> None:
    store = SeriesStore(SeriesSettings(readings_per_agent=10, metrics_per_agent=5))
    metrics = tuple(Metric(f"m{n}", MetricKind.GAUGE, "Help.") for n in range(100))
    for n in range(100):
        flood = msgspec.structs.replace(reading(1.0, samples=(Sample(f"x{n}", 1.0),)), target=f"t{n}")
        list(store.accept(arrival(flood, sent=2.0, metrics=metrics, agent="flood")))
    good = reading(1.0, samples=(Sample("y", 1.0),))
    taken = list(store.accept(arrival(good, sent=2.0, metrics=(Metric("y", MetricKind.GAUGE, "Y."),), agent="good")))

    assert [latest.agent for latest in store.fresh(3 * SECOND_NS)] == ["flood"] * 10 + ["good"]
    assert store.tally.dropped == 90 + 10, "those over the cap, and of the others the series whose names are too many"
    assert len(taken) == 1
    assert sorted(store.metrics()) == ["m0", "m1", "m2", "m3", "m4", "y"]
    assert not store.metrics_wanted(), "what may not be named is not asked for"


def test_what_an_agent_at_its_cap_stopped_telling_makes_room() -> None:
    store = SeriesStore(SeriesSettings(readings_per_agent=3, series_per_agent=3, fresh_first_seconds=100))
    for n in range(3):
        list(store.accept(arrival(msgspec.structs.replace(reading(1.0), target=f"old{n}"), sent=2.0)))
    assert not list(store.accept(arrival(msgspec.structs.replace(reading(3.0), target="new"), sent=4.0)))
    assert store.tally.dropped == 1

    list(store.accept(arrival(msgspec.structs.replace(reading(150.0), target="old0"), sent=151.0)))
    for n in range(3):
        list(store.accept(arrival(msgspec.structs.replace(reading(152.0), target=f"new{n}"), sent=153.0)))

    assert sorted(latest.reading.target for latest in store.fresh(154 * SECOND_NS)) == ["new0", "new1", "old0"]
    assert store.tally.dropped == 2


def test_a_cut_is_what_was_there_whatever_comes_after() -> None:
    store = SeriesStore(SeriesSettings())
    list(store.accept(arrival(reading(1.0), sent=2.0)))
    cut = store.cut(3 * SECOND_NS)
    list(store.accept(arrival(msgspec.structs.replace(reading(1.0), target="later"), sent=2.0)))

    assert len(list(cut.fresh())) == 1
    assert len(list(store.fresh(3 * SECOND_NS))) == 2


def test_words_without_end_are_dropped_and_the_next_run_counts() -> None:
    store = SeriesStore(SeriesSettings())
    for more in ({"target": "t" * 600}, {"role": "r" * 600}, {"reason": "w" * 3000}):
        assert not list(store.accept(arrival(msgspec.structs.replace(reading(1.0), **more), sent=2.0)))
    assert len(list(store.accept(arrival(reading(1.0), sent=2.0)))) == 1
    assert not list(store.accept(arrival(msgspec.structs.replace(reading(3.0), reason="w" * 3000), sent=4.0)))
    assert store.tally.dropped == 4


def test_names_that_prometheus_would_refuse_are_dropped() -> None:
    store = SeriesStore(SeriesSettings())
    bad = ("", "1x", "a-b", "a b", "é", 'x{y="1"}', "a\nb")
    labels = (("", "v"), ("1", "v"), ("__name__", "v"), ("le gal", "v"))
    samples = (*(Sample(name, 1.0) for name in bad), *(Sample("x", 1.0, (pair,)) for pair in labels), Sample("ok", 2.0))
    list(store.accept(arrival(reading(1, samples=samples), sent=1)))

    assert values(store, 2) == [2.0]


def test_the_same_series_twice_in_one_reading_counts_once() -> None:
    """Two lines of one identity make Prometheus refuse the whole page."""
    store = SeriesStore(SeriesSettings())
    list(store.accept(arrival(reading(1, samples=(Sample("x", 1.0), Sample("x", 2.0))), sent=1)))

    assert values(store, 2) == [1.0]


def test_descriptions_are_wanted_until_they_came() -> None:
    store = SeriesStore(SeriesSettings())
    parts = (Sample("rtt_bucket", 1.0, (("le", "1"),)), Sample("rtt_count", 1.0))
    list(store.accept(arrival(reading(1, samples=parts), sent=1)))
    assert store.metrics_wanted()

    list(store.accept(arrival(reading(2, samples=parts), sent=2, metrics=(Metric("rtt", MetricKind.HISTOGRAM, "h"),))))
    list(store.accept(arrival(reading(3, samples=parts), sent=3)))
    assert not store.metrics_wanted()


@given(
    started=st.integers(-(2**62), 2**62),
    sent=st.integers(-(2**62), 2**62),
    wall=st.integers(-(2**62), 2**62),
    same=st.booleans(),
)
def test_any_stamps_give_an_age_or_nothing(started: int, sent: int, wall: int, *, same: bool) -> None:
    measured = msgspec.structs.replace(reading(0), started_monotonic_ns=started, started_wall_ns=wall)
    cycle = Cycle("b1", ClockQuality.UNKNOWN, (measured,))
    batch = Batch("a", "e", "b1" if same else "b2", sent, 0, Lane.LIVE, ())

    placed = place(measured, cycle, batch, WALL_NS)

    assert placed is None or (isinstance(placed, Placed) and placed.age_ns >= 0)
    assert placed is None or same is (placed.trust is Trust.MONOTONIC)


HOUR_NS = 3600 * SECOND_NS


@given(
    st.integers(0, 100 * HOUR_NS),
    st.integers(0, 100 * HOUR_NS),
    st.sampled_from([0, 946_684_800 * SECOND_NS, 4_039_372_800 * SECOND_NS, WALL_NS - 86_400 * SECOND_NS]),
)
def test_a_stamp_of_a_wrong_clock_is_repaired_by_what_was_known_of_its_boot(
    read_ns: int, known_ns: int, woke_ns: int
) -> None:
    """A boot in 1970, 2000, 2098 or yesterday began a hundred hours before the batch came."""
    begun_ns = WALL_NS - 101 * HOUR_NS
    taken = reading(0, wall_ns=woke_ns + read_ns)
    taken = msgspec.structs.replace(taken, started_monotonic_ns=read_ns)
    anchors = (Anchor("dark", known_ns, begun_ns + known_ns, 0, "collector"), Anchor("other", 0, 5, 0, "collector"))
    cycle = Cycle("dark", ClockQuality.UNSYNCHRONISED, (taken,))
    batch = Batch("a", "e", "b1", 0, 0, Lane.HISTORY, (Record(1, cycle),), anchors=anchors)

    assert place(taken, cycle, batch, WALL_NS) == Placed(WALL_NS - (begun_ns + read_ns), Trust.REPAIRED)


def test_a_clock_that_followed_a_reference_is_finer_than_an_anchor_far_away() -> None:
    taken = reading(0, wall_ns=WALL_NS - HOUR_NS)
    taken = msgspec.structs.replace(taken, started_monotonic_ns=100 * HOUR_NS)
    drifted = Anchor("dark", 0, WALL_NS - 101 * HOUR_NS - 5 * SECOND_NS, 0, "collector")
    cycle = Cycle("dark", ClockQuality.SYNCHRONISED, (taken,))
    batch = Batch("a", "e", "b1", 0, 0, Lane.HISTORY, (Record(1, cycle),), anchors=(drifted,))

    assert place(taken, cycle, batch, WALL_NS) == Placed(HOUR_NS, Trust.SYNCHRONISED)


def test_an_anchor_that_cannot_be_puts_a_reading_aside_and_nothing_else() -> None:
    taken = reading(0, wall_ns=0)
    cycle = Cycle("dark", ClockQuality.UNSYNCHRONISED, (taken,))
    for wall_ns in (0, WALL_NS + 40 * 86_400 * SECOND_NS):
        batch = Batch(
            "a", "e", "b1", 0, 0, Lane.HISTORY, (Record(1, cycle),), anchors=(Anchor("dark", 0, wall_ns, 0, "x"),)
        )

        assert place(taken, cycle, batch, WALL_NS) is None
