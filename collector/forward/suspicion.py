"""When a fault is a body's: the store rejects that one again and again, and takes others meanwhile (core).

A patience is for what may heal by itself, an answer 500; to one that rejects the sender, 403, it is nothing.
"""

from dataclasses import dataclass

_SECOND_NS = 1_000_000_000
_LEAST_FAULTS, _FEWEST_FAULTS = 5, 2
_SOON = 20
"""Part of the patience after which it is asked for the first time whether anything else is taken."""
_LATELY_NS = 3600 * _SECOND_NS
_HALVINGS = 10


@dataclass(frozen=True, slots=True)
class Trial:
    """A body that was answered with nothing but faults."""

    faults: int = 0
    since_ns: int = 0

    def failed(self, now_ns: int) -> "Trial":
        """Once more."""
        return Trial(self.faults + 1, self.since_ns if self.faults else now_ns)


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Samples that were given up lately, while all else was taken: each one halves the patience with the next."""

    number: int = 0
    last_ns: int = 0

    def another(self, now_ns: int) -> "GivenUp":
        """One more."""
        return GivenUp(self.lately(now_ns) + 1, now_ns)

    def lately(self, now_ns: int) -> int:
        """How many, without an hour between two."""
        return self.number if now_ns - self.last_ns <= _LATELY_NS else 0


def is_suspect(trial: Trial, now_ns: int, patience_ns: int) -> bool:
    """Whether it is time to ask if the store takes anything else."""
    return trial.faults >= _LEAST_FAULTS and now_ns - trial.since_ns >= patience_ns // _SOON


def is_hopeless(trial: Trial, given_up: GivenUp, now_ns: int, patience_ns: int) -> bool:
    """Whether a sample alone is to be given up, of which the store has taken all else at each of these faults."""
    halvings = given_up.lately(now_ns)
    if halvings >= _HALVINGS:
        return trial.faults >= _FEWEST_FAULTS
    return trial.faults >= _LEAST_FAULTS and now_ns - trial.since_ns >= patience_ns >> halvings
