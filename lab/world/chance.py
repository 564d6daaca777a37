"""Packets that lines lose by chance, drawn for every packet there is; the order in which one asks changes nothing."""

import math
import random

from lab.world.strain import PACKETS

_BLOCK = 2048
"""Trains that are drawn together."""
_KEPT_BLOCKS = 3
_NO_BLOCKS: dict[int, dict[int, int]] = {}
_BURST_SHARE = 0.8


class Chance:
    """Losses of all lines of one universe; ``ratio`` is the probability that an echo has no reply."""

    def __init__(self, seed: int, ratio: float) -> None:
        self._seed = seed
        self._ratio = ratio
        self._log = math.log1p(-ratio) if 0 < ratio < 1 else 0.0
        self._blocks: dict[str, dict[int, dict[int, int]]] = {}

    def lost(self, line: str, train: int) -> int:
        """How many of a train's packets are lost by the line's own chance."""
        if not self._log:
            return 0
        block = train // _BLOCK
        found = self._blocks.get(line, _NO_BLOCKS).get(block)
        return (self._block(line, block) if found is None else found).get(train, 0)

    def draw(self, *words: object) -> float:
        """A number in [0, 1) that belongs to these words in this universe."""
        return random.Random(f"{self._seed}/{'/'.join(map(str, words))}").random()

    def first_matter(self, line: str, first: int, last: int, window: int, enough: int) -> int | None:
        """The first train from ``first`` to before ``last`` with which something could matter.

        That is a train lost as a whole, or one that ends ``window`` trains in which ``enough`` packets are lost.
        """
        if not self._log:
            return None
        lately: list[tuple[int, int]] = []
        total = 0
        for block in range(max(0, first - window) // _BLOCK, last // _BLOCK + 1):
            for train, lost in self._block(line, block).items():
                if not first - window < train < last:
                    continue
                lately.append((train, lost))
                total += lost
                while lately[0][0] <= train - window:
                    total -= lately.pop(0)[1]
                if train >= first and (lost >= PACKETS or total >= enough):
                    return train
        return None

    def _block(self, line: str, block: int) -> dict[int, int]:
        """Trains with losses, ascending, and how many packets each lost."""
        kept = self._blocks.setdefault(line, {})
        known = kept.get(block)
        if known is not None:
            return known
        dice = random.Random(f"{self._seed}/{line}/{block}").random
        found: dict[int, int] = {}
        position, log = -1, self._log
        while True:
            # The gap to the next lost packet is geometric: each is lost by itself.
            position += 1 + int(math.log(1.0 - dice()) / log)
            if position >= _BLOCK * PACKETS:
                break
            train = block * _BLOCK + position // PACKETS
            found[train] = found.get(train, 0) + 1
        while len(kept) >= _KEPT_BLOCKS:
            del kept[next(iter(kept))]
        kept[block] = found
        return found


def strained_losses(  # noqa: PLR0913, PLR0917 - a train and what is wrong with its way
    chance: Chance, line: str, train: int, packets: int, loss: float, burst_loss: float
) -> int:
    """How many of so many packets are lost to what is wrong with the way."""
    ratio = loss
    if burst_loss and chance.draw(line, train, "burst") < burst_loss:
        ratio = 1.0 - (1.0 - ratio) * (1.0 - _BURST_SHARE)
    return sum(chance.draw(line, train, packet) < ratio for packet in range(packets)) if ratio else 0
