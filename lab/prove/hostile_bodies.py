"""Bombs, floods, slow clients and smuggled requests at a real collector: good agents hardly notice, memory is small."""

import asyncio
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from collector.ingest.inbox import NEW_EPOCHS_AN_HOUR
from collector.ingest.ranges import count
from lab.fleet import name, token
from lab.prove import Finding, Proof, Trial
from lab.prove.herd_clients import mould, post
from lab.prove.hostile_acts import BORNE, REFUSED, SMUGGLED, Enemy, make_bombs
from lab.prove.house import House, open_house
from shared.wire.reading import Lane

_GOOD, _ENEMIES = 16, 8
_EVERY_SECONDS, _READINGS = 0.2, 20
_ABREAST, _PAUSE_SECONDS = 24, 0.05
_QUIET_SECONDS = 6.0
_FLOOR_SECONDS = 0.1
"""Below this nobody notices, and on two cores that also play the enemy it is the machine's own noise."""
_TRIES, _HOSTILE_TRIES, _AGAIN_SECONDS = 20, 6, 0.5
_MOST_SENT_AWAY = 0.01
_TIMED = 500
"""A shorter run says nothing of time."""
_GULLIBLE = """
import zlib, shared.wire.bounds as bounds
for name in vars(bounds):
    if name.startswith("MOST_"):
        setattr(bounds, name, 2**31)
import shared.wire.codec as codec
codec._inflate = lambda body, limits: zlib.decompress(body)
"""
"""A collector that unpacks whatever it is sent, and keeps as much of it as there is."""
_MEMORY_MEGABYTES = 400.0


@dataclass(slots=True)
class Good:
    """What good agents saw."""

    seconds: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    sent_away: int = 0
    """Told to come again, as an agent does."""

    def p99(self) -> float:
        """Of the acknowledgements."""
        ordered = sorted(self.seconds)
        return ordered[int(0.99 * (len(ordered) - 1))] if ordered else 0.0


def _run(trial: Trial) -> Finding:
    quiet_seconds = _QUIET_SECONDS if trial.count >= _TIMED else 0.5
    context = multiprocessing.get_context("spawn")
    with (
        open_house(_GOOD + _ENEMIES, {}, _GULLIBLE if trial.sabotage else "") as house,
        ProcessPoolExecutor(1, context) as process,
    ):
        begun = time.monotonic()
        quiet = asyncio.run(_good(house, trial.seed, lambda: time.monotonic() - begun > quiet_seconds, 0))
        attack = process.submit(_attack, house.port, trial.count, trial.seed)
        busy = asyncio.run(_good(house, trial.seed, attack.done, quiet.sent))
        answers, taken = attack.result()
        hurt = sum((quiet.refused + busy.refused).values())
        missing = _missing(house, busy.sent)
        smuggled, epochs = _smuggled(house), house.most_epochs()
        highest = house.highest_megabytes()
    crowded = busy.sent_away > _MOST_SENT_AWAY * _GOOD * busy.sent
    slow = trial.count >= _TIMED and (crowded or busy.p99() > max(2 * quiet.p99(), _FLOOR_SECONDS))
    seen = (
        f"good agents: p99 {quiet.p99() * 1000:.1f} ms quiet, {busy.p99() * 1000:.1f} ms attacked",
        f"{hurt} refused, {busy.sent_away} told to come again",
        f"{missing} of {busy.sent * _GOOD:,} good cycles missing, {smuggled} smuggled, {taken} hostile ones taken",
        f"collector at most {highest:.0f} MB, {epochs} epochs of one agent at most",
        f"answers {dict(sorted(answers.items()))}",
    )
    broken = hurt + missing + smuggled + taken + slow + (highest > _MEMORY_MEGABYTES) + (epochs > NEW_EPOCHS_AN_HOUR)
    return Finding(trial.count, broken, seen)


async def _good(house: House, seed: int, over: Callable[[], bool], first: int) -> Good:
    """Each good agent sends a batch every now and then until the time is over; all send the same numbers."""
    good = Good(sent=first)
    dice = random.Random(seed)
    while not over():
        good.sent += 1
        load = mould(Lane.LIVE, range(good.sent, good.sent + 1), _READINGS, dice)
        begun = time.monotonic()
        await asyncio.gather(*(_one(house.port, number, load.body(name(number)), good) for number in range(_GOOD)))
        await asyncio.sleep(max(0.0, _EVERY_SECONDS - (time.monotonic() - begun)))
    return good


async def _one(port: int, number: int, body: bytes, good: Good) -> None:
    await asyncio.sleep(number * _EVERY_SECONDS / _GOOD)
    for _ in range(_TRIES):
        begun = time.monotonic()
        status, _ = await post(port, token(number), body)
        if status != "503":
            break
        good.sent_away += 1
        await asyncio.sleep(_AGAIN_SECONDS)
    if status == "200":
        good.seconds.append(time.monotonic() - begun)
    else:
        good.refused[status] += 1


def _attack(port: int, count: int, seed: int) -> tuple[Counter[str], int]:
    """In a process of its own; gives the answers by act and how many were taken that should not be."""
    return asyncio.run(_enemies(port, count, random.Random(seed)))


async def _enemies(port: int, count: int, dice: random.Random) -> tuple[Counter[str], int]:
    answers: Counter[str] = Counter()
    acts = [*REFUSED, *BORNE]
    room, bombs = asyncio.Semaphore(_ABREAST), make_bombs()
    enemies = [Enemy(port, _GOOD + number, random.Random(dice.random()), bombs) for number in range(_ENEMIES)]
    taken = 0

    async def act(number: int) -> None:
        nonlocal taken
        one = acts[number % len(acts)]
        async with room:
            for _ in range(_HOSTILE_TRIES):
                status = await one(enemies[number % _ENEMIES])
                if status != "503":
                    break
                await asyncio.sleep(_AGAIN_SECONDS)
        answers[f"{one.__name__} {status}"] += 1
        taken += status == "200" and one in REFUSED

    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            tasks.create_task(act(number))
            await asyncio.sleep(_PAUSE_SECONDS)
    return answers, taken


def _missing(house: House, sent: int) -> int:
    seen = house.seen()
    return _GOOD * sent - sum(count(seen.get(name(number), ())) for number in range(_GOOD))


def _smuggled(house: House) -> int:
    return sum(first <= SMUGGLED <= last for ranges in house.seen().values() for first, last in ranges)


PROOF = Proof(
    "hostile-bodies",
    "bombs, floods, what swells or never ends, slow clients, smuggling: good agents' p99 under twice the quiet one",
    2_000,
    60,
    _run,
)
