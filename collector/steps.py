"""Long work in steps, between which others may have a turn; it knows no work and waits for nobody (core)."""

from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

_STRETCH = 250
_In = TypeVar("_In")
_Out = TypeVar("_Out")


def finished(steps: Generator[None, None, _Out]) -> _Out:
    """What comes out of them, without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: _Out = end.value
            return result


def in_stretches(one: Callable[[_In], _Out], many: Sequence[_In]) -> Generator[None, None, tuple[_Out, ...]]:
    """One after the other made into something else, with a stop after each 250."""
    rows: list[_Out] = []
    for begin in range(0, len(many), _STRETCH):
        rows += map(one, many[begin : begin + _STRETCH])
        yield
    return tuple(rows)
