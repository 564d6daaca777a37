"""The spool in memory, for tests and for a machine whose disk takes nothing; a power cut loses all of it."""

import secrets
from collections import OrderedDict

from agent.spool.queue import Backlog, Estate, Gap, Stored
from agent.spool.stating import Fate, state
from shared.wire.codec import digest_of_blob
from shared.wire.digest import add_up, merged
from shared.wire.reading import Block, Statement


class MemorySpool:
    """See :class:`agent.spool.queue.Spool`; over its limit the oldest record goes and is counted."""

    def __init__(self, limit_bytes: int = 16 * 1024 * 1024) -> None:
        self._limit = limit_bytes
        self._waiting: OrderedDict[int, Stored] = OrderedDict()
        self._last = 0
        self._gaps: list[Gap] = []
        self._dead: dict[int, str] = {}
        self._digests: dict[int, int | None] = {}
        """Of the records that wait."""
        self._blocks: dict[int, Block] = {}
        self._epoch = secrets.token_hex(8)

    @property
    def epoch(self) -> str:
        """See the promise."""
        return self._epoch

    @property
    def durable(self) -> bool:
        """See the promise."""
        return False

    def put(self, blob: bytes, wall_ns: int) -> int:
        """See the promise."""
        self._last += 1
        self._waiting[self._last] = Stored(self._last, wall_ns, blob)
        self._digests[self._last] = digest_of_blob(blob)
        while len(self._waiting) > 1 and self.backlog().bytes > self._limit:
            self._lose(self._waiting.popitem(last=False)[1])
        return self._last

    def newest(self) -> Stored | None:
        """See the promise."""
        return next(reversed(self._waiting.values()), None)

    def oldest(self, limit: int, budget_bytes: int) -> list[Stored]:
        """See the promise."""
        found: list[Stored] = []
        for stored in self._waiting.values():
            budget_bytes -= len(stored.blob)
            if len(found) == limit or (found and budget_bytes < 0):
                break
            found.append(stored)
        return found

    def acknowledge(self, sequences: list[int], wall_ns: int) -> None:  # noqa: ARG002 - nothing is kept longer here
        """See the promise."""
        for sequence in sequences:
            self._waiting.pop(sequence, None)
            digest = self._digests.pop(sequence, None)
            for block in add_up([(sequence, digest)] if digest is not None else []).values():
                self._blocks[block.number] = merged(self._blocks.get(block.number, Block(block.number, 0, 0)), block)

    def reject(self, sequences: list[int], reason: str, wall_ns: int) -> None:  # noqa: ARG002 - as acknowledge
        """See the promise."""
        for sequence in sequences:
            self._digests.pop(sequence, None)
            if self._waiting.pop(sequence, None) is not None:
                self._dead[sequence] = reason

    def reopen(self, from_sequence: int) -> int:  # noqa: ARG002 - as acknowledge
        """See the promise."""
        return 0

    def backlog(self) -> Backlog:
        """See the promise."""
        oldest = min((stored.stored_wall_ns for stored in self._waiting.values()), default=None)
        return Backlog(len(self._waiting), sum(len(stored.blob) for stored in self._waiting.values()), oldest)

    def gaps(self) -> list[Gap]:
        """See the promise."""
        return list(self._gaps)

    def statement(self) -> Statement:
        """See the promise."""
        runs = [
            *((sequence, sequence, Fate.WAITING) for sequence in self._waiting),
            *((gap.first_sequence, gap.last_sequence, Fate.LOST) for gap in self._gaps),
            *((sequence, sequence, Fate.REFUSED) for sequence in self._dead),
        ]
        return state(self._epoch, self._last, runs, tuple(block for _, block in sorted(self._blocks.items())))

    def dead_letters(self) -> int:
        """See the promise."""
        return len(self._dead)

    def estate(self) -> Estate:
        """All that it holds."""
        return Estate(self._epoch, self._last, tuple(self._waiting.values()), tuple(self._gaps), dict(self._dead))

    def _lose(self, lost: Stored) -> None:
        self._digests.pop(lost.sequence, None)
        last = self._gaps[-1] if self._gaps else None
        if last is not None and last.last_sequence == lost.sequence - 1:
            self._gaps[-1] = Gap(
                last.records + 1, last.first_sequence, lost.sequence, last.first_wall_ns, lost.stored_wall_ns
            )
        else:
            self._gaps.append(Gap(1, lost.sequence, lost.sequence, lost.stored_wall_ns, lost.stored_wall_ns))
