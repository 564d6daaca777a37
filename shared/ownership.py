"""One program for one state folder: a second would write everything twice; it touches nothing but a lock."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StateTakenError(Exception):
    """Another program works on the folder; one line says which folder."""


@contextmanager
def owned(state: Path) -> Iterator[None]:
    """Hold the folder; the kernel lets go of it however the program ends. Raises :class:`StateTakenError`, OSError."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateTakenError(f"{state}: another one works on this folder: end it first") from None
        yield
