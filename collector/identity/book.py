"""The book of invitations and keys in SQLite, one transaction a decision; it draws no secrets and reads no clock.

The running collector and its commands open the same file: each decision reads what the other wrote before.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from collector.copying import Tally, copy_database
from collector.database import Database, open_database
from collector.identity.chain import Chain, advance
from collector.identity.records import Invitation, Key, KeyState, Refused, Step

_SET_APART = 200
"""Batches of one key that are kept apart; the machine has them too."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS invitation (
    id TEXT PRIMARY KEY, verifier BLOB NOT NULL, agent TEXT NOT NULL, site TEXT NOT NULL,
    expires_wall_ns INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0, key_id TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS key (
    key_id TEXT PRIMARY KEY, public BLOB NOT NULL, agent TEXT NOT NULL, site TEXT NOT NULL, state TEXT NOT NULL,
    enrolled_wall_ns INTEGER NOT NULL, predecessor TEXT NOT NULL DEFAULT '', chain BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS apart (
    key_id TEXT NOT NULL, mark BLOB NOT NULL, received_wall_ns INTEGER NOT NULL, why TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (key_id, mark)
);
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""
_COLUMNS = "key_id, public, agent, site, state, enrolled_wall_ns, predecessor"
_chain = msgspec.msgpack.Decoder(Chain)


class Book:
    """Every method runs inside the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
        self._database.execute(
            "UPDATE key SET state = ? WHERE agent = ? AND state IN (?, ?)",
            (KeyState.REVOKED, invitation.agent, KeyState.ACTIVE, KeyState.SUSPECT),
        )
        key = Key(
            key_id=key_id,
            public=public,
            agent=invitation.agent,
            site=invitation.site,
            state=KeyState.ACTIVE,
            enrolled_wall_ns=now_ns,
        )
        self._add(key, chain)
        return key

    def rotate(self, old: str, key_id: str, public: bytes, chain: str, now_ns: int) -> Key | Refused:
        """A key that takes the place of ``old`` with its first batch; the same again has the same answer."""
        before, known = self.find(old), self.find(key_id)
        if before is None or before.state is not KeyState.ACTIVE:
            return Refused.UNKNOWN
        if known is not None:
            return known if known.predecessor == old and known.state is KeyState.ACTIVE else Refused.KNOWN
        self._database.execute("UPDATE key SET state = ? WHERE predecessor = ?", (KeyState.REVOKED, old))
        key = msgspec.structs.replace(
            before, key_id=key_id, public=public, enrolled_wall_ns=now_ns, predecessor=old, state=KeyState.ACTIVE
        )
        self._add(key, chain)
        return key

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
        """End every key and invitation of the site; gives how many of each there were."""
        keys = self._database.execute(
            "UPDATE key SET state = ? WHERE site = ? AND state IN (?, ?)",
            (KeyState.REVOKED, site, KeyState.ACTIVE, KeyState.SUSPECT),
        )
        invitations = self._database.execute("DELETE FROM invitation WHERE site = ? AND used = 0", (site,))
        return keys.rowcount, invitations.rowcount

    def accept(self, site: str | None) -> int:
        """An operator vouches for the site's keys (all where None): each may go on from whatever it presents next."""
        changed = self._database.execute(
            "UPDATE key SET state = ?, chain = ? WHERE (site = ? OR ? IS NULL) AND state IN (?, ?)",
            (KeyState.ACTIVE, msgspec.msgpack.encode(Chain("")), site, site, KeyState.ACTIVE, KeyState.SUSPECT),
        )
        return changed.rowcount

    def advance(self, key_id: str, presented: str, mark: bytes, fresh: str) -> Step:
        """Take a batch's step in the chain of its key."""
        query = "SELECT state, chain, predecessor FROM key WHERE key_id = ?"
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

    def suspect(self, key_id: str) -> None:
        """Two machines hold the key: neither may send before an operator has decided."""
        change = "UPDATE key SET state = ? WHERE key_id = ? AND state = ?"
        self._database.execute(change, (KeyState.SUSPECT, key_id, KeyState.ACTIVE))

    def set_apart(self, key_id: str, mark: bytes, now_ns: int, why: str, body: bytes) -> None:
        """Keep a batch that is not judged, as long as there are few of the key."""
        self._database.execute(
            "INSERT OR IGNORE INTO apart SELECT ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM apart WHERE key_id = ?) < ?",
            (key_id, mark, now_ns, why, body, key_id, _SET_APART),
        )

    def copy(self, path: Path) -> Tally:
        """The whole book in a file of its own; raises OSError or sqlite3.Error. In no transaction."""
        return copy_database(self._database.connection, path)

    def fact(self, name: str, value: bytes) -> bytes:
        """What was written down under the name first: ``value`` where nothing was."""
        self._database.execute("INSERT OR IGNORE INTO fact VALUES (?, ?)", (name, value))
        return bytes(self._database.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()[0])

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
def open_book(path: Path) -> Iterator[Book]:
    """Open or make the file, readable by its owner only; raises OSError or sqlite3.Error."""
    with open_database(path, SCHEMA, private=True) as database:
        yield Book(database)


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
