"""Who types a command, and its row in the log of who did what; it proves nothing about them."""

import os
import pwd
import sqlite3
import sys

from collector.people.book import open_people
from collector.settings import CollectorSettings
from shared.clock import SystemClock


def console() -> str:
    """``console:`` and the user of the machine; behind sudo the one who asked for it."""
    asked = os.environ.get("SUDO_USER", "")
    if asked and os.geteuid() == 0:
        return f"console:{asked}"
    try:
        return f"console:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"console:{os.getuid()}"


def note(settings: CollectorSettings, action: str, subject: str, detail: str = "") -> None:
    """Write a row about what has been done; where that fails it stays done, and a line says so."""
    try:
        with open_people(settings.state / "people.sqlite") as book, book.transaction():
            book.write(SystemClock().wall_ns(), console(), action, subject, detail)
    except (OSError, sqlite3.Error) as error:
        print(f"phusong-collector: done, but the log of who did what was not written: {error}", file=sys.stderr)
