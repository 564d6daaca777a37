"""Whether a night's copies could be restored: they are, into a folder beside, and opened; the state is not touched."""

import asyncio
import contextlib
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import yaml

from collector.commands.staging import carry_out, decide, name_of, stage
from collector.copying import Tally, tally
from collector.forward.ledger import open_ledger
from collector.identity.book import open_book
from collector.ingest.sqlite import open_sqlite_inbox
from collector.inventory.versions import open_versions
from collector.journal.sqlite import open_sqlite_journal
from collector.notify.outbox import open_outbox
from collector.people.book import open_people
from collector.people.chain import faults


class RehearsalError(Exception):
    """The copies do not give back what was there; one line says of which and how."""


def rehearse(copies: Mapping[str, Path], expected: Mapping[str, Tally], scratch: Path) -> None:
    """Restore copies by kind as ``restore`` does, open each as the collector does, compare with ``expected``.

    Takes as much room as they do, and gives it back. Waits for the disk; raises :class:`RehearsalError`, OSError,
    sqlite3.Error.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(mode=0o700)
    try:
        stage(copies, scratch, "nothing")
        decide(scratch)
        carry_out(scratch)
        asyncio.run(_open_all(copies, scratch))
        for kind, before in expected.items():
            _compare(kind, before, scratch / name_of(kind))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


async def _open_all(copies: Mapping[str, Path], scratch: Path) -> None:
    for kind in copies:
        try:
            await _OPENERS[kind](scratch / name_of(kind))
        except (OSError, sqlite3.Error, ValueError, yaml.YAMLError) as error:
            raise RehearsalError(f"the copy of {kind} cannot be opened: {error}") from None


def _compare(kind: str, before: Tally, path: Path) -> None:
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        after = tally(database)
    for what, rows in before.items():
        if after.get(what, 0) < rows:
            raise RehearsalError(f"the copy of {kind} has less than was there: {what} {after.get(what, 0)} of {rows}")


async def _inbox(path: Path) -> None:
    async with open_sqlite_inbox(path) as inbox:
        _, newest = await inbox.extent()
        await inbox.from_row(max(0, newest - 1), 1)


async def _identity(path: Path) -> None:
    with open_book(path) as book:
        book.every_key()


async def _people(path: Path) -> None:
    with open_people(path) as book:
        for fault in faults(book.log(), book.head()):
            raise ValueError(fault)


async def _journal(path: Path) -> None:
    with open_sqlite_journal(path) as journal:
        journal.standing()
        journal.incidents(0, 1)


async def _forward(path: Path) -> None:
    async with open_ledger(path) as ledger:
        await ledger.cursor("")


async def _notify(path: Path) -> None:
    async with open_outbox(path) as outbox:
        await outbox.proofs()
        await outbox.waiting("")


async def _inventory(path: Path) -> None:
    with open_versions(path) as versions:
        versions.inventory()


async def _maintenance(path: Path) -> None:
    yaml.safe_load(await asyncio.to_thread(path.read_text, encoding="utf-8"))


_OPENERS: Mapping[str, Callable[[Path], Awaitable[None]]] = MappingProxyType(
    {
        "inbox": _inbox,
        "identity": _identity,
        "people": _people,
        "journal": _journal,
        "forward": _forward,
        "notify": _notify,
        "inventory": _inventory,
        "maintenance": _maintenance,
    }
)
