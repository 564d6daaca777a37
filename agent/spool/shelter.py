"""One spool out of several: the disk's, memory while the disk takes nothing, what memory held then; it reads no clock.

Each store keeps its epoch and its numbers, so that nothing which may have been sent is ever sent under another name.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from agent.spool.elders import TROUBLE, Elders, Opening, Store, open_store
from agent.spool.memory import MemorySpool
from agent.spool.queue import Backlog, CorruptSpoolError, DoubtfulCommitError, Gap, Spool, SpoolError, Stored
from shared.trial import try_disk
from shared.wire.reading import Statement

_LONGEST_PAUSE_PUTS = 32
_BURY_EVERY_PUTS = 360


class Shelter:
    """See :class:`agent.spool.queue.Spool`; ``put`` never fails.

    :meth:`newest` chooses the store that ``epoch`` and all that takes or gives sequences speak of until it is called
    again; they raise SpoolError where that one was closed meanwhile.
    """

    def __init__(self, folder: Path, opening: Opening, tell: Callable[[str, str], None]) -> None:
        """``tell`` takes what happened and the details."""
        self._folder = folder
        self._opening = opening
        self._tell = tell
        self._main: Store | None = None
        self._elders = Elders(folder, opening)
        self._memory: MemorySpool | None = None
        self._turn: Spool | None = None
        self._shown = self._waiting = 0
        """Of the main store: the highest sequence given out as its newest, and how many records wait, as last known."""
        self._doubt: tuple[bytes, int] | None = None
        """A record that is on the disk or not, which shows when the disk is back."""
        self._owed: list[tuple[str, list[Gap]]] = []
        """Losses that the main store is still to note, with the epochs they belong to."""
        self._failures = self._pause_puts = self._puts = 0

    @property
    def durable(self) -> bool:
        """See the promise."""
        return self._main is not None

    @property
    def epoch(self) -> str:
        """See the promise."""
        return self._chosen().epoch

    def begin(self) -> None:
        """Choose the first store: memory where the disk cannot be used."""
        self._elders.begin()
        self._turn = self._main.spool if self._heal() and self._main else self._standing_in()

    def close(self) -> None:
        """Close all; what memory still holds goes to the disk where that can be done, and is told where it cannot."""
        if self._main is None and (self._memory or self._doubt or self._owed):
            self._heal()
        lost = self._memory.backlog().records if self._memory else 0
        if lost:
            self._tell("records that only memory held are lost", str(lost))
        self._close_disk()

    def put(self, blob: bytes, wall_ns: int) -> int:
        """See the promise; the number belongs to the store of the moment, 0 where the disk does not say what it did."""
        self._puts += 1
        if self._main is not None and self._puts % _BURY_EVERY_PUTS == 0:
            self._elders.bury(self._main.spool.remember, wall_ns)
        for _ in range(2):
            if not self._is_at_hand() or self._main is None:
                break
            try:
                sequence = self._main.spool.put(blob, wall_ns)
            except CorruptSpoolError as error:
                self._lose_file(error)
            except DoubtfulCommitError as error:
                self._doubt = (blob, wall_ns)
                self._leave(error)
                return 0
            except SpoolError as error:
                self._leave(error)
            else:
                self._failures, self._waiting = 0, self._waiting + 1
                return sequence
        return self._standing_in().put(blob, wall_ns)

    def newest(self) -> Stored | None:
        """See the promise; the disk's newest once, then what memory held or holds, then the disk's again."""
        with self._watched():
            newest = self._main.spool.newest() if self._main else None
            if self._main is not None and (newest is None or newest.sequence <= self._shown):
                elder = self._elders.newest()
                if elder is not None:
                    self._turn, newest = elder
                    return newest
            held = self._memory.newest() if self._memory else None
            if held is not None and (newest is None or newest.sequence <= self._shown):
                self._turn = self._memory
                return held
            self._turn = self._main.spool if self._main else self._memory
            self._shown = max(self._shown, newest.sequence if newest else 0)
            return newest

    def oldest(self, limit: int, budget_bytes: int) -> list[Stored]:
        """See the promise."""
        with self._watched():
            return self._chosen().oldest(limit, budget_bytes)

    def acknowledge(self, sequences: list[int], wall_ns: int) -> None:
        """See the promise."""
        with self._watched():
            self._chosen().acknowledge(sequences, wall_ns)
            self._waiting -= len(sequences) if self._main and self._turn is self._main.spool else 0

    def reject(self, sequences: list[int], reason: str, wall_ns: int) -> None:
        """See the promise."""
        with self._watched():
            self._chosen().reject(sequences, reason, wall_ns)

    def reopen(self, from_sequence: int) -> int:
        """See the promise."""
        with self._watched():
            return self._chosen().reopen(from_sequence)

    def statement(self) -> Statement:
        """See the promise; while the disk is away it does not say which other epochs are kept."""
        with self._watched():
            statement = self._chosen().statement()
            others = tuple(spool.epoch for spool in self._spools() if spool is not self._turn)
            return msgspec.structs.replace(statement, others=others if self._main else None)

    def backlog(self) -> Backlog:
        """See the promise; of the stores that are open."""
        with self._watched():
            backlogs = [spool.backlog() for spool in self._spools()]
            if self._main is not None:
                self._waiting = backlogs[0].records
        stamps = [each.oldest_wall_ns for each in backlogs if each.oldest_wall_ns is not None]
        records, size = sum(each.records for each in backlogs), sum(each.bytes for each in backlogs)
        return Backlog(records, size, min(stamps, default=None))

    def gaps(self) -> list[Gap]:
        """See the promise; of the stores that are open, each with its own numbers."""
        with self._watched():
            known = [gap for spool in self._spools() for gap in spool.gaps()]
        return [*known, *(gap for _, gaps in self._owed for gap in gaps)]

    def dead_letters(self) -> int:
        """See the promise."""
        with self._watched():
            return sum(spool.dead_letters() for spool in self._spools())

    def _chosen(self) -> Spool:
        if self._turn is None:
            raise SpoolError("the store was closed meanwhile")
        return self._turn

    def _spools(self) -> list[Spool]:
        """The main store first, where it is open."""
        main = [self._main.spool] if self._main else []
        return [*main, *self._elders.spools(), *([self._memory] if self._memory else [])]

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Damage found while reading: the next record finds a store again."""
        try:
            yield
        except CorruptSpoolError as error:
            self._lose_file(error)
            raise SpoolError(str(error)) from None

    def _standing_in(self) -> MemorySpool:
        self._memory = self._memory or MemorySpool()
        return self._memory

    def _is_at_hand(self) -> bool:
        """Whether the disk's store is open, or could be opened now: tried the more seldom the longer it fails."""
        if self._main is None:
            self._pause_puts -= 1
            return self._pause_puts < 0 and self._heal()
        return True

    def _heal(self) -> bool:
        try:
            try_disk(self._folder) if self._failures else None
            self._main = open_store(self._folder, self._opening)
            self._elders.open()
            self._come_home(self._main)
        except TROUBLE as error:
            self._leave(error)
            return False
        return True

    def _come_home(self, main: Store) -> None:
        """Bring to the disk what it could not take; raises one of TROUBLE."""
        self._shown, newest, memory = 0, main.spool.newest(), self._memory
        if self._doubt is not None:
            if newest is None or (newest.blob, newest.stored_wall_ns) != self._doubt:
                main.spool.put(*self._doubt)
            self._doubt = None
        self._waiting = main.spool.backlog().records
        rescued = self._elders.rescue()
        if rescued is not None:
            self._owed = [owed for owed in self._owed if owed[0] != rescued.epoch]
            self._tell("records of the damaged spool could be read", str(len(rescued.waiting)))
        for owed in list(self._owed):
            main.spool.remember(*owed)
            self._owed.remove(owed)
        if memory is None or not self._elders.take_in(memory.estate()):
            return
        self._memory, self._turn = None, None if self._turn is memory else self._turn
        self._tell("the disk takes records again", f"{memory.backlog().records} records came from memory")

    def _leave(self, error: Exception) -> None:
        self._failures += 1
        self._pause_puts = min(2**self._failures, _LONGEST_PAUSE_PUTS) - 1
        self._tell("the spool cannot be used, memory stands in for it", str(error))
        self._close_disk()

    def _lose_file(self, error: CorruptSpoolError) -> None:
        """The damaged file is set aside when it is closed, and a new one is opened at the next record."""
        self._tell("the spool is damaged: it is set aside and a new one begun", f"{error}; {self._waiting} waited")
        if self._main is not None and self._main.spool.corrupt:
            self._owed.append((self._main.spool.epoch, [Gap(self._waiting, 0, 0)]))
            self._waiting = 0
        self._close_disk()

    def _close_disk(self) -> None:
        if self._turn is not self._memory:
            self._turn = None
        self._main.close() if self._main else None
        self._main = None
        self._elders.close()


@contextmanager
def open_shelter(folder: Path, opening: Opening, tell: Callable[[str, str], None]) -> Iterator[Shelter]:
    """Open it with what the disk allows; it never fails."""
    shelter = Shelter(folder, opening, tell)
    shelter.begin()
    try:
        yield shelter
    finally:
        shelter.close()
