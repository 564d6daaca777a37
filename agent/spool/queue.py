"""The promise of the spool: what was put is there until it is acknowledged, whatever happens to the program."""

from typing import Protocol

import msgspec

from shared.wire.bounds import RANDOM_CHARACTERS
from shared.wire.reading import Statement


class Stored(msgspec.Struct, frozen=True):
    """One record as the spool keeps it: the bytes are an encoded cycle."""

    sequence: int
    stored_wall_ns: int
    blob: bytes


class Backlog(msgspec.Struct, frozen=True):
    """What has not been acknowledged yet."""

    records: int
    bytes: int
    oldest_wall_ns: int | None


class Gap(msgspec.Struct, frozen=True):
    """Unacknowledged records that had to go for want of space, oldest first: a loss of known extent."""

    records: int
    first_sequence: int
    last_sequence: int
    first_wall_ns: int | None = None
    """When the first and the last of them were stored, by the agent's own clock; None where it is not known."""
    last_wall_ns: int | None = None


class Letter(msgspec.Struct, frozen=True):
    """A record that the collector refused for good."""

    sequence: int
    at_wall_ns: int
    """When it was refused; 0 where that is not known."""
    reason: str
    bytes: int
    """0 where nothing of it could be kept."""


def is_epoch(text: object) -> bool:
    """Whether it can travel as the name of a store: what a spoiled file says may be anything."""
    return isinstance(text, str) and len(text) <= RANDOM_CHARACTERS and text.isascii() and text.isalnum()


class Spool(Protocol):
    """Records by sequence; one owner, no concurrent calls.

    Every method may raise :class:`SpoolError`, after which it may be tried again, or :class:`CorruptSpoolError`.
    """

    @property
    def epoch(self) -> str:
        """Random name born with the store; sequences never repeat within it."""
        ...

    @property
    def durable(self) -> bool:
        """Whether what is put now outlives the program."""
        ...

    def put(self, blob: bytes, wall_ns: int) -> int:
        """Store one record durably and return its sequence; raises :class:`SpoolFullError` where it is full."""
        ...

    def newest(self) -> Stored | None:
        """The newest unacknowledged record."""
        ...

    def oldest(self, limit: int, budget_bytes: int) -> list[Stored]:
        """Unacknowledged records from the oldest on; at least one where there is one, then within the budget."""
        ...

    def acknowledge(self, sequences: list[int], wall_ns: int) -> None:
        """The collector has these on its disk."""
        ...

    def reject(self, sequences: list[int], reason: str, wall_ns: int) -> None:
        """The collector will never take these: kept apart as dead letters, out of the way of what follows."""
        ...

    def reopen(self, from_sequence: int) -> int:
        """Acknowledged records from this one on wait again, as far as they are kept; returns how many."""
        ...

    def backlog(self) -> Backlog:
        """Counted afresh, never by a tally kept on the side."""
        ...

    def gaps(self) -> list[Gap]:
        """All losses since the store was born, its own before those that it was told to remember."""
        ...

    def statement(self) -> Statement:
        """What became of each record since the store was born."""
        ...

    def dead_letters(self) -> int:
        """Number of records set apart by :meth:`reject`."""
        ...


class Estate(msgspec.Struct, frozen=True):
    """All that one store holds, for another that takes its place."""

    epoch: str
    last: int
    """The highest sequence that was ever given."""
    waiting: tuple[Stored, ...]
    gaps: tuple[Gap, ...]
    refused: dict[int, str]
    """Reasons by sequence."""


class DiskSpool(Spool, Protocol):
    """A spool that outlives the program."""

    corrupt: bool
    """Whether it turned out to be damaged while it was in use: it is set aside when it is closed."""

    def take_over(self, estate: Estate) -> None:
        """Become the store of that epoch, of which nothing is forgotten; what was held before goes."""
        ...

    def remember(self, epoch: str, gaps: list[Gap]) -> None:
        """Count another store's losses among the own, once however often it is told of an epoch."""
        ...


class SpoolError(Exception):
    """The store could not be read or written now; nothing was changed."""


class SpoolFullError(SpoolError):
    """The record could not be stored: no space left."""


class DoubtfulCommitError(SpoolError):
    """Whether the record was stored shows when the store is opened again: the disk failed at the last step."""


class CorruptSpoolError(Exception):
    """The store is not one that this release can read; it is set aside when it is closed or opened next."""
