"""The spool on SQLite: WAL with synchronous=FULL, one connection, one transaction a call; it never trusts its own file.

``synchronous=NORMAL`` loses committed rows in a power cut, and two connections meet the WAL-reset bug of SQLite
3.7.0 to 3.51.2; so neither is used. AUTOINCREMENT, because a plain rowid begins again at 1 in an emptied table.
"""

import contextlib
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from agent.spool.faults import is_doubtful, translated
from agent.spool.losses import LEAST_WANTED, drop, lose, reach
from agent.spool.packing import Shapes, pack
from agent.spool.queue import (
    Backlog,
    CorruptSpoolError,
    DoubtfulCommitError,
    Estate,
    Gap,
    SpoolFullError,
    Stored,
)
from agent.spool.quota import SpoolSettings
from agent.spool.settled import forget, mark, reopen, set_apart
from agent.spool.shelf import keep_shapes, whole
from agent.spool.stating import state_file
from agent.spool.succession import REMEMBERED, remember, take_over
from shared.ballast import Ballast
from shared.wire.codec import digest_of_blob
from shared.wire.reading import Statement

_TRIES, _PAGE_BYTES, _SPARE_PAGES = 64, 2048, 8
_Result = TypeVar("_Result")
INSERT = "INSERT INTO record (stored_wall_ns, crc32, blob, packing, digest) VALUES (?, ?, ?, ?, ?)"
_GAPS = "SELECT records, first_sequence, last_sequence, first_wall_ns, last_wall_ns FROM gap ORDER BY first_sequence"
_BACKLOG = "SELECT count(*), total(length(blob)), min(stored_wall_ns) FROM record WHERE acknowledged_wall_ns IS NULL"
_WAITING = (
    "SELECT sequence, stored_wall_ns, crc32, blob, packing FROM record"
    " WHERE acknowledged_wall_ns IS NULL ORDER BY sequence "
)


