"""A link with delay, jitter, loss, bursts, outages, duplicates, reordering and a rate: it decides, and never waits."""

from dataclasses import dataclass
from typing import Protocol

_NS = 1_000_000_000


class Randomness(Protocol):
    """What a link asks of a seeded generator; ``random.Random`` fits."""

    def random(self) -> float:
        """Uniform in [0, 1)."""
        ...

    def expovariate(self, lambd: float) -> float:
        """Exponential with mean ``1 / lambd``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What a link does to packets in one direction."""

    delay_seconds: float = 0.0
    jitter_seconds: float = 0.0
    """Mean of an exponential delay on top; queues only ever add."""
    loss: float = 0.0
    """Probability that a packet is lost, each by itself."""
    burst_begin: float = 0.0
    """Gilbert-Elliott: probability, with each packet, that a bad spell begins."""
    burst_end: float = 1.0
    """Gilbert-Elliott: probability, with each packet, that the bad spell ends; 1 / mean length of a spell."""
    burst_loss: float = 1.0
    """Probability of loss during a bad spell."""
    duplicates: float = 0.0
    reordering: float = 0.0
    """Probability that a packet overtakes the ones before it: it waits for none of them and skips the jitter."""
    rate_bits_per_second: float | None = None
    queue_seconds: float = 1.0
    """With a rate: the longest wait in the queue; what would wait longer is dropped."""
    cut: bool = False
    """Nothing passes."""


class Link:
    """One direction of a link. It remembers its bad spell, its queue and the last delivery, and nothing else."""

    def __init__(self, quality: Quality) -> None:
        self.quality = quality
        self._bad_spell = False
        self._free_at_ns = 0
        self._last_ns = 0

    def carry(self, at_ns: int, size_bytes: int, randomness: Randomness) -> tuple[int, ...]:
        """When a packet that enters at ``at_ns`` arrives, in the same clock: nothing (lost), once, or twice."""
        quality = self.quality
        if quality.cut or self._lost(quality, randomness):
            return ()
        leaves_ns = self._leaves(quality, at_ns, size_bytes)
        if leaves_ns is None:
            return ()
        arrives_ns = leaves_ns + int(quality.delay_seconds * _NS)
        if quality.reordering and randomness.random() < quality.reordering:
            return (arrives_ns,)
        if quality.jitter_seconds:
            arrives_ns += int(randomness.expovariate(1.0 / quality.jitter_seconds) * _NS)
        # A link is a queue: what entered later does not arrive earlier, unless reordering is asked for.
        self._last_ns = max(self._last_ns, arrives_ns)
        if quality.duplicates and randomness.random() < quality.duplicates:
            return (self._last_ns, self._last_ns)
        return (self._last_ns,)

    def reset(self) -> None:
        """Forget queue and spell, as after an outage: what was under way is gone."""
        self._bad_spell = False
        self._free_at_ns = 0
        self._last_ns = 0

    def _lost(self, quality: Quality, randomness: Randomness) -> bool:
        if quality.burst_begin:
            turning = quality.burst_end if self._bad_spell else quality.burst_begin
            if randomness.random() < turning:
                self._bad_spell = not self._bad_spell
            if self._bad_spell and randomness.random() < quality.burst_loss:
                return True
        else:
            self._bad_spell = False
        return bool(quality.loss) and randomness.random() < quality.loss

    def _leaves(self, quality: Quality, at_ns: int, size_bytes: int) -> int | None:
        if quality.rate_bits_per_second is None:
            return at_ns
        begins_ns = max(at_ns, self._free_at_ns)
        if begins_ns - at_ns > quality.queue_seconds * _NS:
            return None
        self._free_at_ns = begins_ns + int(size_bytes * 8 / quality.rate_bits_per_second * _NS)
        return self._free_at_ns
