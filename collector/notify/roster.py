"""Who is on duty when: duties by day and hour, rotations, holidays, and the gaps between them; it reads no clock."""

import difflib
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal

import msgspec

from collector.notify.addresses import is_address
from collector.notify.hours import time_of_day
from collector.notify.message import Person

_SECOND_NS = 1_000_000_000
_HOUR_NS = 3600 * _SECOND_NS
_DAY = timedelta(days=1)
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LANGUAGES = ("vi", "en")
_KEY = re.compile("[a-z0-9_-]{1,24}")


class Duty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hours of a week for which people are on duty."""

    people: tuple[str, ...]
    """Keys of ``people``; all of them, or one after another where it rotates."""
    level: int = 0
    """0 is called first, 1 when nobody acknowledged …"""
    days: tuple[Day, ...] = _DAYS
    """On which it begins."""
    begins: str = msgspec.field(name="from", default="00:00")
    ends: str = msgspec.field(name="until", default="24:00")
    """On the next day where it is not after ``from``."""
    holidays: Literal["as_usual", "not", "only"] = "as_usual"
    rotate_days: int = 0
    """One of ``people`` at a time, each so many days; 0: all of them."""
    since: str = ""
    """YYYY-MM-DD: first day of the first one's turn."""


class RosterFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in ``roster.yaml``."""

    people: dict[str, Person]
    duties: tuple[Duty, ...] = ()
    holidays: tuple[str, ...] = ()
    """YYYY-MM-DD, also those of the lunar calendar: a list, for no rule makes them."""


class Roster:
    """Answers who is on duty; the file must be free of faults, see :func:`faults`."""

    def __init__(self, file: RosterFile, zone: tzinfo) -> None:
        self.people: Mapping[str, Person] = file.people
        self.levels = 1 + max((duty.level for duty in file.duties), default=0)
        self._duties = file.duties
        self._holidays = frozenset(date.fromisoformat(day) for day in file.holidays)
        self._zone = zone

    def on_duty(self, now_ns: int, level: int = 0) -> tuple[str, ...]:
        """Keys of those to be called: everybody up to a level.

        A gap must not lose a call: where nobody is on duty the next level is called, and in the end everybody.
        """
        now = datetime.fromtimestamp(now_ns // _SECOND_NS, self._zone)
        found = self._of_levels(now, range(level + 1))
        for higher in range(level + 1, self.levels):
            found = found or self._of_levels(now, (higher,))
        return found or tuple(self.people)

    def gaps(self, from_ns: int, days: int, level: int = 0) -> list[tuple[int, int]]:
        """Times within the next days at which nobody of a level is on duty, to the quarter of an hour."""
        step_ns = _HOUR_NS // 4
        gaps: list[tuple[int, int]] = []
        begin_ns = from_ns - from_ns % step_ns
        for at_ns in range(begin_ns, begin_ns + days * 24 * _HOUR_NS, step_ns):
            if self._of_levels(datetime.fromtimestamp(at_ns // _SECOND_NS, self._zone), (level,)):
                continue
            if gaps and gaps[-1][1] == at_ns:
                gaps[-1] = (gaps[-1][0], at_ns + step_ns)
            else:
                gaps.append((at_ns, at_ns + step_ns))
        return gaps

    def _of_levels(self, now: datetime, levels: "range | tuple[int, ...]") -> tuple[str, ...]:
        named = (key for duty in self._duties if duty.level in levels for key in self._at(duty, now))
        return tuple(dict.fromkeys(named))

    def _at(self, duty: Duty, now: datetime) -> tuple[str, ...]:
        for day in (now.date(), now.date() - _DAY):
            begin, end = _span(duty, day, self._zone)
            if begin <= now < end and self._applies(duty, day):
                return _turn(duty, day)
        return ()

    def _applies(self, duty: Duty, day: date) -> bool:
        if duty.holidays == "only":
            return day in self._holidays
        return _DAYS[day.weekday()] in duty.days and (duty.holidays == "as_usual" or day not in self._holidays)


def faults(file: RosterFile) -> Iterator[tuple[str, str]]:
    """What is wrong, as (place, what) for the settings loader."""
    if not file.people:
        yield "$.people", "must not be empty"
    for key, person in file.people.items():
        if not _KEY.fullmatch(key):
            yield f"$.people.{key}", "a key is made of 1 to 24 of a-z, 0-9, '_' and '-'"
        if person.language not in _LANGUAGES:
            yield f"$.people.{key}.language", f"'{person.language}' is neither vi nor en"
        if person.email and not is_address(person.email):
            yield f"$.people.{key}.email", f"'{person.email}' is no address"
    for number, day in enumerate(file.holidays):
        if not _is_date(day):
            yield f"$.holidays[{number}]", f"'{day}' is no date: write \"YYYY-MM-DD\", in quotes"
    for number, duty in enumerate(file.duties):
        yield from ((f"$.duties[{number}]{where}", what) for where, what in _faults_of(duty, file))


def _faults_of(duty: Duty, file: RosterFile) -> Iterator[tuple[str, str]]:
    for key in duty.people:
        if key not in file.people:
            near = difflib.get_close_matches(key, file.people, n=1)
            yield ".people", f"there is no '{key}' in people" + (f", did you mean '{near[0]}'?" if near else "")
    if not duty.people:
        yield ".people", "must not be empty"
    if duty.level < 0 or duty.level > 9:
        yield ".level", "must be from 0 to 9"
    for where, text in ((".from", duty.begins), (".until", duty.ends)):
        try:
            _hour(text)
        except ValueError as error:
            yield where, str(error)
    if duty.rotate_days < 0:
        yield ".rotate_days", "must not be negative"
    if duty.rotate_days and not _is_date(duty.since):
        yield ".since", f"'{duty.since}' is no date: a rotation wants \"YYYY-MM-DD\", in quotes"


def _span(duty: Duty, day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    begins, (ends, over) = _hour(duty.begins)[0], _hour(duty.ends)
    next_day = over or ends <= begins
    return datetime.combine(day, begins, zone), datetime.combine(day + _DAY if next_day else day, ends, zone)


def _hour(text: str) -> tuple[time, bool]:
    """A time of day, and whether it is that of the next: 24:00."""
    return (time(0), True) if text == "24:00" else (time_of_day(text), False)


def _turn(duty: Duty, day: date) -> tuple[str, ...]:
    if not duty.rotate_days:
        return duty.people
    turns = (day - date.fromisoformat(duty.since)).days // duty.rotate_days
    return (duty.people[turns % len(duty.people)],)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