class SqliteSpool:
    """See :class:`agent.spool.queue.Spool`."""

    def __init__(
        self, database: sqlite3.Connection, epoch: str, shapes: Shapes, settings: SpoolSettings, ballast: Ballast
    ) -> None:
        self._database = database
        self._epoch = epoch
        self._shapes = shapes
        self._ballast = ballast
        self.corrupt = False
        """Whether the file turned out to be damaged while it was in use."""
        self._keep_ns = int(settings.keep_acknowledged_hours * 3_600_000_000_000)

    @property
    def epoch(self) -> str:
        """See the promise."""
        return self._epoch

    @property
    def durable(self) -> bool:
        """See the promise."""
        return True

    def put(self, blob: bytes, wall_ns: int) -> int:
        """See the promise; where the quota is reached the oldest records go, acknowledged ones first."""
        packed, new = pack(blob, self._shapes)
        try:
            kept = packed or blob
            return self._put((wall_ns, zlib.crc32(kept), kept, int(packed is not None), digest_of_blob(blob)), new)
        except BaseException:
            self._shapes.forget(new)
            raise

    def _put(self, row: tuple[int, int, bytes, int, int | None], new: list[int]) -> int:
        size = len(row[2])

        def insert() -> int:
            keep_shapes(self._database, self._shapes, new)
            return self._database.execute(INSERT, row).lastrowid or 0

        for _ in range(_TRIES):
            try:
                self._give_way(size)
                sequence = self._write(insert)
            except SpoolFullError:
                if not self._make_room(size):
                    raise
            else:
                self._settle()
                return sequence
        raise SpoolFullError(f"no room after dropping the oldest records {_TRIES} times")

    def newest(self) -> Stored | None:
        """See the promise."""
        for row in self._waiting("DESC"):
            return row
        return None

    def oldest(self, limit: int, budget_bytes: int) -> list[Stored]:
        """See the promise."""
        found: list[Stored] = []
        for stored in self._waiting("ASC"):
            budget_bytes -= len(stored.blob)
            if len(found) == limit or (found and budget_bytes < 0):
                break
            found.append(stored)
        return found

    def acknowledge(self, sequences: list[int], wall_ns: int) -> None:
        """See the promise; what was acknowledged long ago goes in the same transaction."""
        try:
            self._write(lambda: mark(self._database, sequences, wall_ns, self._keep_ns))
        except SpoolFullError:
            # A mark may want a page that the quota does not give; what the collector has need not be kept here.
            self._write(lambda: forget(self._database, sequences))

    def reject(self, sequences: list[int], reason: str, wall_ns: int) -> None:
        """See the promise."""
        try:
            self._write(lambda: set_apart(self._database, sequences, reason, wall_ns, self._shapes))
        except SpoolFullError:
            for sequence in sequences:
                self._write(partial(lose, self._database, "WHERE sequence = ?", (sequence,)))

    def reopen(self, from_sequence: int) -> int:
        """See the promise."""
        return self._write(lambda: reopen(self._database, from_sequence))

    def backlog(self) -> Backlog:
        """See the promise."""
        with self._told():
            records, size, oldest_ns = self._database.execute(_BACKLOG).fetchone()
        return Backlog(records, int(size), oldest_ns)

    def gaps(self) -> list[Gap]:
        """See the promise."""
        with self._told():
            return [Gap(*row) for query in (_GAPS, REMEMBERED) for row in self._database.execute(query)]

    def statement(self) -> Statement:
        """See the promise."""
        with self._told():
            return state_file(self._database, self._epoch)

    def dead_letters(self) -> int:
        """See the promise."""
        with self._told():
            return int(self._database.execute("SELECT count(*) FROM dead_letter").fetchone()[0])

    def by_hand(self, step: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """What an operator does with the file, in one transaction."""
        return self._write(lambda: step(self._database))

    def take_over(self, estate: Estate) -> None:
        """See the promise."""
        self._write(lambda: take_over(self._database, estate))
        self._epoch = estate.epoch

    def remember(self, epoch: str, gaps: list[Gap]) -> None:
        """See the promise."""
        if gaps:
            self._write(lambda: remember(self._database, epoch, gaps))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's errors in the words of the promise."""
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            told = translated(error)
            self.corrupt = self.corrupt or isinstance(told, CorruptSpoolError)
            raise told from None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._told():
            self._database.execute("BEGIN IMMEDIATE")
            committing = False
            try:
                yield
                committing = True
                self._database.execute("COMMIT")
            except BaseException as error:
                with contextlib.suppress(sqlite3.Error):
                    self._database.execute("ROLLBACK")
                if committing and is_doubtful(error):
                    raise DoubtfulCommitError(str(error)) from None
                raise

    def _write(self, step: Callable[[], _Result]) -> _Result:
        """One transaction; on a full disk the ballast goes overboard and it is tried once more."""
        try:
            with self._transaction():
                return step()
        except SpoolFullError:
            if not self._ballast.drop():
                raise
        self._settle()
        with self._transaction():
            return step()

    def _settle(self) -> None:
        """On a full disk: bring the log into the file, so that it is written from its beginning and never grows."""
        self._ballast.take()
        if self._ballast.overboard:
            with contextlib.suppress(sqlite3.OperationalError):
                self._database.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()

    def _give_way(self, wanted: int) -> None:
        """On a full disk: the oldest goes before the newest comes, for the file must not grow."""
        if self._ballast.overboard:
            with self._told():
                free_pages = self._database.execute("PRAGMA freelist_count").fetchone()[0]
            if free_pages < wanted // _PAGE_BYTES + _SPARE_PAGES:
                self._make_room(wanted)

    def _waiting(self, order: str) -> Iterator[Stored]:
        """Unacknowledged records; one whose checksum fails becomes a gap of one and is passed over."""
        broken: list[int] = []
        try:
            with self._told():
                for sequence, stored_wall_ns, crc32, kept, packing in self._database.execute(_WAITING + order):
                    blob = whole(kept, crc32, packing, self._shapes)
                    if blob is None:
                        broken.append(sequence)
                    else:
                        yield Stored(sequence, stored_wall_ns, blob)
        finally:
            for sequence in broken:
                with self._transaction():
                    lose(self._database, "WHERE sequence = ?", (sequence,))

    def _make_room(self, wanted: int) -> bool:
        """Drop the oldest acknowledged records, then dead letters, then the oldest of all; False where none is left."""
        return any(self._drop(table, condition, wanted) for table, condition in LEAST_WANTED)

    def _drop(self, table: str, condition: str, wanted: int) -> bool:
        with self._told():
            last = reach(self._database, table, condition, wanted)
        with contextlib.suppress(SpoolFullError), self._transaction():
            drop(self._database, table, condition, last)
            return last > 0
        return False
