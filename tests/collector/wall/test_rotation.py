"""What a rotating screen shows next: every page has its time, and a new problem brings the wall back."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.wall.rotation import MAP_SECONDS, PAGES, Turn, after_live_map, after_map, after_wall, first


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@pytest.mark.parametrize(("said", "seconds"), [("45", 45), ("1", 10), ("999", 120), ("", 30), ("x", 30), ("-5", 30)])
def test_a_page_has_from_ten_seconds_to_two_minutes(said: str, seconds: int) -> None:
    begin = first({"every": said, "screen": "hall", "token": "secret"})

    assert begin == f"/wall?screen=hall&rotate={seconds}"
    assert after_wall(query(begin)) == Turn(seconds, f"/wall/map?screen=hall&rotate={seconds}")


@given(st.integers(10, 120), st.sampled_from(["now", "then"]))
def test_the_map_is_drawn_anew_until_its_time_is_over_and_the_wall_comes_back(every: int, units: str) -> None:
    turn = after_wall({"rotate": str(every), "units": units})
    shown = 0
    while turn is not None and urlsplit(turn.address).path == PAGES[1]:
        turn = after_map(query(turn.address), new=False)
        assert turn is not None
        assert turn.after_seconds <= MAP_SECONDS
        shown += turn.after_seconds

    assert shown == every
    assert turn is not None
    assert turn.address == f"/wall?units={units}&rotate={every}"


def test_a_new_problem_brings_the_wall_back_at_once() -> None:
    assert after_map({"rotate": "60"}, new=True) == Turn(1, "/wall?rotate=60")


@given(st.integers(10, 120))
def test_a_map_that_is_renewed_while_it_stands_has_its_time_and_yields_to_a_new_problem(every: int) -> None:
    back = f"/wall?screen=hall&rotate={every}"

    assert after_live_map({"rotate": str(every), "screen": "hall"}, new=False) == Turn(every, back)
    assert after_live_map({"rotate": str(every), "screen": "hall"}, new=True) == Turn(1, back)
    assert after_live_map({"screen": "hall"}, new=True) is None


def test_pages_that_are_asked_for_alone_stay() -> None:
    assert after_wall({"screen": "hall"}) is None
    assert after_map({}, new=True) is None


@given(st.dictionaries(st.sampled_from(["rotate", "left", "every", "screen", "lang"]), st.text(max_size=60)))
def test_whatever_an_address_says_a_turn_leads_to_one_of_the_two_pages(said: dict[str, str]) -> None:
    for turn in (after_wall(said), after_map(said, new=False), after_map(said, new=True), Turn(1, first(said))):
        assert turn is None or urlsplit(turn.address).path in PAGES
        assert turn is None or 1 <= turn.after_seconds <= 120
