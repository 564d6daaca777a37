"""Times as people read them on a wall: how long ago, and at what o'clock; it reads no clock."""

from datetime import datetime
from zoneinfo import ZoneInfo

from collector.wall.words import Words


def span(seconds: float, words: Words) -> str:
    """The largest unit of a duration: from 5 m two would be one too many."""
    whole = max(0, int(seconds))
    if whole >= 2 * 86400:
        return f"{whole // 86400} {words.day}"
    if whole >= 3600:
        return f"{whole // 3600} {words.hour}"
    if whole >= 60:
        return f"{whole // 60} {words.minute}"
    return f"{whole} {words.second}"


def moment(unix_seconds: float, zone: ZoneInfo) -> str:
    """Time of day in the province."""
    return f"{datetime.fromtimestamp(unix_seconds, zone):%H:%M:%S}"


def day(unix_seconds: float, zone: ZoneInfo) -> str:
    """Date in the province, as it is written there."""
    return f"{datetime.fromtimestamp(unix_seconds, zone):%d/%m/%Y}"
