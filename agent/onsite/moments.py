"""When something was and how long it has lasted, as people at the site read it; it reads no clock."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from agent.onsite.words import Words

_SECOND_NS = 1_000_000_000
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class Dial:
    """The clock of a page."""

    now_ns: int
    """Monotonic."""
    wall_ns: int | None
    """The same moment since 1970-01-01 UTC; None where this computer does not know it."""
    zone: tzinfo

    def moment(self, at_ns: int) -> datetime | None:
        """The time of day of a monotonic moment."""
        if self.wall_ns is None:
            return None
        return datetime.fromtimestamp((self.wall_ns - (self.now_ns - at_ns)) / _SECOND_NS, self.zone)


def span(seconds: float, words: Words) -> str:
    """A duration: hours with their minutes, else the largest unit alone."""
    second, minute, hour, day = words.units
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return second.format(n=whole)
    if whole < _HOUR:
        return minute.format(n=whole // _MINUTE)
    if whole < 2 * _DAY:
        minutes = whole % _HOUR // _MINUTE
        return hour.format(n=whole // _HOUR) + (f" {minute.format(n=minutes)}" if minutes else "")
    return day.format(n=whole // _DAY)


def lasted(dial: Dial, at_ns: int, words: Words) -> str:
    """How long ago a moment was."""
    return span((dial.now_ns - at_ns) / _SECOND_NS, words)


def o_clock(dial: Dial, at_ns: int, words: Words, shape: str = "%H:%M") -> str | None:
    """Time of day, with the date where that is not today's; None where the time is not known."""
    moment, now = dial.moment(at_ns), dial.moment(dial.now_ns)
    if moment is None or now is None:
        return None
    time = f"{moment:{shape}}"
    return time if moment.date() == now.date() else words.on_day.format(time=time, day=f"{moment:%d/%m}")


def looked(dial: Dial, at_ns: int, words: Words) -> str:
    """When something was measured, to the second."""
    time = o_clock(dial, at_ns, words, "%H:%M:%S")
    return words.at.format(time=time) if time else words.ago.format(span=lasted(dial, at_ns, words))


def silent(dial: Dial, at_ns: int, words: Words, *, at_least: bool) -> str:
    """Since when something does not answer, within a sentence."""
    time = o_clock(dial, at_ns, words)
    if time:
        return (words.silent_at_least_since if at_least else words.silent_since).format(when=time)
    return (words.silent_at_least_lasting if at_least else words.silent_lasting).format(span=lasted(dial, at_ns, words))


def since(dial: Dial, at_ns: int, words: Words, *, at_least: bool, well: bool) -> str:
    """Since when the page's verdict holds, as a line of its own."""
    time, duration = o_clock(dial, at_ns, words), lasted(dial, at_ns, words)
    if time:
        form = words.well_since if well else words.at_least_since if at_least else words.since
        return form.format(when=time, span=duration)
    form = words.well_lasting if well else words.at_least_lasting if at_least else words.lasting
    return form.format(span=duration)
