"""The document that pages and streams share, and the feed that hands it out."""

import asyncio

import msgspec
import pytest

from collector.incident import Cause, Confidence, Incident, Scope, Trouble
from collector.inventory.site import Site
from collector.picture import Picture, SiteView, State, Verdict
from collector.wall.feed import Feed
from collector.wall.frame import Frame, encode, frame
from collector.wall.layout import arrange

SECOND_NS = 1_000_000_000


def picture(sequence: int = 1, states: tuple[State, ...] = tuple(State)) -> Picture:
    views = tuple(
        SiteView(
            site=Site(
                id=str(number), name=f"Xã {number}", district_code=str(number // 7), district=f"Huyện {number // 7}"
            ),
            verdict=Verdict(state=state, since_ns=(100 - number) * SECOND_NS),
        )
        for number, state in enumerate(states)
    )
    return Picture(sequence=sequence, evaluated_at_ns=1000 * SECOND_NS, build="b", sites=views)


def test_incidents_are_what_is_not_well_oldest_first() -> None:
    document = frame(picture())

    assert [(incident.site, incident.state) for incident in document.incidents] == [
        ("3", "unknown"),
        ("2", "down"),
        ("1", "degraded"),
    ]


def test_incidents_of_one_moment_have_one_order_whatever_order_they_come_in() -> None:
    one = Incident(
        number=7,
        version=1,
        at_ns=0,
        scope=Scope.HUB,
        subject="H",
        trouble=Trouble.DOWN,
        cause=Cause.HUB,
        confidence=Confidence.PROVISIONAL,
        began_ns=1000 * SECOND_NS,
        known_ns=1000 * SECOND_NS,
        sites=("x",),
        still=("x",),
    )
    some = tuple(msgspec.structs.replace(one, number=number) for number in (9, 8, 11, 10))
    orders = {
        tuple(
            (each.number, each.site)
            for each in frame(msgspec.structs.replace(picture(states=(State.DOWN,) * 3), incidents=given)).incidents
            if each.number is not None
        )
        for given in (some, some[::-1])
    }

    assert orders == {((8, ""), (9, ""), (10, ""), (11, ""))}


def test_a_fold_is_one_line_and_a_site_without_incident_keeps_its_own() -> None:
    fold = Incident(
        number=7,
        version=1,
        at_ns=0,
        scope=Scope.HUB,
        subject="Đồng Văn 1",
        trouble=Trouble.DOWN,
        cause=Cause.HUB,
        confidence=Confidence.PROVISIONAL,
        began_ns=50 * SECOND_NS,
        known_ns=60 * SECOND_NS,
        sites=("0", "1", "2"),
        still=("0", "1"),
    )
    silent = msgspec.structs.replace(fold, number=8, scope=Scope.AGENT, trouble=Trouble.SILENT, still=())
    planned = msgspec.structs.replace(fold, number=9, silent_because="maintenance", still=())
    states = (State.DOWN, State.DOWN, State.UP, State.UNKNOWN)
    document = frame(msgspec.structs.replace(picture(states=states), incidents=(fold, silent, planned)))

    assert [(i.number, i.name, i.state, i.cause, i.sites, i.still) for i in document.incidents] == [
        (7, "Đồng Văn 1", "down", "hub", 3, ("0", "1")),
        (None, "Xã 3", "unknown", "unknown", 1, ("3",)),
    ]


def test_unknown_is_never_counted_as_up() -> None:
    document = frame(picture(states=(State.UNKNOWN,) * 5 + (State.UP,)))

    assert document.counts == {"up": 1, "degraded": 0, "down": 0, "unknown": 5, "maintenance": 0}
    assert document.expected_sites == 6


def test_the_document_reads_back_as_it_was_written() -> None:
    document = frame(picture())

    assert msgspec.json.decode(encode(document), type=Frame) == document


async def test_a_watcher_gets_the_newest_frame_at_once_and_each_that_follows() -> None:
    feed = Feed()
    feed.publish(picture(1))
    stream = feed.watch()

    assert await anext(stream) == b"retry: 2000\n\n"
    assert (await anext(stream)).startswith(b"id: 1\nevent: frame\n")
    following = asyncio.ensure_future(anext(stream))
    feed.publish(picture(2))
    assert (await following).startswith(b"id: 2\n")


async def test_a_slow_watcher_misses_frames_and_gets_the_newest() -> None:
    feed = Feed()
    feed.publish(picture(1))
    stream = feed.watch()
    await anext(stream)
    await anext(stream)
    for number in range(2, 1000):
        feed.publish(picture(number))

    assert (await anext(stream)).startswith(b"id: 999\n")


async def test_streams_end_when_the_collector_does() -> None:
    feed = Feed()
    stream = feed.watch()
    await anext(stream)
    feed.close()

    with pytest.raises(StopAsyncIteration):
        await anext(stream)


@pytest.mark.parametrize("sites", [1, 8, 73, 193, 700, 10_599])
def test_any_number_of_sites_finds_its_place(sites: int) -> None:
    document = frame(picture(states=(State.UP,) * sites))

    layout = arrange(document, "elsewhere")

    assert layout.tile_vh > 0
    assert sum(len(box.sites) for column in layout.columns for box in column) == sites


def test_a_frame_of_ten_thousand_sites_is_drawn_in_stretches_and_is_the_same() -> None:
    many = picture(states=(State.UP, State.DOWN) * 5000)
    drawing = Feed().drawing(many)
    stops = 0
    while True:
        try:
            next(drawing)
        except StopIteration as end:
            drawn, body = end.value
            break
        stops += 1

    assert stops >= 10_000 / 250
    assert drawn == frame(many)
    assert body == encode(drawn)
