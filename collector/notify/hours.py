"""Quiet hours by the clock of the province: whether it is quiet, and until when; it reads no clock."""

from datetime import datetime, time, timedelta, tzinfo

_SECOND_NS = 1_000_000_000


def time_of_day(text: str) -> time:
    """``HH:MM``; raises ValueError."""
    hour, colon, minute = text.partition(":")
    if not (colon and hour.isdigit() and minute.isdigit() and len(minute) == 2):
        raise ValueError(f"'{text}' is no time of day: write HH:MM")
    try:
        return time(int(hour), int(minute))
    except ValueError:
        raise ValueError(f"'{text}' is no time of day: write HH:MM") from None


def quiet_until(now_ns: int, begins: time, ends: time, zone: tzinfo) -> int | None:
    """End of the quiet hours in which ``now_ns`` lies; None where it is not quiet, or both times are the same."""
    now = datetime.fromtimestamp(now_ns // _SECOND_NS, zone)
    for day in (now.date() - timedelta(days=1), now.date()):
        begin = datetime.combine(day, begins, zone)
        end = datetime.combine(day if ends >= begins else day + timedelta(days=1), ends, zone)
        if begin <= now < end:
            return int(end.timestamp()) * _SECOND_NS
    return None
