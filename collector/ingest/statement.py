"""An agent's statement against what the inbox has seen: what is missing, can it still come; it asks nobody."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from collector.ingest.ranges import Ranges, common, count, normal, within, without
from shared.wire.bounds import MOST_BLOCKS, MOST_RUNS
from shared.wire.digest import BLOCK_RECORDS
from shared.wire.reading import Block, Statement

_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Balance:
    """How complete the records of one epoch are."""

    produced: int
    """Records that the agent numbered."""
    soft: int
    """Not here, but the agent holds them and will send them."""
    hard: int
    """Not here and held by nobody: lost for ever, or refused."""
    resend_from: int | None
    """The first record that the agent takes for delivered and still holds, and that is not here."""

    def given_up(self) -> "Balance":
        """The same where the agent holds nothing of the epoch any more: nothing is still to come."""
        return replace(self, soft=0, hard=self.soft + self.hard, resend_from=None)

    altered: int = 0
    """In blocks that are here in full number, but not with the bytes that the agent numbered."""

    @property
    def completeness(self) -> float:
        """Share of the records that is here, 0 to 1; 1 where there were none."""
        return 1.0 if self.produced == 0 else (self.produced - self.soft - self.hard) / self.produced


def compare(statement: Statement, seen: Ranges) -> Balance | None:
    """The balance; None for a statement that cannot be one."""
    runs = (statement.waiting, statement.held, statement.lost, statement.refused)
    if not 0 <= statement.last <= _LARGEST or sum(map(len, runs)) > MOST_RUNS or len(statement.blocks) > MOST_BLOCKS:
        return None
    if any(not 0 < first <= last <= statement.last for ranges in runs for first, last in ranges):
        return None
    everything: Ranges = ((1, statement.last),) if statement.last else ()
    missing = without(everything, seen)
    delivered = common(missing, normal(statement.held))
    waiting = common(missing, normal(statement.waiting))
    soft = count(normal((*delivered, *waiting)))
    return Balance(
        produced=statement.last,
        soft=soft,
        hard=count(missing) - soft,
        resend_from=delivered[0][0] if delivered else None,
    )


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a comparison of digests has shown, as extents of sequences; of the rest it has shown nothing."""

    altered: Ranges
    """Both hold the same numbers, and not the same bytes: at least one record in each block."""
    alike: Ranges


def liken(statement: Statement, seen: Ranges, blocks: Iterable[Block]) -> Likeness:
    """Both sides' digests of the statement's blocks; ``seen`` and ``blocks`` from before what came with it was stored.

    What either side could not count in full (an older release, a full disk, records under way) proves nothing.
    """
    here = {block.number: block for block in blocks}
    undelivered = normal([*statement.waiting, *statement.lost, *statement.refused])
    found: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    for stated in statement.blocks:
        own = here.get(stated.number)
        if own is None or own.records != stated.records:
            continue
        for first, last in _extent(stated.number, statement.last):
            delivered = without(((first, last),), within(undelivered, first, last))
            if delivered and delivered == within(seen, first, last) and count(delivered) == own.records:
                found[own.digest == stated.digest] += delivered
    return Likeness(altered=normal(found[False]), alike=normal(found[True]))


def still_altered(before: Ranges, statement: Statement, shown: Likeness) -> Ranges:
    """What was found before and not refuted, in blocks that are still stated, and what was found now."""
    stated = normal(run for block in statement.blocks for run in _extent(block.number, statement.last))
    return normal([*common(without(before, shown.alike), stated), *shown.altered])


def _extent(number: int, last: int) -> Ranges:
    first, end = max(1, number * BLOCK_RECORDS), min(last, (number + 1) * BLOCK_RECORDS - 1)
    return ((first, end),) if first <= end else ()
