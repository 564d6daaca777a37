"""A collector with good agents beside it, among as many harmless requests and then under attack; it judges nothing."""

import asyncio
import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

from lab.prove import Trial
from lab.prove.good_agents import GOOD, Good, send
from lab.prove.hostile_acts import Act, Enemy, Place
from lab.prove.house import House

ENEMIES = 8
_NICE = 5
"""The enemies' own work must not hold up the good clients, whose time is taken."""


@dataclass(frozen=True, slots=True)
class Siege:
    """What is done to the collector, in turn."""

    acts: tuple[Act, ...]
    refused: tuple[Act, ...]
    """None of these may be answered with 200."""
    abreast: int
    pause_seconds: float
    """Between the beginnings of two acts."""
    addresses: tuple[str, ...] = ("127.0.0.1",)
    bombs: tuple[bytes, ...] = ()
    every_seconds: float = 0.2
    """How often each good agent sends."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was seen."""

    quiet: Good
    """Beside as many harmless requests of as many bytes."""
    attacked: Good
    answers: Counter[str]
    """By act and status."""
    taken: int
    files: int
    """Most that the collector had open."""

    @property
    def hurt(self) -> int:
        """Batches of good agents that were refused for good, or hung up on."""
        return sum((self.quiet.refused + self.attacked.refused).values())

    def times(self) -> str:
        """In words."""
        quiet, attacked = (
            f"p50 {good.quantile(0.5) * 1000:.1f}, p99 {good.quantile(0.99) * 1000:.1f} ms"
            for good in (self.quiet, self.attacked)
        )
        refused = dict(self.quiet.refused + self.attacked.refused) or "none"
        away = f"{self.quiet.sent_away} and {self.attacked.sent_away} told to come again, refused {refused}"
        return f"good agents: {quiet} beside harmless requests, {attacked} attacked, {away}"


def cores() -> tuple[int | None, int | None]:
    """One for the collector and one for all its clients, where there are two."""
    found = sorted(os.sched_getaffinity(0))
    return (found[0], found[1]) if len(found) > 1 else (None, None)


def besiege(house: House, siege: Siege, trial: Trial) -> Told:
    """The same acts twice, tame and as they are, with good agents all the time."""
    most, context = 0, multiprocessing.get_context("spawn")
    with _confined(cores()[1]), ProcessPoolExecutor(1, context) as process:

        def phase(*, tame: bool, first: int) -> tuple[Good, Counter[str], int]:
            attack = process.submit(
                _attack, siege, Place(house.port, house.authority, tame=tame), trial.count, trial.seed
            )

            def over() -> bool:
                nonlocal most
                most = max(most, house.open_files())
                return attack.done()

            good = asyncio.run(send(house, trial.seed, siege.every_seconds, over, first))
            return good, *attack.result()

        process.submit(time.monotonic).result()  # it is up
        quiet, _, _ = phase(tame=True, first=0)
        attacked, answers, taken = phase(tame=False, first=quiet.sent)
    return Told(quiet, attacked, answers, taken, most)


@contextmanager
def _confined(core: int | None) -> Iterator[None]:
    before = os.sched_getaffinity(0)
    try:
        if core is not None:
            os.sched_setaffinity(0, {core})
        yield
    finally:
        os.sched_setaffinity(0, before)


def _attack(siege: Siege, place: Place, count: int, seed: int) -> tuple[Counter[str], int]:
    """In a process of its own; gives the answers by act and how many were taken that should not be."""
    os.nice(_NICE)
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))  # whatever priority the whole run has
    return asyncio.run(_enemies(siege, place, count, random.Random(seed)))


async def _enemies(siege: Siege, place: Place, count: int, dice: random.Random) -> tuple[Counter[str], int]:
    answers: Counter[str] = Counter()
    room = asyncio.Semaphore(siege.abreast)
    places = [replace(place, address=siege.addresses[number % len(siege.addresses)]) for number in range(ENEMIES)]
    enemies = [
        Enemy(each, GOOD + number, random.Random(dice.random()), siege.bombs) for number, each in enumerate(places)
    ]
    taken = 0

    async def act(number: int) -> None:
        nonlocal taken
        one = siege.acts[number % len(siege.acts)]
        async with room:
            status = await one(enemies[number % ENEMIES])
        answers[f"{one.__name__} {status}"] += 1
        taken += status == "200" and one in siege.refused

    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            tasks.create_task(act(number))
            await asyncio.sleep(siege.pause_seconds)
    return answers, taken
