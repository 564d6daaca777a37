"""Maintenance windows as pure decisions: which site is in one and until when; it opens no file and reads no clock."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal

import msgspec

from collector.inventory.site import Inventory, Site

_SECOND_NS = 1_000_000_000
_HOUR_NS = 3600 * _SECOND_NS
_DAY = timedelta(days=1)
_WEEK_HOURS = 168
_FORM = "%Y-%m-%d %H:%M"
_CHAINED = 32
"""Windows that follow each other without a gap are one; nobody looks further than this many."""
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Weekly(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every week, by the clock of the province."""

    days: tuple[Day, ...]
    """On which it begins."""
    at: str
    """HH:MM."""
    hours: float


class Window(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One window as it is written: local times ``YYYY-MM-DD HH:MM``; it strikes the union of what it selects."""

    id: str
    begins: str = msgspec.field(name="from")
    ends: str = msgspec.field(name="until", default="")
    """Needed unless it is weekly, which may last for ever."""
    weekly: Weekly | None = None
    """Where given, only these hours between ``from`` and ``until``."""
    sites: tuple[str, ...] = ()
    hubs: tuple[str, ...] = ()
    """All sites of a hub."""
    providers: tuple[str, ...] = ()
    """All sites whose main link is theirs."""
    links: tuple[str, ...] = ()
    """``SITE/LINK``; the site itself is in maintenance where it is its main link."""
    who: str
    why: str


class Windows(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in ``maintenance.yaml``."""

    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """One time that a window holds, nanoseconds since 1970-01-01 UTC; the end is no longer part of it."""

    from_ns: int
    until_ns: int
    window: str


class Maintenance:
    """All windows over one inventory."""

    def __init__(self, windows: Iterable[Window], inventory: Inventory, zone: tzinfo) -> None:
        """The windows must be free of faults, see :func:`faults`."""
        self.windows = tuple(windows)
        self._zone = zone
        self._struck = {window.id: struck(window, inventory) for window in self.windows}
        self._links = {window.id: frozenset(struck_links(window, inventory)) for window in self.windows}

    def maintenance_until(self, site: str, now_ns: int) -> int | None:
        """When the site's maintenance ends (windows without a gap between them are one); None where it is in none."""
        return self._until([window for window in self.windows if site in self._struck[window.id]], now_ns)

    def at(self, now_ns: int) -> Mapping[str, int]:
        """Every site that is in maintenance, with its end."""
        active = {site for window in self.windows if self._now(window, now_ns) for site in self._struck[window.id]}
        return {site: until for site in active if (until := self.maintenance_until(site, now_ns)) is not None}

    def links_at(self, now_ns: int) -> Mapping[tuple[str, str], int]:
        """Every link that somebody works on, by site and name, with the end; those of a site in maintenance are not."""
        active = {link for window in self.windows if self._now(window, now_ns) for link in self._links[window.id]}
        own = {link: [window for window in self.windows if link in self._links[window.id]] for link in active}
        return {link: until for link in active if (until := self._until(own[link], now_ns)) is not None}

    def sites_of(self, window: Window) -> tuple[str, ...]:
        """The sites that a window strikes, in the order of the inventory."""
        return self._struck[window.id]

    def spans(self, site: str, from_ns: int, until_ns: int) -> list[Span]:
        """When the site was or will be in maintenance, cut to the period, by start: for reports."""
        own = (window for window in self.windows if site in self._struck[window.id])
        return sorted(span for window in own for span in occurrences(window, self._zone, from_ns, until_ns))

    def occurrences(self, from_ns: int, until_ns: int) -> list[tuple[Window, Span]]:
        """All windows' times that touch the period, not cut."""
        found = ((each, span) for each in self.windows for span in _touching(each, self._zone, from_ns, until_ns))
        return sorted(found, key=lambda one: one[1])

    def _until(self, own: Sequence[Window], now_ns: int) -> int | None:
        until_ns = None
        for _ in range(_CHAINED):
            reached = max((span.until_ns for each in own for span in self._now(each, until_ns or now_ns)), default=None)
            if reached is None:
                break
            until_ns = reached
        return until_ns

    def _now(self, window: Window, now_ns: int) -> list[Span]:
        return list(_touching(window, self._zone, now_ns, now_ns + 1))


def occurrences(window: Window, zone: tzinfo, from_ns: int, until_ns: int) -> list[Span]:
    """The window's times within a period, cut to it, by start."""
    return [
        Span(max(span.from_ns, from_ns), min(span.until_ns, until_ns), span.window)
        for span in _touching(window, zone, from_ns, until_ns)
    ]


def struck(window: Window, inventory: Inventory) -> tuple[str, ...]:
    """Ids of the sites that a window puts into maintenance, in the order of the inventory."""
    return tuple(site.id for site in inventory.sites if _selects(window, site))


def struck_links(window: Window, inventory: Inventory) -> Iterator[tuple[str, str]]:
    """Site and name of each link that a window selects by itself or by its provider."""
    for site in inventory.sites:
        for link in site.links:
            if f"{site.id}/{link.name}" in window.links or (link.provider and link.provider in window.providers):
                yield site.id, link.name


def faults(windows: Iterable[Window], inventory: Inventory, zone: tzinfo) -> Iterator[tuple[str, str]]:
    """What is wrong, as (place, what) for the settings loader."""
    seen: set[str] = set()
    known = _names(inventory)
    for number, window in enumerate(windows):
        place = f"$.windows[{number}]"
        if window.id in seen or not window.id:
            yield f"{place}.id", f"'{window.id}' stands twice" if window.id else "must not be empty"
        elif any(char.isspace() or not char.isprintable() for char in window.id):
            yield f"{place}.id", f"{window.id!r} has a space in it: write '{'-'.join(window.id.split())}'"
        seen.add(window.id)
        yield from ((place + where, what) for where, what in _faults_of_times(window, zone))
        for name in ("who", "why"):
            if not getattr(window, name).strip():
                yield f"{place}.{name}", "must not be empty: those who are woken or are not ask for it"
        for name, choices in known.items():
            for given in getattr(window, name):
                if given not in choices:
                    near = difflib.get_close_matches(given, choices, n=1)
                    hint = f", did you mean '{near[0]}'?" if near else ""
                    yield f"{place}.{name}", f"'{given}' is not in the inventory{hint}"
        if not any(getattr(window, name) for name in known):
            yield place, "selects nothing: give sites, hubs, providers or links"


def local_ns(text: str, zone: tzinfo) -> int:
    """Nanoseconds since 1970 of ``YYYY-MM-DD HH:MM`` on the province's clock; raises ValueError."""
    return _ns(datetime.strptime(text, _FORM).replace(tzinfo=zone))


def written(wall_ns: int, zone: tzinfo) -> str:
    """The other way: cut to the minute."""
    return datetime.fromtimestamp(wall_ns // _SECOND_NS, zone).strftime(_FORM)


def _names(inventory: Inventory) -> dict[str, set[str]]:
    return {
        "sites": {site.id for site in inventory.sites},
        "hubs": {site.hub for site in inventory.sites} - {""},
        "providers": {link.provider for site in inventory.sites for link in site.links} - {""},
        "links": {f"{site.id}/{link.name}" for site in inventory.sites for link in site.links},
    }


def _selects(window: Window, site: Site) -> bool:
    main = f"{site.id}/{site.links[0].name}" if site.links else None
    return (
        site.id in window.sites
        or (bool(site.hub) and site.hub in window.hubs)
        or (bool(site.provider) and site.provider in window.providers)
        or main in window.links
    )


def _faults_of_times(window: Window, zone: tzinfo) -> Iterator[tuple[str, str]]:
    bounds = {}
    for key, text in (("from", window.begins), ("until", window.ends)):
        if key == "until" and not text:
            if window.weekly is None:
                yield ".until", "is needed where it is not weekly"
            continue
        try:
            bounds[key] = local_ns(text, zone)
        except ValueError:
            yield f".{key}", f"'{text}' is no time: write YYYY-MM-DD HH:MM"
    if len(bounds) == 2 and bounds["until"] <= bounds["from"]:
        yield ".until", "must be after 'from'"
    if window.weekly is not None:
        if not 0 < window.weekly.hours <= _WEEK_HOURS:
            yield ".weekly.hours", f"must be more than 0 and at most {_WEEK_HOURS}"
        if not window.weekly.days:
            yield ".weekly.days", f"name at least one of {', '.join(DAYS)}"
        try:
            datetime.strptime(window.weekly.at, "%H:%M").replace(tzinfo=zone)
        except ValueError:
            yield ".weekly.at", f"'{window.weekly.at}' is no time of day: write HH:MM"


def _touching(window: Window, zone: tzinfo, from_ns: int, until_ns: int) -> Iterator[Span]:
    first_ns = local_ns(window.begins, zone)
    last_ns = local_ns(window.ends, zone) if window.ends else until_ns + _WEEK_HOURS * _HOUR_NS
    if first_ns >= until_ns or last_ns <= from_ns:
        return
    if window.weekly is None:
        yield Span(first_ns, last_ns, window.id)
        return
    for day in _dates(
        max(from_ns - int(window.weekly.hours * _HOUR_NS), first_ns - _WEEK_HOURS * _HOUR_NS), until_ns, zone
    ):
        if DAYS[day.weekday()] not in window.weekly.days:
            continue
        begin_ns = _ns(datetime.combine(day, time.fromisoformat(window.weekly.at), zone))
        span = Span(max(begin_ns, first_ns), min(begin_ns + int(window.weekly.hours * _HOUR_NS), last_ns), window.id)
        if span.from_ns < min(until_ns, span.until_ns) and span.until_ns > from_ns:
            yield span


def _dates(from_ns: int, until_ns: int, zone: tzinfo) -> Iterator[date]:
    day = datetime.fromtimestamp(from_ns // _SECOND_NS, zone).date()
    last = datetime.fromtimestamp(until_ns // _SECOND_NS, zone).date()
    while day <= last:
        yield day
        day += _DAY


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * _SECOND_NS
