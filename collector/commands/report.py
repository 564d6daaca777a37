"""``report``: how long each line served in a month or between two days, and whether its contract was kept."""

import difflib
import sqlite3
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from collector.availability.account import Interval, Owner
from collector.availability.period import Period, days, month, month_of
from collector.availability.reading import read_history
from collector.availability.report import Line, Promise, Report, make_report, only
from collector.availability.sheet import LINE_COLUMNS, OUTAGE_COLUMNS, csv_text, line_rows, outage_rows
from collector.commands.stock import load_inventory
from collector.inventory.site import Inventory
from collector.journal.sqlite import read_sqlite_journal
from collector.settings import load_collector_settings
from shared.clock import Clock, SystemClock
from shared.printable import printable
from shared.settings import SettingsError

_INPUT_IS_WRONG = 2
_SHOWN = 40
_HOUR_NS = 3_600_000_000_000
_LINE_HEADS = (
    "promise",
    "site",
    "name",
    "link",
    "provider",
    "agreed %",
    "availability %",
    "theirs",
    "open",
    "unknown",
)
_NEED_A_LOOK = (Promise.BROKEN, Promise.OPEN)


def report(given: Namespace, clock: Clock | None = None) -> int:
    """Print sums and the lines that need a look, or write all of it; 0 done, 1 failed, 2 the input is wrong."""
    try:
        settings = load_collector_settings(given.config)
        zone = ZoneInfo(settings.retention.time_zone)
        period = _period(given, zone, (clock or SystemClock()).wall_ns())
        inventory = load_inventory(settings, given.config)
        _demand_known(given, inventory)
        with read_sqlite_journal(settings.state / "journal.sqlite") as journal:
            history = read_history(journal, period)
        _write(given, only(make_report(inventory, history), given.provider, given.site), zone)
    except SettingsError as error:
        print("\n".join(error.problems), file=sys.stderr)
        return _INPUT_IS_WRONG
    except ValueError as error:
        print(f"phusong-collector: {error}", file=sys.stderr)
        return _INPUT_IS_WRONG
    except OSError as error:
        print(f"phusong-collector: {error.filename}: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 1
    except sqlite3.Error as error:
        print(f"phusong-collector: {settings.state / 'journal.sqlite'}: {error}", file=sys.stderr)
        return 1
    return 0


def _period(given: Namespace, zone: ZoneInfo, now_ns: int) -> Period:
    if given.first or given.last:
        if given.month or not (given.first and given.last):
            raise ValueError("give --month, or --from and --until")
        return days(given.first, given.last, zone, now_ns)
    return month(given.month or month_of(now_ns, zone), zone, now_ns)


def _demand_known(given: Namespace, inventory: Inventory) -> None:
    providers = {link.provider for site in inventory.sites for link in site.links} - {""}
    for name, word, known in (
        ("--provider", given.provider, providers),
        ("--site", given.site, {site.id for site in inventory.sites}),
    ):
        if word and word not in known:
            near = difflib.get_close_matches(word, known, n=1)
            hint = f", did you mean '{near[0]}'?" if near else ""
            raise ValueError(f"{name}: '{printable(word)}' is not in the inventory{hint}")


def _write(given: Namespace, made: Report, zone: ZoneInfo) -> None:
    for path, columns, rows in ((given.csv, LINE_COLUMNS, line_rows), (given.outages, OUTAGE_COLUMNS, outage_rows)):
        if path is not None:
            Path(path).write_bytes(csv_text(columns, rows(made, zone), given.separator).encode())
    if given.json:
        whole = {
            "period": made.period.name,
            "finished": made.period.finished,
            "watched_ratio": made.watched_ratio,
            "lines": list(line_rows(made, zone)),
            "outages": list(outage_rows(made, zone)),
        }
        print(msgspec.json.format(msgspec.json.encode(whole)).decode())
        return
    print("\n".join(_words(made)))


def _words(made: Report) -> Iterator[str]:
    so_far = "" if made.period.finished else ", so far"
    yield f"{made.period.name}{so_far}: {len(made.lines)} lines; {made.watched_ratio:.2%} of the time was watched"
    yield ""
    heads = ("provider", "lines", "broken", "open", "kept", "no figure", "outages", "theirs, h", "availability %")
    sums = [
        (
            printable(one.provider) or "not known",
            str(one.lines),
            *(str(one.promises[promise]) for promise in (*_NEED_A_LOOK, Promise.KEPT, Promise.NONE)),
            str(one.outages),
            f"{one.provider_down_ns / _HOUR_NS:.1f}",
            _share(one.contracted),
        )
        for one in made.sums
    ]
    yield from _table(heads, sums)
    found = [line for promise in _NEED_A_LOOK for line in made.lines if line.promise is promise]
    if found:
        yield ""
        yield from _table(_LINE_HEADS, [_line(line) for line in found[:_SHOWN]])
    if len(found) > _SHOWN:
        yield f"and {len(found) - _SHOWN} more: --csv FILE has all of them"


def _line(line: Line) -> tuple[str, ...]:
    link, found = line.link, line.account
    return (
        line.promise.value,
        line.site.id,
        printable(line.site.name),
        printable(link.name) if link is not None else "",
        printable(line.provider),
        f"{100 * (link.agreed_availability_ratio or 0):g}" if link is not None else "",
        _share(found.contracted()) if found is not None else "not watched",
        _hours(found.down_of(Owner.PROVIDER)) if found is not None else "",
        _hours(found.down_of(Owner.OPEN)) if found is not None else "",
        _hours(found.unknown_ns) if found is not None else "",
    )


def _share(share: Interval | None) -> str:
    if share is None:
        return "–"
    least, most = (f"{100 * end:.3f}" for end in (share.least, share.most))
    return least if least == most else f"{least} to {most}"


def _hours(nanoseconds: int) -> str:
    minutes = round(nanoseconds / 60_000_000_000)
    return f"{minutes // 60}:{minutes % 60:02} h"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    table = [heads, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(heads))]
    for row in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
