"""Every version of the inventory in SQLite: who changed what, when and why; a version that was written never changes.

The running collector and its commands open the same file for a moment each. It is not in WAL mode: two connections are
nothing special then.
"""

import contextlib
import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from collector.copying import Tally, copy_database
from collector.inventory.change import Change, RefusedError, admitted
from collector.inventory.edit import Edit, applied, reverted
from collector.inventory.site import Inventory

_WAIT_SECONDS = 10.0
_WORDS = 200
_SCHEMA = """
CREATE TABLE IF NOT EXISTS version (
    number INTEGER PRIMARY KEY, at_wall_ns INTEGER NOT NULL, who TEXT NOT NULL, deed TEXT NOT NULL, why TEXT NOT NULL,
    sites INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS touched (
    site TEXT NOT NULL, number INTEGER NOT NULL, what TEXT NOT NULL, PRIMARY KEY (site, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS touched_by ON touched (number);
CREATE TRIGGER IF NOT EXISTS version_stays BEFORE UPDATE ON version
    BEGIN SELECT RAISE(ABORT, 'history is not changed'); END;
CREATE TRIGGER IF NOT EXISTS version_kept BEFORE DELETE ON version
    BEGIN SELECT RAISE(ABORT, 'history is not changed'); END;
"""
_COLUMNS = "number, at_wall_ns, who, deed, why, sites"
_EMPTY = Inventory()


class StaleError(RefusedError):
    """Somebody else changed the inventory after it was looked at."""

    def __init__(self, expected: int, newest: int) -> None:
        self.newest = newest
        super().__init__([f"the inventory is at version {newest}, not {expected}: somebody changed it meanwhile"])


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """Who does what, and why."""

    at_wall_ns: int
    who: str
    deed: str
    """import, edit, undo, reform, file."""
    why: str = ""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A version as the history shows it."""

    number: int
    """From 1."""
    at_wall_ns: int
    who: str
    deed: str
    why: str
    sites: int
    """How many there were afterwards."""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()


class Versions:
    """The history; methods raise sqlite3.Error where the disk refuses, and then nothing is written."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    @property
    def newest(self) -> int:
        """Number of the version that counts; 0 where there is none yet."""
        return int(self._database.execute("SELECT coalesce(max(number), 0) FROM version").fetchone()[0])

    def inventory(self, number: int | None = None) -> Inventory:
        """The inventory as of a version, of the newest where none is named; raises :class:`RefusedError`."""
        wanted = self.newest if number is None else number
        if wanted == 0:
            return _EMPTY
        row = self._database.execute("SELECT body FROM version WHERE number = ?", (wanted,)).fetchone()
        if row is None:
            raise RefusedError([f"there is no version {wanted}: the newest is {self.newest}"])
        return msgspec.json.decode(zlib.decompress(row[0]), type=Inventory)

    def history(self, last: int = 50, site: str = "") -> list[Version]:
        """The latest versions, newest first; only those that touched a site where one is named."""
        chosen = "WHERE number IN (SELECT number FROM touched WHERE site = ?)" if site else ""
        query = f"SELECT {_COLUMNS} FROM version {chosen} ORDER BY number DESC LIMIT ?"  # noqa: S608 - constants
        rows = self._database.execute(query, (*([site] if site else []), last)).fetchall()
        return [self._version(row) for row in rows]

    def accept(
        self, after: Inventory, deed: Deed, *, expected: int | None = None, sure: bool = False
    ) -> tuple[int, Change]:
        """Store a new version where something changes; its number, and what it does.

        Raises what :func:`collector.inventory.change.admitted` raises, and :class:`StaleError` where the newest version
        is not the ``expected`` one.
        """
        with self._transaction():
            return self._accept(after, deed, expected, sure=sure)

    def apply(self, edit: Edit, at_wall_ns: int) -> tuple[int, Change]:
        """Do an edit of the version that its author saw; raises like :meth:`accept`."""
        with self._transaction():
            deed = Deed(at_wall_ns=at_wall_ns, who=edit.who, deed="edit", why=edit.why)
            self._demand(edit.expected)
            return self._accept(applied(self.inventory(), edit), deed, edit.expected, sure=edit.sure)

    def undo(self, number: int, deed: Deed, *, expected: int | None = None, sure: bool = False) -> tuple[int, Change]:
        """Take one change back and leave what came after it; raises like :meth:`accept`."""
        with self._transaction():
            if number < 1:
                raise RefusedError([f"there is no version {number}: the newest is {self.newest}"])
            of_it = self.inventory(number)
            after = reverted(self.inventory(number - 1), of_it, self.inventory())
            return self._accept(after, deed, expected, sure=sure)

    def copy(self, path: Path) -> Tally:
        """All of it in a file of its own; raises OSError or sqlite3.Error."""
        return copy_database(self._database, path)

    def _demand(self, expected: int | None) -> None:
        if expected is not None and expected != self.newest:
            raise StaleError(expected, self.newest)

    def _accept(self, after: Inventory, deed: Deed, expected: int | None, *, sure: bool) -> tuple[int, Change]:
        self._demand(expected)
        newest = self.newest
        change = admitted(self.inventory(), after, sure=sure)
        if change.nothing:
            return newest, change
        words = (deed.who[:_WORDS], deed.deed[:_WORDS], deed.why[:_WORDS])
        body = zlib.compress(msgspec.json.encode(after))
        row = (newest + 1, deed.at_wall_ns, *words, len(after.sites), body)
        self._database.execute("INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        touched = [
            (site, newest + 1, what) for what in ("added", "removed", "altered") for site in getattr(change, what)
        ]
        self._database.executemany("INSERT INTO touched VALUES (?, ?, ?)", touched)
        return newest + 1, change

    def _version(self, row: tuple[int, int, str, str, str, int]) -> Version:
        touched: dict[str, list[str]] = {"added": [], "removed": [], "altered": []}
        query = "SELECT what, site FROM touched WHERE number = ? ORDER BY site"
        for what, site in self._database.execute(query, (row[0],)):
            touched[what].append(site)
        number, at_wall_ns, who, deed, why, sites = row
        lists = {what: tuple(names) for what, names in touched.items()}
        return Version(number=number, at_wall_ns=at_wall_ns, who=who, deed=deed, why=why, sites=sites, **lists)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            raise


@contextmanager
def open_versions(path: Path) -> Iterator[Versions]:
    """Open or make the file, readable by its owner only; raises OSError or sqlite3.Error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "rb") as file:
        if os.geteuid() == 0:  # a command of root's before the first run of the collector, which is another user
            owner = path.parent.stat()
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_WAIT_SECONDS)
    with contextlib.closing(database):
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(_SCHEMA)
        yield Versions(database)


@contextmanager
def read_versions(path: Path) -> Iterator[Versions]:
    """Open a file that is there to read only; raises sqlite3.Error."""
    address = f"{path.resolve().as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(address, uri=True, timeout=_WAIT_SECONDS)) as database:
        yield Versions(database)
