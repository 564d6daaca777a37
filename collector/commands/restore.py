"""``restore``: a night's backup takes the place of what is there, which is moved aside; it deletes nothing."""

import contextlib
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

from collector.calendar.nightly import KINDS, backup_name, verify_backup
from collector.commands.console import console
from collector.commands.staging import carry_out, decide, name_of, stage, sync
from collector.copying import check_copy
from collector.people.book import open_people
from collector.people.chain import Head
from collector.settings import CollectorSettings, load_collector_settings
from shared.clock import SystemClock
from shared.ownership import StateTakenError, owned
from shared.settings import SettingsError

_INPUT_IS_WRONG = 2
_SECOND_NS = 1_000_000_000


def restore(backup: Path, config: Path) -> int:
    """Put back this inbox and what was copied in the same night; 0 done, 1 failed, 2 the input is wrong."""
    try:
        settings = load_collector_settings(config)
        copies = _copies(backup)
        parcels = verify_backup(copies["inbox"])
    except SettingsError as error:
        print("\n".join(error.problems), file=sys.stderr)
        return _INPUT_IS_WRONG
    except (ValueError, sqlite3.Error) as error:
        print(f"phusong-collector: {error}; nothing was changed", file=sys.stderr)
        return _INPUT_IS_WRONG
    try:
        with owned(settings.state):
            head, aside = _put_back(copies, settings, _stamp(backup))
    except StateTakenError as error:
        print(f"phusong-collector: {error}", file=sys.stderr)
        return 1
    except (OSError, sqlite3.Error) as error:
        what = (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
        print(f"phusong-collector: {settings.state}: {what}", file=sys.stderr)
        return 1
    print(f"{settings.state}: restored {', '.join(sorted(copies))}; {parcels} batches in the inbox")
    _tell(copies, head, aside)
    return 0


def finish(state: Path) -> str:
    """Carry out a restore that was interrupted, in a folder that nobody else works on; one line where there was one."""
    aside = carry_out(state)
    return "" if aside is None else f"{state}: a restore that was interrupted is done now; what was there is in {aside}"


def _tell(copies: dict[str, Path], head: Head | None, aside: Path | None) -> None:
    if aside is not None and aside.exists():
        print(f"what was there is in {aside}")
    if "identity" in copies:
        print("next: 'phusong-collector accept all' (enrolled machines went on meanwhile), and revoke again what was")
        print("revoked since that night; then start the collector: agents send again what they keep")
    if "people" in copies:
        print(
            "people, roles and walls are those of that night: disable and revoke again what was since; all log in anew"
        )
        if head is not None:
            print(f"so is the log of who did what: before, it ended at {head}, which its row 'state-restored' says too")


def _stamp(backup: Path) -> str:
    return backup.name.removeprefix("inbox-").removesuffix(".sqlite")


def _copies(backup: Path) -> dict[str, Path]:
    """The copies of one night by kind, each read as a whole."""
    if not backup.is_file():
        raise ValueError(f"{backup}: there is no such backup")
    stamp = _stamp(backup)
    if backup.name != backup_name("inbox", stamp):
        raise ValueError(f"{backup}: name the copy of an inbox, 'inbox-….sqlite': the others of its night come along")
    found = {kind: backup.with_name(backup_name(kind, stamp)) for kind in KINDS}
    copies = {kind: path for kind, path in found.items() if path.is_file()}
    for path in copies.values():
        if path.suffix == ".sqlite":
            try:
                check_copy(path)
            except (OSError, sqlite3.DatabaseError) as error:
                raise ValueError(f"{path}: {error}") from None
    return copies


def _put_back(copies: dict[str, Path], settings: CollectorSettings, stamp: str) -> tuple[Head | None, Path | None]:
    """The head of the log before, where there was one, and where what was there is now."""
    carry_out(settings.state)
    now_ns = SystemClock().wall_ns()
    now = datetime.fromtimestamp(now_ns / _SECOND_NS, UTC)
    people = settings.state / name_of("people")
    head = _head(people)
    part = stage(copies, settings.state, f"before-restore-{now:%Y%m%dT%H%M%S%f}")
    if "people" in copies:
        _note(part / people.name, now_ns, stamp, head)
    decide(settings.state)
    aside = carry_out(settings.state)
    if "people" not in copies:
        _note(people, now_ns, stamp, head)
    return head, aside


def _note(people: Path, now_ns: int, stamp: str, head: Head | None) -> None:
    """The log that is in force from now on says that another one was, and how far it went."""
    ended = f"the log before ended at {head}" if head is not None else "there was no log before"
    with open_people(people) as book, book.transaction():
        book.write(now_ns, console(), "state-restored", stamp, ended)
    sync(people)


def _head(people: Path) -> Head | None:
    """Where the log ends that is there now; None where there is none that can be read."""
    if people.exists():
        with contextlib.suppress(OSError, sqlite3.Error), open_people(people) as book:
            return book.head()
    return None
