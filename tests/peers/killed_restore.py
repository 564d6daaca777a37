"""Restores, each killed at another touch of a file; prints what was then found, a line of JSON each."""

import asyncio
import json
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from collector.commands.restore import finish, restore
from collector.commands.staging import is_half_done
from collector.identity.book import open_book
from collector.ingest.inbox import Parcel
from collector.ingest.sqlite import open_sqlite_inbox
from collector.journal.sqlite import open_sqlite_journal
from collector.people.book import open_people
from shared.ownership import owned
from tests.peers.settings_files import collector_file

STAMP = "20261101T023000"
KINDS = ("inbox", "identity", "journal", "people")
_TOUCHES = frozenset(
    {"open", "os.chmod", "os.chown", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.copyfile"}
)


async def make(folder: Path, age: str) -> None:
    """A state in which every file says how old it is."""
    async with open_sqlite_inbox(folder / "inbox.sqlite") as inbox:
        await inbox.store(Parcel(agent=age, epoch="e", sequences=(1,), received_wall_ns=1, body=b"x"))
    with open_book(folder / "identity.sqlite") as book, book.transaction():
        book.fact("age", age.encode())
    with open_sqlite_journal(folder / "journal.sqlite") as journal, open_people(folder / "people.sqlite") as people:
        journal.note_down(len(age), 1)
        with people.transaction():
            people.write(1, age, "login")
        if age == "newer":  # as a collector that was killed left it: its last rows are in the logs beside the files
            shutil.copytree(folder, folder.with_name("live"))


def age_of(folder: Path) -> str:
    """``old`` or ``new`` where all files are of that age; else each by name."""
    asked = {
        "inbox": "SELECT agent FROM parcel",
        "identity": "SELECT value FROM fact WHERE name = 'age'",
        "journal": "SELECT slot_ns FROM down",
        "people": "SELECT actor FROM audit WHERE number = 1",
    }
    found: dict[str, Any] = {}
    for kind, query in asked.items():
        path = folder / f"{kind}.sqlite"
        if not path.exists():
            found[kind] = "absent"
            continue
        with closing(sqlite3.connect(path)) as database:
            row = database.execute(query).fetchone()
        value = row[0] if row else "empty"
        found[kind] = value.decode() if isinstance(value, bytes) else value
    found["journal"] = {3: "old", 5: "newer"}.get(found["journal"], found["journal"])
    ages = set(found.values())
    return str(ages.pop()) if len(ages) == 1 else json.dumps(found)


def killed(step: int, backup: Path, config: Path) -> bool:
    """Restore in a child that ends at its ``step``-th touch of a file; whether it came so far."""
    child = os.fork()
    if child == 0:
        left = step

        def watch(event: str, arguments: Sequence[Any]) -> None:
            nonlocal left
            if event in _TOUCHES and str(config.parent / "state") in str(arguments[:2]):
                left -= 1
                if left == 0:
                    os._exit(9)

        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 - to its end
        sys.addaudithook(watch)
        os._exit(restore(backup, config))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 9


def main() -> None:
    """Prints for each step what a start finds, and what it leaves."""
    with tempfile.TemporaryDirectory() as name:
        night, live = Path(name, "night"), Path(name, "live")
        asyncio.run(make(night, "old"))
        asyncio.run(make(Path(name, "day"), "newer"))
        for kind in KINDS:
            (night / f"{kind}.sqlite").rename(night / f"{kind}-{STAMP}.sqlite")
        step, going = 0, True
        while going:
            step += 1
            house = Path(name, str(step))
            config = collector_file(house, 8080, ["province"], [])
            shutil.copytree(live, house / "state")
            going = killed(step, night / f"inbox-{STAMP}.sqlite", config)
            sys.stdout.write(json.dumps(found_after(house / "state", step, killed=going)) + "\n")
            shutil.rmtree(house)


def found_after(state: Path, step: int, *, killed: bool) -> dict[str, Any]:
    """What a start makes of it, as ``run`` does before it reads anything."""
    half = is_half_done(state)
    with owned(state):
        told = finish(state)
    asides = sorted(path.name for path in state.glob("before-restore-*"))
    kept = {age_of(state / aside) for aside in asides}
    rests = [path.name for path in state.iterdir() if "restoring" in path.name and not path.name.endswith(".part")]
    with suppress(sqlite3.Error), open_people(state / "people.sqlite") as people:
        rows = [(row.action, row.detail) for row, _ in people.log()]
    return {
        "step": step,
        "killed": killed,
        "half": half,
        "told": bool(told),
        "age": age_of(state),
        "asides": len(asides),
        "kept": sorted(kept),
        "rests": rests,
        "rows": rows,
    }


if __name__ == "__main__":
    main()
