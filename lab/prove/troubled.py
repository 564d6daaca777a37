"""Episodes of a spool on troubled disks; run in a mount namespace of its own, it prints JSON and judges nothing."""

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from agent.spool.opening import open_sqlite_spool
from agent.spool.queue import CorruptSpoolError, DiskSpool, Estate, SpoolError
from agent.spool.quota import SpoolSettings
from agent.spool.shelter import Shelter, open_shelter
from agent.spool.sqlite import SqliteSpool
from lab.prove.disks import KINDS, Disk

_SETTINGS = SpoolSettings(quota_megabytes=32)
_PATIENCE_PUTS = 100
_BLOB_BYTES = 4000
_SPOILED_BYTES = 40_000


@dataclass
class Episode:
    """What was made, and what became of it."""

    kind: str
    made: list[bytes] = field(default_factory=list)
    inbox: dict[tuple[str, int], bytes] = field(default_factory=dict)
    unheard: set[tuple[str, int]] = field(default_factory=set)
    """Arrived, but the spool was not told: it may count them as lost."""
    refused: int = 0
    counted: int = 0
    away: bool = False
    """Whether memory stood in at all."""
    closed: bool = False
    """Whether the trouble began while the spool was closed."""
    home: bool = False
    """Whether the disk took records again by itself."""

    def figures(self) -> dict[str, object]:
        """Missing and twice, by the bytes of the records, beside the loss that the spool tells."""
        arrived = Counter(self.inbox.values())
        missing = sum(blob not in arrived for blob in self.made)
        twice = sum(count - 1 for count in arrived.values())
        told = {name: getattr(self, name) for name in ("kind", "counted", "refused", "away", "home", "closed")}
        return {"made": len(self.made), "missing": missing, "twice": twice, "unheard": len(self.unheard), **told}


def main() -> None:
    """Prints a line of JSON for each episode, and one for each kind of trouble that this machine does not allow."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--careless", action="store_true")
    arguments = parser.parse_args()
    dice = random.Random(arguments.seed)
    kinds = [*KINDS, "damaged"]
    for number in range(arguments.count):
        kind = kinds[number % len(kinds)]
        figures = _on_a_disk(kind, dice, careless=arguments.careless)
        sys.stdout.write(json.dumps(figures) + "\n")
        sys.stdout.flush()
        if "absent" in figures:
            kinds.remove(kind)


def _on_a_disk(kind: str, dice: random.Random, *, careless: bool) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "disk")
        folder.mkdir()
        try:
            disk = KINDS.get(kind, KINDS["full"])(folder)
        except OSError as error:
            return {"kind": kind, "absent": str(error)}
        try:
            return _episode(kind, disk, dice, careless=careless)
        finally:
            disk.unmount()


def _episode(kind: str, disk: Disk, dice: random.Random, *, careless: bool) -> dict[str, object]:
    """Records before, during and after the trouble, batches and lost answers in between."""
    episode, state = Episode(kind), disk.folder / "spool"
    # What is open already needs no new file.
    between = episode.closed = kind == "no inodes" or dice.random() < 0.3
    with _opened(state, careless=careless) as spool:
        _work(spool, episode, dice, dice.randrange(5, 60))
        if not between:
            _spoil(kind, disk, state, dice)
            _work(spool, episode, dice, dice.randrange(20, 300))
            _mend(kind, disk)
            _come_home(spool, episode, dice)
    if between:
        _spoil(kind, disk, state, dice)
        with _opened(state, careless=careless) as spool:
            _work(spool, episode, dice, dice.randrange(20, 300))
            _mend(kind, disk)
            _come_home(spool, episode, dice)
    with _opened(state, careless=careless) as spool:
        while _send(spool, episode, dice, heard=True):
            pass
        episode.counted = sum(gap.records for gap in spool.gaps())
    return episode.figures()


def _come_home(spool: Shelter, episode: Episode, dice: random.Random) -> None:
    for _ in range(_PATIENCE_PUTS):
        _work(spool, episode, dice, 1)
        if spool.durable:
            episode.home = True
            return


def _work(spool: Shelter, episode: Episode, dice: random.Random, puts: int) -> None:
    for _ in range(puts):
        blob = dice.randbytes(_BLOB_BYTES)
        episode.made.append(blob)
        try:
            spool.put(blob, len(episode.made))
        except (SpoolError, CorruptSpoolError):
            episode.refused += 1
        episode.away = episode.away or not spool.durable
        if dice.random() < 0.3:
            _send(spool, episode, dice, heard=dice.random() < 0.6)


def _send(spool: Shelter, episode: Episode, dice: random.Random, *, heard: bool) -> bool:
    try:
        if spool.newest() is None:
            return False
        batch, epoch = spool.oldest(dice.randrange(1, 40), 10**6), spool.epoch
        arrived = {(epoch, stored.sequence): stored.blob for stored in batch}
        episode.inbox.update(arrived)
        episode.unheard |= arrived.keys()
        if heard:
            spool.acknowledge([stored.sequence for stored in batch], len(episode.made))
            episode.unheard -= arrived.keys()
    except (SpoolError, CorruptSpoolError):
        pass
    return True


def _spoil(kind: str, disk: Disk, state: Path, dice: random.Random) -> None:
    if kind != "damaged":
        disk.spoil()
        return
    whole = dice.random() < 0.3
    for path in state.glob("spool.sqlite*" if whole else "spool.sqlite"):
        size = path.stat().st_size
        begin, end = (0, size) if whole else (dice.randrange(size), size)
        with path.open("r+b") as file:
            file.seek(begin)
            file.write(dice.randbytes(min(end - begin, size if whole else _SPOILED_BYTES)))


def _mend(kind: str, disk: Disk) -> None:
    if kind != "damaged":
        disk.mend()


class _Forgetful(SqliteSpool):
    """Broken on purpose: what memory held does not reach the disk."""

    def take_over(self, estate: Estate) -> None:
        """Forget it."""


@contextmanager
def _opening(folder: Path, *, careless: bool) -> Iterator[DiskSpool]:
    with open_sqlite_spool(folder, _SETTINGS) as spool:
        if careless:
            spool.__class__ = _Forgetful
        yield spool


@contextmanager
def _opened(state: Path, *, careless: bool) -> Iterator[Shelter]:
    with open_shelter(state, partial(_opening, careless=careless), lambda *_: None) as shelter:
        yield shelter


if __name__ == "__main__":
    main()
