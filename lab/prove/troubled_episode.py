"""What became of the batches and of a collector in one episode of trouble; it spoils nothing and judges nothing."""

import asyncio
import contextlib
import random
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from collector.assembly import Collector
from collector.commands.backup import do_nightly_work
from collector.identity.room import IdentityFailedError
from collector.ingest.inbox import InboxFailedError
from collector.ingest.ranges import Ranges, contains
from collector.people.room import PeopleFailedError
from collector.settings import CollectorSettings
from lab.prove.inbox_file import ever_stored
from lab.prove.troubled_house import Sender, ShiftedClock, Store

TROUBLE = (OSError, sqlite3.Error, InboxFailedError, IdentityFailedError, PeopleFailedError)
_UNSENT = "phusong_forward_pruned_parcels_total"


@dataclass
class Episode:
    """What became of the batches, and of the collector."""

    kind: str
    senders: list[Sender]
    store: Store
    clock: ShiftedClock
    dice: random.Random
    said: list[str] = field(default_factory=list)
    """What nobody must hear, and why it is not well again."""
    nights: Counter[str] = field(default_factory=Counter)
    pruned: Counter[str] = field(default_factory=Counter)
    """Parcels that were counted as forgotten: early, and before they were forwarded."""
    refused: int = 0
    home: bool = False
    patience_seconds: float = 60.0

    async def work(self, collector: Collector, rounds: int, most_bytes: int = 60_000, *, doubtful: float = 0.2) -> None:
        """Agents measure and send, all at once."""
        for _ in range(rounds):
            for sender in self.senders:
                sender.measure(self.dice, most_bytes)
            heard = [self.dice.random() > doubtful for _ in self.senders]
            await asyncio.gather(
                *(
                    one.send(collector.app, self.clock, self.dice, heard=yes)
                    for one, yes in zip(self.senders, heard, strict=True)
                )
            )

    async def night(self, collector: Collector, settings: CollectorSettings) -> None:
        """The nightly work, which may fail and must leave no rest."""
        try:
            await do_nightly_work(collector, settings, self.clock)
        except TROUBLE as error:
            self.nights[type(error).__name__] += 1
            with contextlib.suppress(OSError):
                self.said += [f"left: {path.name}" for path in (settings.state / "backups").glob("*.part*")]
        else:
            self.nights["good"] += 1

    def count(self, collector: Collector) -> None:
        """What the collector of one start says that it forgot."""
        value = collector.telemetry.registry.get_sample_value
        self.pruned["early"] += int(value("phusong_collector_inbox_pruned_early_total") or 0)
        self.pruned["unsent"] += int(value(_UNSENT, {"destination": "store"}) or 0)

    def unsent(self) -> int:
        """Batches that were acknowledged, of which something is not in the store."""
        return sum(
            any(number in one.acknowledged and not self.store.values[one.name, number] for number in numbers)
            for one in self.senders
            for numbers in one.made
        )

    def store_waits(self, collector: Collector) -> bool:
        """Whether something that the collector did not count as forgotten is not in the store yet."""
        forgotten = collector.telemetry.registry.get_sample_value(_UNSENT, {"destination": "store"}) or 0
        return self.unsent() > forgotten + self.pruned["unsent"]

    def figures(self, inbox: Path) -> dict[str, object]:
        """By the file itself: what was acknowledged and is not there, what is there twice, what nobody counted."""
        stored, seen, newest = _look(inbox)
        acknowledged = {(one.name, number) for one in self.senders for number in one.acknowledged}
        lost = sum(not contains(seen.get(agent, ()), number) for agent, number in acknowledged)
        parcels = len({number for _, _, number in stored})
        return {
            "kind": self.kind,
            "acknowledged": len(acknowledged),
            "lost": lost,
            "twice": len(stored) - len({(agent, n) for agent, n, _ in stored}),
            "forgotten": newest - parcels,
            "forgotten_counted": self.pruned["early"],
            "unsent": self.unsent(),
            "unsent_counted": self.pruned["unsent"],
            "refused": sum(one.answers[503] for one in self.senders),
            "nights": dict(self.nights),
            "home": self.home,
            "said": [*self.said, *(wrong for one in self.senders for wrong in one.wrong)][:3],
        }


def _look(inbox: Path) -> tuple[list[tuple[str, int, int]], dict[str, Ranges], int]:
    """Each record that is there with its parcel, what was ever seen of each agent, and the newest parcel's number."""
    with closing(sqlite3.connect(inbox)) as database:
        rows = database.execute("SELECT number, agent, fresh FROM parcel").fetchall()
        seen = ever_stored(database)
        newest = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'parcel'").fetchone()
        if database.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("the inbox is damaged")
    stored = [(agent, number, parcel) for parcel, agent, fresh in rows for number in msgspec.msgpack.decode(fresh)]
    return stored, seen, newest[0]
