"""The collector's storing, broken on purpose in one way after another; only a proof with teeth uses it."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from collector import copying, database
from collector.commands import backup, night
from collector.database import Database
from collector.ingest import sqlite
from collector.ingest.inbox import InboxFailedError, Parcel
from collector.ingest.shortage import Shortage
from collector.ingest.sqlite import SqliteInbox


@contextmanager
def _instead(changes: Sequence[tuple[Any, str, Any]]) -> Iterator[None]:
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in changes]
    for owner, name, value in changes:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)


_store, _keep, _room = SqliteInbox.store, sqlite._keep, Shortage.make_room  # noqa: SLF001 - broken from inside


async def _says_yes(inbox: SqliteInbox, parcel: Parcel) -> frozenset[int]:
    """A commit that failed is acknowledged."""
    try:
        return await _store(inbox, parcel)
    except InboxFailedError:
        return frozenset(parcel.sequences)


def _forgets(connection: sqlite3.Connection, parcel: Parcel) -> frozenset[int]:
    """All that comes is new."""
    connection.execute("DELETE FROM run")
    connection.execute("DELETE FROM epoch")
    return _keep(connection, parcel)


def _says_nothing(shortage: Shortage, file: Database, wanted_bytes: int) -> bool:
    """What is forgotten early is not counted."""
    shortage._tell = lambda *_: None  # noqa: SLF001
    return _room(shortage, file, wanted_bytes)


def _leaves(_path: Path) -> None:
    """A copy that failed stays where it is."""


def _asks_nobody(*_: object) -> None:
    """A backup is begun whatever room there is."""


_EAGER = ((copying, "demand_room", _asks_nobody), (backup, "demand_room", _asks_nobody))
_LITTER = ((copying, "discard_copy", _leaves), (night, "discard_copy", _leaves))
SABOTAGE: Mapping[str, Callable[[], AbstractContextManager[None]]] = MappingProxyType(
    {
        "full": partial(_instead, [(Shortage, "make_room", _says_nothing)]),
        "nearly full": partial(_instead, [(Shortage, "make_room", lambda *_: False)]),
        "own backup": partial(_instead, [*_EAGER, *_LITTER]),
        "no inodes": partial(_instead, [(sqlite, "_keep", _forgets)]),
        "read-only": partial(_instead, [(Database, "_look_at", lambda *_: None)]),
        "I/O errors": partial(
            _instead, [(SqliteInbox, "store", _says_yes), (database, "_write_again", lambda _: None)]
        ),
    }
)
"""By the trouble in which it shows: does not count, makes no room, litters, forgets, holds a dead disk, lies."""
