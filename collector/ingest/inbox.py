"""The promise of the inbox: each record once for ever, and on disk before anybody says so."""

from collections.abc import Iterable
from typing import Protocol

import msgspec

from collector.ingest.ranges import Ranges
from shared.wire.digest import add_up
from shared.wire.reading import Block, Statement

EPOCHS_REMEMBERED = 1024
"""Of one agent that are remembered; a damaged spool begins one, and so does each outage of its disk."""
NEW_EPOCHS_AN_HOUR = 120
"""A machine whose disk comes and goes begins eight, one whose program ends every half a minute as many as these."""
RUNS_REMEMBERED = 16_384
"""Of one agent's sequences, over all its epochs; each gap that does not close costs all others time."""
HOUR_NS = 3600 * 1_000_000_000
REPLAYED_SECONDS = 900.0
"""A start reads back what came so lately: it is not forgotten early."""
MOST_EPOCHS = 64
"""Of one agent whose statements are kept: a damaged spool ends an epoch, and so does the return of a disk."""


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A batch as it came, with the sequences it holds."""

    agent: str
    epoch: str
    sequences: tuple[int, ...]
    received_wall_ns: int
    body: bytes
    digests: tuple[int, ...] = ()
    """Of the records' bytes, one for each sequence; none where nobody looked."""


class StoredParcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel read back: ``fresh`` are the sequences that were new when it came."""

    number: int
    """Rises by one with each parcel that brought something new; never given twice."""
    agent: str
    received_wall_ns: int
    fresh: tuple[int, ...]
    body: bytes


class Inbox(Protocol):
    """Records by (agent, epoch, sequence)."""

    async def store(self, parcel: Parcel) -> frozenset[int]:
        """Keep the parcel and give the sequences that were new; returns after the commit.

        Raises :class:`InboxBusyError` where too much waits already, :class:`InboxFailedError` where the disk refuses,
        :class:`TooSparseError` and :class:`TooManyEpochsError` where one agent would make all others wait.
        """
        ...

    async def since(self, wall_ns: int) -> list[StoredParcel]:
        """Parcels received since then, in the order in which they were stored."""
        ...

    async def from_row(self, after: int, limit: int) -> list[StoredParcel]:
        """Up to ``limit`` parcels whose number is greater than ``after``, in order; what was pruned is not there."""
        ...

    async def extent(self) -> tuple[int, int]:
        """Numbers of the oldest parcel kept (one more than the newest where none is) and of the newest ever stored."""
        ...

    async def seen(self, agent: str, epoch: str) -> Ranges:
        """Sequences of the epoch that were ever stored; pruning does not forget them, 1,024 later epochs may."""
        ...

    async def blocks(self, agent: str, epoch: str) -> tuple[Block, ...]:
        """Digests of what was ever stored of the epoch's newest 64 blocks, in sum; pruning does not change them."""
        ...

    async def note_statement(self, agent: str, statement: Statement, gone: tuple[str, ...]) -> None:
        """Keep an epoch's newest statement, and that these epochs of the agent are no more; raises as ``store``."""
        ...

    async def statements(self, agent: str) -> list[tuple[Statement, bool]]:
        """The newest statement of each epoch, at most 64, in the order in which they came, and whether it is gone."""
        ...

    async def prune(self, before_wall_ns: int) -> int:
        """Forget bodies received before then, never that they were received; gives their number."""
        ...


def fresh_digests(parcel: Parcel, fresh: Iterable[int]) -> dict[int, Block]:
    """The sums of what is new in a parcel, by block."""
    if len(parcel.digests) != len(parcel.sequences):
        return {}
    first = dict(zip(reversed(parcel.sequences), reversed(parcel.digests), strict=True))
    return add_up((sequence, first[sequence]) for sequence in fresh)


def demand_few_runs(runs: int) -> None:
    """Raise :class:`TooSparseError` where an agent's sequences would be in too many pieces."""
    if runs > RUNS_REMEMBERED:
        raise TooSparseError(f"more than {RUNS_REMEMBERED} gaps between records: send what lies between them first")


def demand_few_epochs(begun_wall_ns: Iterable[int], now_ns: int) -> None:
    """Raise :class:`TooManyEpochsError` where an agent begins them too fast, after these."""
    if sum(now_ns - HOUR_NS < begun_ns <= now_ns for begun_ns in begun_wall_ns) >= NEW_EPOCHS_AN_HOUR:
        raise TooManyEpochsError(f"more than {NEW_EPOCHS_AN_HOUR} new epochs in an hour: come again later")


class TooSparseError(Exception):
    """Nothing was stored, and nothing will be that widens the gaps; what closes them is taken."""


class TooManyEpochsError(Exception):
    """Nothing was stored: try again when an hour has fewer."""


class InboxBusyError(Exception):
    """Nothing was stored: try again later."""


class InboxFailedError(Exception):
    """Nothing was stored: the disk is full or broken."""
