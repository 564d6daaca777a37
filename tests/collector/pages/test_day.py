"""A day as drawing, table and document: nothing that was not measured has a line, a bar or a number."""

import json
import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from collector.pages.chart import HEIGHT, SLOT_WIDTH, WIDTH, axis, chart
from collector.pages.day import document, first_slot, hours
from collector.series.quality import SLOT_S, SLOTS, Day, Quality, Slot, Train
from tests.peers.days import KEPT_SLOTS, OUTAGE, SLOW, UNMEASURED, lived
from tests.peers.shown import shown
from tests.peers.story import Story, communes

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW_S = datetime(2026, 9, 30, 14, 7, 31, tzinfo=ZONE).timestamp()
FIRST_S = first_slot(NOW_S)
SECOND_NS = 1_000_000_000


def clock(at_s: float) -> str:
    return f"{datetime.fromtimestamp(at_s, ZONE):%H:%M}"


@pytest.fixture
def day() -> Day:
    return lived("a", NOW_S).day("a", NOW_S)


def slot(median: float, high: float) -> Slot:
    return Slot(0, 5, 0.0, median, median, high)


def spans(paths: tuple[str, ...]) -> list[tuple[int, int]]:
    """From which slot to which each path goes."""
    found = [[float(x) for x in re.findall(r"[MH](-?[\d.]+)", path)] for path in paths]
    return [(round(min(xs) / SLOT_WIDTH), round(max(xs) / SLOT_WIDTH)) for xs in found]


def test_lines_and_bands_end_where_nothing_was_measured_or_nothing_came_back(day: Day) -> None:
    drawn = chart(day, NOW_S, clock)
    long, short = UNMEASURED
    first = SLOTS - KEPT_SLOTS
    pieces = [(first, long[0]), (long[-1] + 1, OUTAGE[0]), (OUTAGE[-1] + 1, short[0]), (short[-1] + 1, SLOTS)]

    assert spans(drawn.lines) == pieces
    assert spans(drawn.bands) == pieces


def test_what_was_not_measured_and_what_is_not_kept_are_told_apart_and_end_now(day: Day) -> None:
    drawn = chart(day, NOW_S, clock)
    x = WIDTH / SLOTS
    silent = Quality(NOW_S - 3600)
    silent.take("b", int((NOW_S - 1800) * SECOND_NS), Train(5, 0.0, 0.02))
    later = chart(silent.day("b", NOW_S), NOW_S, clock)

    assert drawn.forgotten == ((0, (SLOTS - KEPT_SLOTS - 1) * x),), "the slot of the start is not forgotten as a whole"
    assert drawn.gaps[1:] == tuple((some[0] * x, len(some) * x) for some in UNMEASURED)
    left, width = later.gaps[-1]
    assert left + width == pytest.approx((NOW_S - FIRST_S) / SLOT_S * x, abs=0.11), "the future is no gap"


def test_one_lost_packet_can_be_seen_and_all_lost_fills_the_height() -> None:
    quality = Quality()
    quality.take("a", int(NOW_S - 600) * SECOND_NS, Train(1000, 0.001, 0.02))
    quality.take("a", int(NOW_S) * SECOND_NS, Train(5, 1.0))
    little, all_of_it = chart(quality.day("a", NOW_S), NOW_S, clock).bars

    assert little.height == 2
    assert all_of_it.height == HEIGHT


