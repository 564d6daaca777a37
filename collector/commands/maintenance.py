"""``maintenance add``, ``list`` and ``end``: one place for windows, which a running collector takes up by itself."""

import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.calendar.changes import end_now, next_name
from collector.calendar.maintenance import edited, load_windows
from collector.calendar.windows import DAYS, Weekly, Window, written
from collector.commands.console import note
from collector.commands.staging import load_whole_settings
from collector.commands.stock import load_inventory
from collector.inventory.site import Inventory
from shared.clock import Clock, SystemClock
from shared.settings import SettingsError

_INPUT_IS_WRONG = 2
_YEAR_NS = 366 * 86_400_000_000_000


def maintenance(given: Namespace, clock: Clock | None = None) -> int:
    """Add, list or end; 0 done, 1 failed, 2 the input is wrong."""
    deed: Callable[[Namespace, Path, Inventory, ZoneInfo, int], str]
    deed = {"add": _add, "list": _list, "end": _end}[given.deed]
    try:
        settings = load_whole_settings(given.config)
        inventory = load_inventory(settings, given.config)
        zone = ZoneInfo(settings.retention.time_zone)
        changed = deed(given, settings.maintenance_file, inventory, zone, (clock or SystemClock()).wall_ns())
        if changed:
            note(settings, f"maintenance-{given.deed}", changed, f"{given.who} {given.why}".strip())
    except SettingsError as error:
        print("\n".join(error.problems), file=sys.stderr)
        return _INPUT_IS_WRONG
    except ValueError as error:
        print(f"phusong-collector: {error}", file=sys.stderr)
        return _INPUT_IS_WRONG
    except OSError as error:
        print(f"phusong-collector: {error.filename}: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 1
    return 0


def _add(given: Namespace, path: Path, inventory: Inventory, zone: ZoneInfo, now_ns: int) -> str:
    weekly = _weekly(given)
    begins = given.begins or written(now_ns, zone)
    with edited(path, inventory, zone) as windows:
        window = Window(
            id=given.id or next_name(windows, begins),
            begins=begins,
            ends=given.ends or "",
            weekly=weekly,
            sites=tuple(given.site),
            hubs=tuple(given.hub),
            providers=tuple(given.provider),
            links=tuple(given.link),
            who=given.who,
            why=given.why,
        )
        windows.append(window)
    known = load_windows(path, inventory, zone)
    print(f"{window.id}: {len(known.sites_of(window))} sites, {_times(window)}")
    return window.id


def _weekly(given: Namespace) -> Weekly | None:
    if not (given.days or given.at or given.hours):
        return None
    if not (given.days and given.at and given.hours):
        raise ValueError("a weekly window wants --days, --at and --hours")
    days = given.days.split(",")
    wrong = [day for day in days if day not in DAYS]
    if wrong:
        raise ValueError(f"--days: '{wrong[0]}' is no day: write some of {','.join(DAYS)}")
    return Weekly(days=tuple(days), at=given.at, hours=given.hours)


def _list(given: Namespace, path: Path, inventory: Inventory, zone: ZoneInfo, now_ns: int) -> str:
    known = load_windows(path, inventory, zone)
    ahead = {window.id: span for window, span in reversed(known.occurrences(now_ns, now_ns + _YEAR_NS))}
    shown = [window for window in known.windows if given.all or window.id in ahead]
    for window in shown:
        span = ahead.get(window.id)
        state = "over" if span is None else "now" if span.from_ns <= now_ns else "coming"
        sites = f"{len(known.sites_of(window))} sites"
        print(f"{window.id}  {state:6}  {_times(window)}  {sites}: {_selection(window)}  {window.who}: {window.why}")
    if not shown:
        print("no maintenance now or to come")
    return ""


def _end(given: Namespace, path: Path, inventory: Inventory, zone: ZoneInfo, now_ns: int) -> str:
    with edited(path, inventory, zone) as windows:
        print(f"{given.id}: {end_now(windows, given.id, zone, now_ns)}")
    return str(given.id)


def _times(window: Window) -> str:
    until = f"{window.begins} to {window.ends or 'further notice'}"
    if window.weekly is None:
        return until
    return f"{','.join(window.weekly.days)} {window.weekly.at} for {window.weekly.hours:g} h, {until}"


def _selection(window: Window) -> str:
    return ", ".join((*window.hubs, *window.providers, *window.links, *window.sites))
