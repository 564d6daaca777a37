"""What became of every record that the spool ever numbered, in a few runs; it reads the spool and changes nothing."""

import sqlite3
from collections.abc import Iterable
from enum import IntEnum

from agent.spool.tally import tallies
from shared.wire.bounds import MOST_BLOCKS
from shared.wire.reading import Block, Statement

_MOST_RUNS = 512


class Fate(IntEnum):
    """What became of a record; one of no fate was acknowledged and is kept no longer."""

    WAITING = 0
    HELD = 1
    LOST = 2
    REFUSED = 3


def state(epoch: str, last: int, runs: Iterable[tuple[int, int, Fate]], blocks: tuple[Block, ...] = ()) -> Statement:
    """The statement from runs (first, last, fate) in any order, up to the last sequence that was ever given.

    Where there are too many runs it ends with the last one that found room: what is newer is stated when it is simpler.
    """
    joined: list[tuple[int, int, Fate]] = []
    for first, end, fate in sorted(runs):
        if joined and joined[-1][2] is fate and joined[-1][1] == first - 1:
            joined[-1] = (joined[-1][0], end, fate)
        else:
            joined.append((first, end, fate))
    if len(joined) > _MOST_RUNS:
        del joined[_MOST_RUNS:]
        last = joined[-1][1]
    waiting, held, lost, refused = (tuple((a, b) for a, b, each in joined if each is fate) for fate in Fate)
    return Statement(
        epoch=epoch, last=last, waiting=waiting, held=held, lost=lost, refused=refused, blocks=blocks[-MOST_BLOCKS:]
    )


def state_file(database: sqlite3.Connection, epoch: str) -> Statement:
    """The statement of a spool's file, by one pass over its records."""
    told = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'record'").fetchone()
    fates = (Fate.HELD, Fate.WAITING)
    records = database.execute("SELECT sequence, acknowledged_wall_ns IS NULL FROM record ORDER BY sequence")
    gaps = database.execute("SELECT first_sequence, last_sequence FROM gap")
    dead = database.execute("SELECT sequence FROM dead_letter")
    runs = [
        *_joined((sequence, fates[waits]) for sequence, waits in records),
        *((first, last, Fate.LOST) for first, last in gaps),
        *((sequence, sequence, Fate.REFUSED) for (sequence,) in dead),
    ]
    return state(epoch, int(told[0]) if told else 0, runs, tallies(database))


def _joined(records: Iterable[tuple[int, Fate]]) -> list[tuple[int, int, Fate]]:
    runs: list[tuple[int, int, Fate]] = []
    for sequence, fate in records:
        if runs and runs[-1][2] is fate and runs[-1][1] == sequence - 1:
            runs[-1] = (runs[-1][0], sequence, fate)
        else:
            runs.append((sequence, sequence, fate))
    return runs
