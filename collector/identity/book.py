"""The book of invitations and keys in SQLite, one transaction a decision; it draws no secrets and reads no clock.

The running collector and its commands open the same file: each decision reads what the other wrote before.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from collector.copying import Tally, copy_database
from collector.database import Database, open_database
from collector.identity import apart, events
from collector.identity.chain import Chain, advance
from collector.identity.events import ENROLLED, ROTATED, Events, short
from collector.identity.pace import KEYS_A_DAY, wait_seconds
from collector.identity.records import Invitation, Key, KeyState, Later, Refused, Rotation, Step, Successor

_KEYS = """
CREATE TABLE IF NOT EXISTS invitation (
    id TEXT PRIMARY KEY, verifier BLOB NOT NULL, agent TEXT NOT NULL, site TEXT NOT NULL,
    expires_wall_ns INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0, key_id TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS key (
    key_id TEXT PRIMARY KEY, public BLOB NOT NULL, agent TEXT NOT NULL, site TEXT NOT NULL, state TEXT NOT NULL,
    enrolled_wall_ns INTEGER NOT NULL, predecessor TEXT NOT NULL DEFAULT '', chain BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""
SCHEMA = _KEYS + apart.SCHEMA + events.SCHEMA
_COLUMNS = "key_id, public, agent, site, state, enrolled_wall_ns, predecessor"
_chain = msgspec.msgpack.Decoder(Chain)


class Book:
    """Every method runs inside the caller's transaction."""

    def __init__(self, database: Database, keys_a_day: int = KEYS_A_DAY) -> None:
        self._database = database
        self._keys_a_day = keys_a_day
        self.events = Events(database)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, on disk at the end; other programs wait. Raises sqlite3.Error."""
        with self._database.transaction():
            yield

    def invite(self, invitation: Invitation) -> None:
        """Write an invitation down."""
        self._database.execute(
            "INSERT INTO invitation (id, verifier, agent, site, expires_wall_ns) VALUES (?, ?, ?, ?, ?)",
            msgspec.structs.astuple(invitation),
        )

    def invitation(self, identifier: str) -> Invitation | None:
        """The invitation with this id, used or not."""
        query = "SELECT id, verifier, agent, site, expires_wall_ns FROM invitation WHERE id = ?"
        row = self._database.execute(query, (identifier,)).fetchone()
        if row is None:
            return None
        return Invitation(id=row[0], verifier=row[1], agent=row[2], site=row[3], expires_wall_ns=row[4])

    def enrol(self, invitation: Invitation, key_id: str, public: bytes, chain: str, now_ns: int) -> Key | Refused:
        """Use the invitation up for this key and end the agent's other keys; the same key again has the same answer."""
        if self.find(key_id) is not None:
            return self._key_of(invitation, key_id) or Refused.KNOWN
        taken = self._database.execute(
            "UPDATE invitation SET used = 1, key_id = ? WHERE id = ? AND used = 0 AND expires_wall_ns > ?",
            (key_id, invitation.id, now_ns),
        )
        if taken.rowcount != 1:
            return self._refusal(invitation)
        self._database.execute("UPDATE key SET state = ? WHERE agent = ?", (KeyState.REVOKED, invitation.agent))
        key = Key(
            key_id=key_id,
            public=public,
            agent=invitation.agent,
            site=invitation.site,
            state=KeyState.ACTIVE,
            enrolled_wall_ns=now_ns,
        )
        self._add(key, chain)
        self.events.note(ENROLLED, key, short(key_id))
        return key

    def rotate(self, old: str, new: Successor, presented: str, mark: bytes, fresh: str) -> Rotation:
        """A key that takes the place of ``old`` with its first batch; the same again has the same answer.

        It is a step in the chain: that batch presents what is given here, or what ``old`` presents then.
        """
        before, known = self.find(old), self.find(new.key_id)
        if before is None or (known is not None and (known.predecessor != old or known.state is not KeyState.ACTIVE)):
            return Refused.KNOWN
        step = self.advance(old, presented, mark, fresh)
        if not step.chain:
            return step
        if known is None and (wait := self._wait_seconds(before.agent, new.enrolled_wall_ns)):
            return Later(keys=self._keys_a_day, wait_seconds=wait)  # the step is taken: as if the answer had been lost
        if known is None:
            # One before it that never sent: whoever holds it is another machine, should it ever speak.
            self._database.execute(
                "UPDATE key SET state = ? WHERE predecessor = ? AND state = ?", (KeyState.ROTATED, old, KeyState.ACTIVE)
            )
            known = msgspec.structs.replace(before, **msgspec.structs.asdict(new), predecessor=old)
            self._add(known, "")
            self.events.note(ROTATED, known, f"{short(known.key_id)} follows {short(old)}")
        return known, step.chain

    def find(self, key_id: str) -> Key | None:
        """The key with this id, whatever its state."""
        row = self._database.execute(f"SELECT {_COLUMNS} FROM key WHERE key_id = ?", (key_id,)).fetchone()  # noqa: S608
        return None if row is None else _key(row)

    def every_key(self) -> list[Key]:
        """All keys, the newest last."""
        query = f"SELECT {_COLUMNS} FROM key ORDER BY enrolled_wall_ns, key_id"  # noqa: S608
        return [_key(row) for row in self._database.execute(query)]

    def suspects(self) -> list[tuple[str, str]]:
        """Agent and site of each key that waits for an operator."""
        query = "SELECT DISTINCT agent, site FROM key WHERE state = ?"
        return [(agent, site) for agent, site in self._database.execute(query, (KeyState.SUSPECT,))]

    def presented(self, key_id: str) -> str:
        """The chain value that the key's machine may present at any time."""
        row = self._database.execute("SELECT chain FROM key WHERE key_id = ?", (key_id,)).fetchone()
        return _chain.decode(row[0]).presented if row else ""

    def revoke(self, site: str) -> tuple[int, int]:
        """End every key and invitation of the site; gives how many of each were in force."""
        replaced = "UPDATE key SET state = ? WHERE site = ? AND state = ?"
        self._database.execute(replaced, (KeyState.REVOKED, site, KeyState.ROTATED))
        keys = self._database.execute(
            "UPDATE key SET state = ? WHERE site = ? AND state IN (?, ?)",
            (KeyState.REVOKED, site, KeyState.ACTIVE, KeyState.SUSPECT),
        )
        invitations = self._database.execute("DELETE FROM invitation WHERE site = ? AND used = 0", (site,))
        return keys.rowcount, invitations.rowcount

    def accept(self, site: str | None) -> int:
        """An operator vouches for the site's keys (all where None): each may go on from whatever it presents next."""
        apart.drop(self._database, site)
        changed = self._database.execute(
            "UPDATE key SET state = ?, chain = ? WHERE (site = ? OR ? IS NULL) AND state IN (?, ?)",
            (KeyState.ACTIVE, msgspec.msgpack.encode(Chain("")), site, site, KeyState.ACTIVE, KeyState.SUSPECT),
        )
        return changed.rowcount

    def advance(self, key_id: str, presented: str, mark: bytes, fresh: str) -> Step:
        """Take a batch's step in the chain of its key."""
        query = (
            "SELECT k.state, coalesce(p.chain, k.chain), k.predecessor FROM key k"
            " LEFT JOIN key p ON p.key_id = k.predecessor WHERE k.key_id = ?"
        )
        row = self._database.execute(query, (key_id,)).fetchone()
        if row is None or row[0] != KeyState.ACTIVE:
            return Step(state=KeyState(row[0]) if row else KeyState.REVOKED)
        stepped = advance(_chain.decode(row[1]), presented, mark, fresh)
        if stepped is None:
            return Step(state=KeyState.ACTIVE)
        packed = msgspec.msgpack.encode(stepped[0])
        self._database.execute("UPDATE key SET chain = ?, predecessor = '' WHERE key_id = ?", (packed, key_id))
        if row[2]:
            self._database.execute("UPDATE key SET state = ? WHERE key_id = ?", (KeyState.ROTATED, row[2]))
        return Step(state=KeyState.ACTIVE, chain=stepped[1])

    def suspect(self, key_id: str, now_ns: int) -> None:
        """Two machines hold the key, or one of them what it became: none may send before an operator has decided."""
        change = "UPDATE key SET state = ? WHERE state = ? AND agent = (SELECT agent FROM key WHERE key_id = ?)"
        key = self.find(key_id)
        if self._database.execute(change, (KeyState.SUSPECT, KeyState.ACTIVE, key_id)).rowcount and key is not None:
            self.events.suspected(key, now_ns)

    def set_apart(self, key_id: str, mark: bytes, now_ns: int, why: str, body: bytes) -> None:
        """Keep a batch that is not judged, as long as there are few of the agent."""
        apart.keep(self._database, (key_id, mark, now_ns, why, body))

    def forget_apart(self, before_ns: int) -> None:
        """Batches that were kept before then go."""
        apart.forget(self._database, before_ns)

    def copy(self, path: Path) -> Tally:
        """The whole book in a file of its own; raises OSError or sqlite3.Error. In no transaction."""
        return copy_database(self._database.connection, path)

    def fact(self, name: str, value: bytes) -> bytes:
        """What was written down under the name first: ``value`` where nothing was."""
        self._database.execute("INSERT OR IGNORE INTO fact VALUES (?, ?)", (name, value))
        return bytes(self._database.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()[0])

    def _wait_seconds(self, agent: str, now_ns: int) -> int:
        born = self._database.execute("SELECT enrolled_wall_ns FROM key WHERE agent = ?", (agent,))
        return wait_seconds((born_ns for (born_ns,) in born), now_ns, self._keys_a_day)

    def _add(self, key: Key, chain: str) -> None:
        row = (*msgspec.structs.astuple(key), msgspec.msgpack.encode(Chain(chain)))
        self._database.execute(f"INSERT INTO key ({_COLUMNS}, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608

    def _key_of(self, invitation: Invitation, key_id: str) -> Key | None:
        """The key, where this invitation made it and it may send: whoever asks again has lost the answer."""
        row = self._database.execute("SELECT key_id FROM invitation WHERE id = ?", (invitation.id,)).fetchone()
        key = self.find(key_id)
        return key if row and row[0] == key_id and key is not None and key.state is KeyState.ACTIVE else None

    def _refusal(self, invitation: Invitation) -> Refused:
        row = self._database.execute("SELECT used FROM invitation WHERE id = ?", (invitation.id,)).fetchone()
        if row is None:
            return Refused.UNKNOWN
        return Refused.USED if row[0] else Refused.EXPIRED


@contextmanager
def open_book(path: Path, keys_a_day: int = KEYS_A_DAY) -> Iterator[Book]:
    """Open or make the file, readable by its owner only; raises OSError or sqlite3.Error."""
    with open_database(path, SCHEMA, private=True) as database:
        yield Book(database, keys_a_day)


def prepare(database: sqlite3.Connection) -> None:
    """Make the tables where there are none; each commit is on the disk before anybody is told."""
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.executescript(SCHEMA)


def _key(row: tuple[str, bytes, str, str, str, int, str]) -> Key:
    return Key(
        key_id=row[0],
        public=row[1],
        agent=row[2],
        site=row[3],
        state=KeyState(row[4]),
        enrolled_wall_ns=row[5],
        predecessor=row[6],
    )
