"""The book of people in SQLite: persons, sessions, walls' tokens and the chained log; it draws nothing, reads no clock.

The running collector and its commands open the same file: each request reads what the other wrote before.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from collector.copying import Tally, copy_database
from collector.database import Database, open_database
from collector.people.chain import GENESIS, Head, Row, mark_of
from collector.people.person import Person, Role

_SESSIONS_OF_ONE = 16
_WORDS = 200
SCHEMA = """
CREATE TABLE IF NOT EXISTS person (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL, disabled INTEGER NOT NULL DEFAULT 0,
    added_wall_ns INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS session (
    id BLOB PRIMARY KEY, name TEXT NOT NULL, begun_wall_ns INTEGER NOT NULL, used_wall_ns INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS session_of ON session (name, begun_wall_ns);
CREATE TABLE IF NOT EXISTS wall (
    id BLOB PRIMARY KEY, name TEXT NOT NULL UNIQUE, added_wall_ns INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS audit (
    number INTEGER PRIMARY KEY, at_wall_ns INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
    subject TEXT NOT NULL, detail TEXT NOT NULL, mark BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS audit_stays BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the log is not changed'); END;
CREATE TRIGGER IF NOT EXISTS audit_kept BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the log is not changed'); END;
"""
_HEAD = "audit head"
_head = msgspec.msgpack.Decoder(Head)


class Account(msgspec.Struct, frozen=True):
    """A person as the book knows them."""

    name: str
    role: Role
    password: str
    """The hash."""
    disabled: bool
    added_wall_ns: int


class Session(msgspec.Struct, frozen=True):
    """A login that holds."""

    person: Person
    begun_wall_ns: int
    used_wall_ns: int


class Book:
    """Every method runs inside the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, on disk at the end; other programs wait. Raises sqlite3.Error."""
        with self._database.transaction():
            yield

    def add(self, account: Account) -> bool:
        """Write a new person down; False where the name is taken."""
        row = (account.name, account.role, account.password, account.disabled, account.added_wall_ns)
        return self._database.execute("INSERT OR IGNORE INTO person VALUES (?, ?, ?, ?, ?)", row).rowcount == 1

    def find(self, name: str) -> Account | None:
        """The person of this name."""
        row = self._database.execute("SELECT * FROM person WHERE name = ?", (name,)).fetchone()
        return None if row is None else _account(row)

    def everybody(self) -> list[Account]:
        """All persons by name."""
        return [_account(row) for row in self._database.execute("SELECT * FROM person ORDER BY name")]

    def change(self, name: str, *, role: Role | None = None, disabled: bool | None = None) -> None:
        """Give another role, or take away or give back the access; who is disabled has no session any more."""
        if role is not None:
            self._database.execute("UPDATE person SET role = ? WHERE name = ?", (role, name))
        if disabled is not None:
            self._database.execute("UPDATE person SET disabled = ? WHERE name = ?", (disabled, name))
        if disabled:
            self.end_sessions(name)

    def set_password(self, name: str, made: str) -> None:
        """Keep another hash; sessions go on."""
        self._database.execute("UPDATE person SET password = ? WHERE name = ?", (made, name))

    def begin_session(self, identity: bytes, name: str, now_ns: int, oldest_ns: int) -> None:
        """Write a login down; forget those begun before ``oldest_ns`` and more than a few of one person."""
        self._database.execute("DELETE FROM session WHERE begun_wall_ns < ?", (oldest_ns,))
        self._database.execute("INSERT INTO session VALUES (?, ?, ?, ?)", (identity, name, now_ns, now_ns))
        self._database.execute(
            "DELETE FROM session WHERE id IN "
            "(SELECT id FROM session WHERE name = ? ORDER BY begun_wall_ns DESC LIMIT -1 OFFSET ?)",
            (name, _SESSIONS_OF_ONE),
        )

    def session(self, identity: bytes) -> Session | None:
        """The login of this name, with the role that the person has now; None where it ended or they are disabled."""
        row = self._database.execute(
            "SELECT p.name, p.role, s.begun_wall_ns, s.used_wall_ns FROM session s JOIN person p USING (name) "
            "WHERE s.id = ? AND NOT p.disabled",
            (identity,),
        ).fetchone()
        return None if row is None else Session(Person(row[0], Role(row[1])), row[2], row[3])

    def use_session(self, identity: bytes, now_ns: int) -> None:
        """It was used now."""
        self._database.execute("UPDATE session SET used_wall_ns = ? WHERE id = ?", (now_ns, identity))

    def end_session(self, identity: bytes) -> None:
        """It proves nothing any more."""
        self._database.execute("DELETE FROM session WHERE id = ?", (identity,))

    def end_sessions(self, name: str) -> None:
        """No login of this person holds any more."""
        self._database.execute("DELETE FROM session WHERE name = ?", (name,))

    def add_wall(self, identity: bytes, name: str, now_ns: int) -> bool:
        """A token of a wall; False where the name is taken."""
        row = (identity, name, now_ns)
        return self._database.execute("INSERT OR IGNORE INTO wall VALUES (?, ?, ?)", row).rowcount == 1

    def has_wall(self, identity: bytes) -> bool:
        """Whether this token is in force."""
        return self._database.execute("SELECT 1 FROM wall WHERE id = ?", (identity,)).fetchone() is not None

    def walls(self) -> list[tuple[str, int]]:
        """Names of tokens in force and when each was made."""
        return self._database.execute("SELECT name, added_wall_ns FROM wall ORDER BY name").fetchall()

    def revoke_wall(self, name: str) -> bool:
        """End a token; False where there is none of this name."""
        return self._database.execute("DELETE FROM wall WHERE name = ?", (name,)).rowcount == 1

    def write(self, at_wall_ns: int, actor: str, action: str, subject: str = "", detail: str = "") -> Head:
        """Append a row to the log; what is too long is cut. Returns the new head."""
        words = (actor[:_WORDS], action[:_WORDS], subject[:_WORDS], detail[:_WORDS])
        last = self._database.execute("SELECT number, mark FROM audit ORDER BY number DESC LIMIT 1").fetchone()
        kept = self.head()
        before = Head(*last) if last and last[0] >= kept.number else kept
        row = Row(before.number + 1, at_wall_ns, *(word.encode(errors="replace").decode() for word in words))
        head = Head(row.number, mark_of(before.mark, row))
        values = (*msgspec.structs.astuple(row), head.mark)
        self._database.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        self._database.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (_HEAD, msgspec.msgpack.encode(head)))
        return head

    def head(self) -> Head:
        """The head that was written beside the log."""
        row = self._database.execute("SELECT value FROM fact WHERE name = ?", (_HEAD,)).fetchone()
        return Head(0, GENESIS) if row is None else _head.decode(row[0])

    def log(self, last: int | None = None) -> Iterator[tuple[Row, bytes]]:
        """Rows with their marks in order; the ``last`` ones only where said."""
        least = 0 if last is None else self.head().number - last
        for *row, mark in self._database.execute("SELECT * FROM audit WHERE number > ? ORDER BY number", (least,)):
            yield Row(*row), mark

    def copy(self, path: Path) -> Tally:
        """The book in a file of its own, without the sessions; raises OSError or sqlite3.Error. In no transaction."""
        before = copy_database(self._database.connection, path, uncounted=("session",))
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as made:
            made.execute("DELETE FROM session")  # a restored collector lets nobody in who logged out since
        return before


@contextmanager
def open_people(path: Path) -> Iterator[Book]:
    """Open or make the file, readable by its owner only; raises OSError or sqlite3.Error."""
    with open_database(path, SCHEMA, private=True) as database:
        yield Book(database)


def _account(row: tuple[str, str, str, int, int]) -> Account:
    return Account(row[0], Role(row[1]), row[2], bool(row[3]), row[4])
