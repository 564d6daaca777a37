"""Agents that behave, beside whoever does not: each sends its batches and notes how long the answer took."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from lab.fleet import name, token
from lab.prove.herd_clients import mould, post
from lab.prove.house import House
from shared.wire.reading import Lane

GOOD = 16
_READINGS = 20
_BUSY, _TRIES, _AGAIN_SECONDS = "503", 20, 0.25


@dataclass(slots=True)
class Good:
    """What good agents saw."""

    seconds: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    sent_away: int = 0
    """Answers that said to come again: they cost a good agent time and nothing else."""
    sent: int = 0
    """Highest number of a batch that each has sent."""

    def quantile(self, share: float) -> float:
        """Of the acknowledgements."""
        ordered = sorted(self.seconds)
        return ordered[int(share * (len(ordered) - 1))] if ordered else 0.0


async def send(house: House, seed: int, every_seconds: float, over: Callable[[], bool], first: int) -> Good:
    """Each good agent sends a batch every now and then until the time is over; all send the same numbers."""
    good = Good(sent=first)
    dice = random.Random(seed)
    while not over():
        good.sent += 1
        load = mould(Lane.LIVE, range(good.sent, good.sent + 1), _READINGS, dice)
        begun = time.monotonic()
        pause = every_seconds / GOOD
        await asyncio.gather(
            *(_one(house, number, load.body(name(number)), number * pause, good) for number in range(GOOD))
        )
        await asyncio.sleep(max(0.0, every_seconds - (time.monotonic() - begun)))
    return good


async def _one(house: House, number: int, body: bytes, wait_seconds: float, good: Good) -> None:
    await asyncio.sleep(wait_seconds)
    status = _BUSY
    for _ in range(_TRIES):
        begun = time.monotonic()
        status, _ = await post(house.port, token(number), body, house.trust)
        if status != _BUSY:
            break
        good.sent_away += 1
        await asyncio.sleep(_AGAIN_SECONDS)
    if status == "200":
        good.seconds.append(time.monotonic() - begun)
    else:
        good.refused[status] += 1


def missing(house: House, sent: int) -> int:
    """Batches of good agents that are not in the inbox."""
    found = house.seen()
    stored = sum(last - first + 1 for number in range(GOOD) for first, last in found.get(name(number), ()))
    return GOOD * sent - stored
