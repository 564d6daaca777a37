"""Which loss is more than chance makes of what a line may lose, and over how many trains; it knows no site."""

import math
from collections.abc import Sequence
from functools import lru_cache

_SPELLS = 3
"""Loss is of the line where it comes again: an interruption, and a packet besides, is none."""


def is_loss(trains: Sequence[float], lost: int, sent: int, *, ratio: float, deviations: float) -> bool:
    """Whether a line that loses ``ratio`` would lose so many packets more rarely than by so many deviations of chance.

    ``trains`` are the loss ratios of the trains, in the order of time. The probability is exact (binomial): of few
    packets, and of small ratios, approximations call too much sure.
    """
    return lost >= least_lost(sent, ratio, deviations) and spells(trains) >= _SPELLS


@lru_cache(maxsize=1024)
def least_lost(sent: int, ratio: float, deviations: float) -> int:
    """The fewest packets of ``sent`` that chance does not explain; more than all where it explains any."""
    rare = math.erfc(deviations / math.sqrt(2)) / 2
    if not 0 < ratio < 1:
        return 1 if ratio <= 0 else sent + 1
    log_lost, log_back = math.log(ratio), math.log1p(-ratio)
    likely = 0.0
    for lost in range(sent, -1, -1):
        ways = math.lgamma(sent + 1) - math.lgamma(lost + 1) - math.lgamma(sent - lost + 1)
        likely += math.exp(ways + lost * log_lost + (sent - lost) * log_back)
        if likely > rare:
            return lost + 1
    return 0


def spells(trains: Sequence[float]) -> int:
    """How often something was lost: trains that lost all of their packets, one after the other, are one spell."""
    return sum(
        loss > 0 and not (loss >= 1 and place > 0 and trains[place - 1] >= 1) for place, loss in enumerate(trains)
    )
