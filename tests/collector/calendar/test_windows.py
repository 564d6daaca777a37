"""Maintenance windows: who is in one, until when, and what is wrong with what was written."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.calendar.windows import DAYS, Maintenance, Weekly, Window, faults, local_ns, occurrences, written
from collector.inventory.site import Inventory, Link, Site

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
HOUR_NS = 3600 * 1_000_000_000
INVENTORY = Inventory(
    (
        Site(
            id="a", name="A", hub="H1", links=(Link(name="main", provider="VNPT"), Link(name="spare", provider="FPT"))
        ),
        Site(id="b", name="B", hub="H1", links=(Link(name="main", provider="Viettel"),)),
        Site(id="c", name="C"),
    )
)


def window(**given: object) -> Window:
    stated = {"id": "w", "begins": "2026-12-01 22:00", "ends": "2026-12-02 02:00", "who": "Hà", "why": "cáp"}
    return Window(**{**stated, **given})  # type: ignore[arg-type]


def at(text: str) -> int:
    return local_ns(text, ZONE)


def maintenance(*windows: Window) -> Maintenance:
    return Maintenance(windows, INVENTORY, ZONE)


def test_times_are_those_of_the_province_and_the_end_is_no_part() -> None:
    known = maintenance(window(sites=("a",)))

    assert at("2026-12-01 22:00") == int(datetime(2026, 12, 1, 15, tzinfo=UTC).timestamp()) * 1_000_000_000
    assert known.maintenance_until("a", at("2026-12-01 21:59")) is None
    assert known.maintenance_until("a", at("2026-12-01 22:00")) == at("2026-12-02 02:00")
    assert known.maintenance_until("a", at("2026-12-02 02:00")) is None
    assert known.maintenance_until("b", at("2026-12-01 23:00")) is None
    assert known.maintenance_until("nobody", at("2026-12-01 23:00")) is None


@pytest.mark.parametrize(
    ("selection", "sites"),
    [
        ({"hubs": ("H1",)}, {"a", "b"}),
        ({"providers": ("VNPT",)}, {"a"}),
        ({"providers": ("FPT",)}, set()),
        ({"links": ("a/main",)}, {"a"}),
        ({"links": ("a/spare",)}, set()),
        ({"sites": ("c",), "providers": ("Viettel",)}, {"b", "c"}),
    ],
)
def test_a_window_strikes_the_sites_that_hang_on_what_it_selects(selection: dict[str, object], sites: set[str]) -> None:
    """Work on a spare link takes no site out of service."""
    assert set(maintenance(window(**selection)).at(at("2026-12-01 23:00"))) == sites


@pytest.mark.parametrize(
    ("selection", "links"),
    [
        ({"links": ("a/spare",)}, {("a", "spare")}),
        ({"providers": ("FPT",)}, {("a", "spare")}),
        ({"providers": ("FPT", "Viettel")}, {("a", "spare"), ("b", "main")}),
        ({"sites": ("a",)}, set()),
    ],
)
def test_a_window_strikes_the_links_that_it_selects_themselves_or_by_their_provider(
    selection: dict[str, object], links: set[tuple[str, str]]
) -> None:
    known = maintenance(
        window(**selection), window(id="x", **selection, begins="2026-12-02 02:00", ends="2026-12-02 04:00")
    )

    assert dict(known.links_at(at("2026-12-01 23:00"))) == dict.fromkeys(links, at("2026-12-02 04:00"))
    assert known.links_at(at("2026-12-02 04:00")) == {}


def test_windows_without_a_gap_between_them_are_one() -> None:
    """Nobody is called for the second between the end of one and the begin of the next."""
    first = window(sites=("a",))
    second = window(id="x", hubs=("H1",), begins="2026-12-02 02:00", ends="2026-12-02 04:00")

    assert maintenance(first, second).maintenance_until("a", at("2026-12-01 22:30")) == at("2026-12-02 04:00")
    assert maintenance(first, second).maintenance_until("b", at("2026-12-01 22:30")) is None


def test_a_weekly_window_comes_again_over_midnight_and_has_an_end() -> None:
    weekly = Weekly(days=("sun",), at="23:00", hours=3)
    known = maintenance(window(sites=("a",), begins="2026-12-01 00:00", ends="2026-12-20 23:30", weekly=weekly))

    assert known.maintenance_until("a", at("2026-12-07 01:59")) == at("2026-12-07 02:00")
    assert known.maintenance_until("a", at("2026-12-07 02:00")) is None
    assert known.maintenance_until("a", at("2026-12-08 23:30")) is None
    assert known.maintenance_until("a", at("2026-12-20 23:10")) == at("2026-12-20 23:30")
    assert known.maintenance_until("a", at("2026-12-27 23:10")) is None
    assert [written(s.from_ns, ZONE) for s in known.spans("a", at("2026-12-01 00:00"), at("2027-01-01 00:00"))] == [
        "2026-12-06 23:00",
        "2026-12-13 23:00",
        "2026-12-20 23:00",
    ]


def test_a_weekly_window_without_an_end_goes_on_for_ever_and_every_hour_of_the_week_ends_no_loop() -> None:
    always = window(sites=("a",), ends="", weekly=Weekly(days=DAYS, at="00:00", hours=24))

    assert (maintenance(always).maintenance_until("a", at("2036-05-05 05:05")) or 0) > at("2036-05-05 05:05")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"begins": "tomorrow"}, "'tomorrow' is no time: write YYYY-MM-DD HH:MM"),
        ({"ends": "2026-12-01 21:00"}, "must be after 'from'"),
        ({"ends": ""}, "is needed where it is not weekly"),
        ({"sites": ("bb",)}, "'bb' is not in the inventory, did you mean 'b'?"),
        ({"providers": ("VNTP",)}, "'VNTP' is not in the inventory, did you mean 'VNPT'?"),
        ({"links": ("a/mian",)}, "'a/mian' is not in the inventory, did you mean 'a/main'?"),
        ({"sites": ()}, "selects nothing: give sites, hubs, providers or links"),
        ({"why": " "}, "must not be empty: those who are woken or are not ask for it"),
        ({"weekly": Weekly(days=(), at="25:00", hours=200)}, "'25:00' is no time of day: write HH:MM"),
    ],
)
def test_a_mistake_is_told_with_what_would_be_right(wrong: dict[str, object], said: str) -> None:
    assert said in [what for _, what in faults([window(**{"sites": ("a",), **wrong})], INVENTORY, ZONE)]


def test_what_is_right_has_no_faults_and_an_id_stands_once() -> None:
    good = window(sites=("a",))

    assert list(faults([good], INVENTORY, ZONE)) == []
    assert list(faults([good, good], INVENTORY, ZONE)) == [("$.windows[1].id", "'w' stands twice")]
    spaced = window(id="thay cáp", sites=("a",))
    assert list(faults([spaced], INVENTORY, ZONE)) == [
        ("$.windows[0].id", "'thay cáp' has a space in it: write 'thay-cáp'")
    ]


@given(
    days=st.sets(st.sampled_from(DAYS), min_size=1),
    minute=st.integers(0, 24 * 60 - 1),
    hours=st.floats(0.1, 168),
    probe=st.integers(0, 28 * 24 * 60),
)
def test_asked_at_an_instant_and_over_a_month_a_window_answers_the_same(
    days: set[str], minute: int, hours: float, probe: int
) -> None:
    weekly = Weekly(days=tuple(days), at=f"{minute // 60:02}:{minute % 60:02}", hours=hours)  # type: ignore[arg-type]
    one = window(sites=("a",), begins="2026-12-03 12:00", ends="2026-12-24 12:00", weekly=weekly)
    now_ns = at("2026-12-01 00:00") + probe * HOUR_NS // 60
    spans = occurrences(one, ZONE, at("2026-11-01 00:00"), at("2027-01-31 00:00"))
    holding = [span for span in spans if span.from_ns <= now_ns < span.until_ns]
    until_ns = maintenance(one).maintenance_until("a", now_ns)

    assert (until_ns is not None) == bool(holding)
    assert until_ns is None or until_ns >= max(span.until_ns for span in holding)
    assert until_ns is None or until_ns <= at("2026-12-24 12:00")
