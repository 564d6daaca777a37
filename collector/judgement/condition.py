"""The life of a site's reachability as a table: what follows from each condition on each signal, and nothing else."""

from enum import StrEnum


class Condition(StrEnum):
    """What is held of a site's reachability."""

    CLEAR = "clear"
    SUSPECT = "suspect"
    DOWN = "down"
    RECOVERING = "recovering"


class Signal(StrEnum):
    """What the fresh facts say at one moment."""

    GOOD = "good"
    """The latest run had replies."""
    GOOD_LONG = "good long"
    """Enough runs in a row had replies."""
    BAD = "bad"
    """The latest run had none."""
    BAD_LONG = "bad long"
    """Enough runs in a row, over enough time, had none."""


_C, _S = Condition, Signal

TRANSITIONS: dict[Condition, dict[Signal, Condition]] = {
    _C.CLEAR: {_S.GOOD: _C.CLEAR, _S.GOOD_LONG: _C.CLEAR, _S.BAD: _C.SUSPECT, _S.BAD_LONG: _C.DOWN},
    _C.SUSPECT: {_S.GOOD: _C.CLEAR, _S.GOOD_LONG: _C.CLEAR, _S.BAD: _C.SUSPECT, _S.BAD_LONG: _C.DOWN},
    _C.DOWN: {_S.GOOD: _C.RECOVERING, _S.GOOD_LONG: _C.CLEAR, _S.BAD: _C.DOWN, _S.BAD_LONG: _C.DOWN},
    _C.RECOVERING: {_S.GOOD: _C.RECOVERING, _S.GOOD_LONG: _C.CLEAR, _S.BAD: _C.DOWN, _S.BAD_LONG: _C.DOWN},
}


def after(condition: Condition, signal: Signal) -> Condition:
    """The condition that follows."""
    return TRANSITIONS[condition][signal]
