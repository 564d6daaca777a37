"""``audit``: shows the chained log of who did what, and whether any row of it was touched."""

import sqlite3
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.commands.people import people_path
from collector.commands.staging import load_whole_settings
from collector.people.book import Book, open_people
from collector.people.chain import Head, faults, head_of
from shared.printable import printable
from shared.settings import SettingsError

_INPUT_IS_WRONG = 2
_SECOND_NS = 1_000_000_000


def audit(config: Path, *, verify: bool, head: str | None, last: int) -> int:
    """Print the ``last`` rows, or check all of them; 1 where one was touched, 2 where the input is wrong."""
    try:
        settings = load_whole_settings(config)
        kept = None if head is None else head_of(head)
        with open_people(people_path(settings)) as book:
            if verify or kept is not None:
                return _verify(book, kept)
            _show(book, last, ZoneInfo(settings.retention.time_zone))
    except SettingsError as error:
        print("\n".join(error.problems), file=sys.stderr)
        return _INPUT_IS_WRONG
    except ValueError as error:
        print(f"phusong-collector: {error}", file=sys.stderr)
        return _INPUT_IS_WRONG
    except (OSError, sqlite3.Error) as error:
        print(f"phusong-collector: the log: {error}", file=sys.stderr)
        return 1
    return 0


def _verify(book: Book, kept: Head | None) -> int:
    end = book.head()
    found = 0
    for fault in faults(book.log(), end, kept):
        found += 1
        print(f"phusong-collector: {fault}", file=sys.stderr)
    if found:
        return 1
    print(f"{end.number} rows, none was touched; keep this head elsewhere and give it back with --head:")
    print(end)
    return 0


def _show(book: Book, last: int, zone: ZoneInfo) -> None:
    for row, _ in book.log(last):
        at = datetime.fromtimestamp(row.at_wall_ns / _SECOND_NS, zone)
        words = (printable(word) or "-" for word in (row.actor, row.action, row.subject, row.detail))
        print(f"{row.number:6} {at:%Y-%m-%d %H:%M:%S} {' '.join(words)}")
