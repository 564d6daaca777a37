"""Calendar months and days of the province as spans of wall time; it reads no clock."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

_SECOND_NS = 1_000_000_000
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_DAY = re.compile(r"20\d\d-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Period:
    """What a report is about; nanoseconds since 1970-01-01 UTC, the end is no longer part of it."""

    name: str
    """``2026-11``, or ``2026-11-01_2026-11-15``."""
    from_ns: int
    until_ns: int
    """Its end, or now where that comes first."""
    finished: bool
    """Whether all of it is over."""


def month(text: str, zone: tzinfo, now_ns: int) -> Period:
    """``YYYY-MM`` by the calendar of the province; raises ValueError."""
    found = _MONTH.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is no month: write YYYY-MM")
    first = date(int(found[1]), int(found[2]), 1)
    return _period(text, first, _next_month(first), zone, now_ns)


def days(first: str, last: str, zone: tzinfo, now_ns: int) -> Period:
    """From one day to another, both included; raises ValueError."""
    begin, end = (_day(text) for text in (first, last))
    if end < begin:
        raise ValueError(f"the last day ({last}) is before the first ({first})")
    return _period(f"{first}_{last}", begin, end + timedelta(days=1), zone, now_ns)


def month_of(now_ns: int, zone: tzinfo, back: int = 0) -> str:
    """The month of a moment, or one that many months before it."""
    today = datetime.fromtimestamp(now_ns // _SECOND_NS, zone)
    number = today.year * 12 + today.month - 1 - back
    return f"{number // 12:04}-{number % 12 + 1:02}"


def neighbours(text: str) -> tuple[str, str]:
    """The months before and after one; raises ValueError."""
    found = _MONTH.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is no month: write YYYY-MM")
    number = int(found[1]) * 12 + int(found[2]) - 1
    before, after = number - 1, number + 1
    return f"{before // 12:04}-{before % 12 + 1:02}", f"{after // 12:04}-{after % 12 + 1:02}"


def _day(text: str) -> date:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f"'{text}' is no day: write YYYY-MM-DD")


def _period(name: str, first: date, after: date, zone: tzinfo, now_ns: int) -> Period:
    from_ns, end_ns = (_midnight_ns(day, zone) for day in (first, after))
    if from_ns >= now_ns:
        raise ValueError(f"{name} has not begun")
    return Period(name, from_ns, min(end_ns, now_ns), end_ns <= now_ns)


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _midnight_ns(day: date, zone: tzinfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * _SECOND_NS
