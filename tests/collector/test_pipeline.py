"""The pipeline, evaluated a stretch of sites at a time."""

import pytest

from collector.arrival import Arrival
from collector.picture import State
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample
from tests.peers.story import SECOND_NS, Story, communes

_SITES = 1_100


def _lost_look(story: Story, site: str, sequence: int) -> Arrival:
    """One batch of the province's own agent in which a site does not answer."""
    reading = Reading(
        check="look",
        kind="icmp",
        site=site,
        target=site,
        role="router",
        outcome=Outcome.TIMEOUT,
        started_monotonic_ns=story.now * SECOND_NS,
        started_wall_ns=story.wall_ns,
        duration_ns=SECOND_NS,
        samples=(Sample("probe_success", 0.0),),
    )
    record = Record(sequence, Cycle("other", ClockQuality.SYNCHRONISED, (reading,)))
    stamps = (story.now * SECOND_NS, story.wall_ns)
    batch = Batch("other", "epoch", "other", *stamps, Lane.LIVE, (record,))
    return Arrival(
        agent="other", received_wall_ns=stamps[1], received_monotonic_ns=stamps[0], batch=batch, fresh=(record,)
    )


def test_an_evaluation_stops_between_stretches_of_sites_and_ends_with_the_same_picture() -> None:
    story, twin = (Story(communes(_SITES)) for _ in range(2))
    for one in (story, twin):
        one.down = {"s3", "s700"}
        one.live(60)
    now = (story.wall_ns + SECOND_NS, (story.now + 1) * SECOND_NS)
    steps = story.pipeline.evaluating(*now)
    next(steps)
    next(steps)
    with pytest.raises(StopIteration) as end:
        next(steps)
    picture = end.value.value
    assert picture == twin.pipeline.evaluate(*now)
    assert {view.site.id for view in picture.sites if view.verdict.state is State.DOWN} == {"s3", "s700"}


def test_a_large_batch_is_taken_in_half_a_millisecond_at_a_time_and_to_the_same_end() -> None:
    story, twin = (Story(communes(2)) for _ in range(2))
    samples = tuple(Sample(f"m{number}", 1.0) for number in range(150))
    stamps = (story.now * SECOND_NS, story.wall_ns)
    readings = tuple(
        Reading("c", "icmp", "s1", f"t{number}", "router", Outcome.OK, *stamps, SECOND_NS, samples)
        for number in range(20)
    )
    record = Record(1, Cycle("other", ClockQuality.SYNCHRONISED, readings))
    batch = Batch("other", "epoch", "other", *stamps, Lane.LIVE, (record,))
    arrival = Arrival(
        agent="other", received_wall_ns=stamps[1], received_monotonic_ns=stamps[0], batch=batch, fresh=(record,)
    )
    for one in (story, twin):
        one.pipeline.know("other", "s1")
    stops = sum(1 for _ in story.pipeline.accepting(arrival))

    assert stops >= 6
    assert twin.pipeline.accept(arrival) is True
    now = (story.wall_ns + SECOND_NS, (story.now + 1) * SECOND_NS)
    assert story.pipeline.evaluate(*now) == twin.pipeline.evaluate(*now)
    assert list(story.readings()) == list(twin.readings())


def test_what_arrives_in_the_midst_of_an_evaluation_is_neither_lost_nor_counted_twice() -> None:
    story, twin = (Story(communes(_SITES)) for _ in range(2))
    for one in (story, twin):
        one.live(20)
        one.pipeline.know("other", "centre")
    for sequence, site in enumerate(("s1", "s1050"), 1):
        twin.pipeline.accept(_lost_look(twin, site, sequence))
    twin.live(1)
    steps = story.pipeline.evaluating(story.wall_ns, story.now * SECOND_NS)
    for sequence, site in enumerate(("s1", "s1050"), 1):
        next(steps)
        story.pipeline.accept(_lost_look(story, site, sequence))
    for _ in steps:
        pass
    story.live(1)
    assert [view.verdict.state for view in story.picture.sites] == [view.verdict.state for view in twin.picture.sites]
    assert story.picture.incidents == twin.picture.incidents
    for one in (story, twin):
        one.down = {"s1", "s1050"}
        one.live(60)
    assert {view.site.id for view in story.picture.sites if view.verdict.state is State.DOWN} == {"s1", "s1050"}
    assert len(story.picture.incidents) == len(twin.picture.incidents)