def test_packets_beyond_the_edge_are_marked(day: Day) -> None:
    drawn = chart(day, NOW_S, clock)
    marked = {int(middle // SLOT_WIDTH) for middle in drawn.beyond}

    assert marked >= SLOW
    assert len(marked) < 10


@pytest.mark.parametrize(
    ("slots", "top"),
    [
        ([], 1),
        ([(0.0007, 0.0008)], 1),
        ([(0.02, 0.03)], 40),
        ([(0.02, 0.03)] * 99 + [(0.02, 2.0)], 40),
        ([(0.02, 0.03)] * 9 + [(0.7, 0.9)], 1000),
        ([(0.02, 0.4)] * 10, 600),
        ([(3.0, 3.0)], 4000),
    ],
    ids=str,
)
def test_the_axis_has_room_for_all_medians_and_round_numbers(slots: list[tuple[float, float]], top: float) -> None:
    found = axis([slot(median, high) for median, high in slots])

    assert found.top == pytest.approx(top)
    assert all(median * 1000 < found.top for median, _ in slots)


def test_the_table_has_all_hours_of_the_province_newest_first(day: Day) -> None:
    table = hours(day, NOW_S, clock)

    assert [hour.begins for hour in table] == [f"{hour % 24:02}:00" for hour in range(14, -11, -1)]
    assert [hour.minutes for hour in table[:3]] == [10, 60, 60]
    assert [hour.is_kept for hour in table if hour.loss_ratio is None] == [False, False]
    outage = next(hour for hour in table if hour.worst_ratio == 1)
    assert outage.loss_ratio is not None
    assert 0 < outage.loss_ratio < 1


def test_an_hour_without_a_train_is_not_a_good_hour() -> None:
    quality = Quality()
    quality.take("a", int(NOW_S) * SECOND_NS, Train(5, 0.0, 0.02))
    table = hours(quality.day("a", NOW_S), NOW_S, clock)

    assert [hour.minutes for hour in table] == [5, *[0] * 24]
    assert {(hour.loss_ratio, hour.rtt_seconds, hour.is_kept) for hour in table[1:]} == {(None, None, True)}


def test_the_document_has_a_place_for_each_slot_and_null_where_nothing_is_known(day: Day) -> None:
    found = json.loads(document(day, NOW_S))
    long, short = UNMEASURED

    assert found["first"] == FIRST_S
    assert found["now"] == pytest.approx(NOW_S, abs=0.1)
    assert found["since"] == pytest.approx(day.since_s, abs=1)
    assert found["newest"] <= found["now"]
    for name in ("loss_ratio", "rtt_seconds", "low_seconds", "high_seconds"):
        assert len(found[name]) == SLOTS
        assert all(found[name][place] is None for place in (*range(SLOTS - KEPT_SLOTS), *long, *short))
    assert [found["loss_ratio"][place] for place in OUTAGE] == [1.0] * len(OUTAGE)
    assert {found["rtt_seconds"][place] for place in OUTAGE} == {None}
    assert document(day, NOW_S) == document(day, NOW_S).strip()
    assert len(document(day, NOW_S)) < 12_000


@pytest.mark.parametrize(("language", "sign", "other"), [("vi", ",", r"\."), ("en", r"\.", ",")])
async def test_numbers_of_a_site_are_written_as_its_language_does(language: str, sign: str, other: str) -> None:
    """In the drawing and in the table: in Vietnamese a point stands between thousands."""
    story = Story(communes(8))
    story.live(300)
    story.loss = 0.3
    story.live(600)
    with shown(story) as client:
        page = (await client.get(f"/sites/s0?lang={language}")).text
    shown_page = re.sub(r"<(script|body)[^>]*>|data-day=\"[^\"]*\"", "", page)
    text = re.sub(r"<[^>]+>", " ", shown_page)

    for unit in ("%", "ms"):
        assert re.search(rf"\d{sign}\d+ {unit}", text), unit
        assert not re.search(rf"\d{other}\d+ {unit}", text), unit
    assert re.search(rf"<title>\d\d:\d\d \d+{sign}\d %</title>", shown_page)


async def test_the_page_says_until_when_its_data_goes_and_when_something_was_measured_last() -> None:
    story = Story(communes(8))
    story.live(700)
    story.blind = True
    with shown(story) as client:
        page = (await client.get("/sites/s0?lang=en")).text

    stamps = re.findall(r"(?:until|last measured) <time>([^<]+)</time>", page)
    now, newest = (datetime.strptime(stamp, "%d/%m/%Y %H:%M:%S").replace(tzinfo=ZONE) for stamp in stamps)
    assert now.timestamp() == story.wall_ns / SECOND_NS
    assert 0 <= (now - newest).total_seconds() <= 8


async def test_a_page_whose_state_is_old_says_so_from_the_start() -> None:
    story = Story(communes(8))
    story.live(20)
    with shown(story) as client:
        fresh = (await client.get("/sites/s0")).text
        story.now += 1000
        old = (await client.get("/sites/s0")).text

    assert '<p id="old" class="held-a"' in fresh
    assert '<p id="old" class=""' in old


async def test_without_scripts_the_page_renews_itself() -> None:
    story = Story(communes(8))
    story.live(20)
    with shown(story) as client:
        page = (await client.get("/sites/s0")).text

    assert '<noscript><meta http-equiv="refresh" content="60"></noscript>' in page
    assert "<svg" in page
