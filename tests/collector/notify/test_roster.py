"""Who is called when, and what a roster leaves open."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collector.notify.message import Person
from collector.notify.roster import Duty, Roster, RosterFile, faults
from tests.peers.incidents import HOUR_NS, NOON_NS

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
PEOPLE = {key: Person(name=key.title(), phone="+84900000000") for key in ("ha", "binh", "chi", "chief")}
DAY_NS = 24 * HOUR_NS


def roster(*duties: Duty, holidays: tuple[str, ...] = ()) -> Roster:
    file = RosterFile(people=PEOPLE, duties=duties, holidays=holidays)
    assert list(faults(file)) == []
    return Roster(file, ZONE)


def test_a_night_shift_belongs_to_the_evening_on_which_it_began() -> None:
    """Wednesday noon is the 25th; the night of Wednesday ends on Thursday morning."""
    night = Duty(people=("ha",), days=("wed",), begins="19:00", ends="07:00")
    known = roster(night, Duty(people=("binh",), begins="07:00", ends="19:00"))

    assert [known.on_duty(NOON_NS + hours * HOUR_NS) for hours in (0, 7, 18, 19)] == [
        ("binh",),
        ("ha",),
        ("ha",),
        ("binh",),
    ]


def test_a_rotation_goes_round_and_also_before_its_first_day() -> None:
    known = roster(Duty(people=("ha", "binh", "chi"), rotate_days=7, since="2026-11-23"))

    assert [known.on_duty(NOON_NS + weeks * 7 * DAY_NS) for weeks in (-1, 0, 1, 2, 3)] == [
        ("chi",),
        ("ha",),
        ("binh",),
        ("chi",),
        ("ha",),
    ]


def test_holidays_have_duties_of_their_own() -> None:
    usual = Duty(people=("ha",), holidays="not")
    feast = Duty(people=("chi",), holidays="only")
    known = roster(usual, feast, holidays=("2026-11-25",))

    assert [known.on_duty(NOON_NS + days * DAY_NS) for days in (-1, 0, 1)] == [("ha",), ("chi",), ("ha",)]


def test_each_level_is_called_besides_those_before_it() -> None:
    known = roster(Duty(people=("ha",)), Duty(people=("chief", "ha"), level=1))

    assert known.levels == 2
    assert known.on_duty(NOON_NS) == ("ha",)
    assert set(known.on_duty(NOON_NS, 1)) == {"ha", "chief"}
    assert set(known.on_duty(NOON_NS, 5)) == {"ha", "chief"}


def test_a_gap_is_told_and_loses_no_call() -> None:
    """The next level answers for it, and where there is none everybody does."""
    office = Duty(people=("ha",), days=("mon", "tue", "wed", "thu", "fri"), begins="07:00", ends="19:00")
    chief = Duty(people=("chief",), level=1, begins="00:00", ends="24:00")
    night_ns = NOON_NS + 10 * HOUR_NS

    assert roster(office, chief).on_duty(night_ns) == ("chief",)
    assert set(roster(office).on_duty(night_ns)) == set(PEOPLE)
    assert roster(office).gaps(NOON_NS, 2) == [
        (NOON_NS + 7 * HOUR_NS, NOON_NS + 19 * HOUR_NS),
        (NOON_NS + 31 * HOUR_NS, NOON_NS + 43 * HOUR_NS),
    ]
    assert roster(Duty(people=("ha",))).gaps(NOON_NS, 14) == []


@pytest.mark.parametrize(
    ("wrong", "place", "said"),
    [
        ({"people": ("haa",)}, "$.duties[0].people", "there is no 'haa' in people, did you mean 'ha'?"),
        ({"people": ()}, "$.duties[0].people", "must not be empty"),
        ({"begins": "7"}, "$.duties[0].from", "'7' is no time of day: write HH:MM"),
        ({"rotate_days": 7}, "$.duties[0].since", "'' is no date: a rotation wants \"YYYY-MM-DD\", in quotes"),
        ({"level": -1}, "$.duties[0].level", "must be from 0 to 9"),
    ],
)
def test_a_mistake_is_told_with_its_place(wrong: dict[str, Any], place: str, said: str) -> None:
    file = RosterFile(people=PEOPLE, duties=(Duty(**{"people": ("ha",), **wrong}),))

    assert list(faults(file)) == [(place, said)]


def test_an_address_cannot_carry_another_line_into_a_letter() -> None:
    file = RosterFile(people={"ha": Person(name="Ha", email="a@b\r\nBcc: c@d")}, holidays=("tet",))

    assert [place for place, _ in faults(file)] == ["$.people.ha.email", "$.holidays[0]"]
