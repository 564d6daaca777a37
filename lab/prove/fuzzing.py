"""Feeds spoiled bytes to a decoder and counts what is not documented: other exceptions, long work, memory growth."""

import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lab.prove import Finding, Trial
from lab.prove.mutation import mutated

LONGEST_SECONDS = 1.0
MOST_GROWTH_KIB = 64 * 1024
_SHOWN = 3
_TOLD_EVERY = 100_000


@dataclass(frozen=True, slots=True)
class Decoder:
    """A decoder with good bytes to begin from."""

    corpus: Sequence[bytes]
    taste: Callable[[bytes], str]
    """Gives the name of the documented outcome; whatever it raises is a fault."""
    naive: Callable[[bytes], str]
    """The same without its guards: what a run must be able to see."""


def fuzz(decoder: Decoder, trial: Trial) -> Finding:
    """Feed ``trial.count`` spoiled inputs."""
    dice = random.Random(trial.seed)
    taste = decoder.naive if trial.sabotage else decoder.taste
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    broken, slowest = 0, 0.0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(trial.count):
        data = mutated(decoder.corpus, dice)
        begun = time.perf_counter()
        try:
            outcomes[taste(data)] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
            broken += 1
            faults.append(f"{type(error).__name__} on {data[:40].hex()}") if len(faults) < _SHOWN else None
        slowest = max(slowest, time.perf_counter() - begun)
        if number % _TOLD_EVERY == _TOLD_EVERY - 1:
            trial.tell(f"{number + 1:,} of {trial.count:,}, {broken} broken")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    broken += (slowest > LONGEST_SECONDS) + (grown > MOST_GROWTH_KIB)
    seen = (f"slowest {slowest * 1e3:.1f} ms", f"grown {grown / 1024:.0f} MiB", _shares(outcomes), *faults)
    return Finding(trial.count, broken, seen)


def _shares(outcomes: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in outcomes.most_common(8))
