"""Whose turn it is to speak with the machine's key, of all threads and programs that hold it; it says nothing itself.

A batch and a rotation both take a step in the key's chain: one that began while the other was on its way would present
a value that is dead when it arrives, as the copy of a machine does.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.uplink.connection import AwayError

_PAUSE_SECONDS = 0.02


@contextmanager
def turn(folder: Path, seconds: float) -> Iterator[None]:
    """Hold it; the kernel lets go of it however the program ends. Raises AwayError where another has it that long.

    Nothing is written, so that a disk which takes nothing does not matter; where nothing can be locked nobody waits.
    """
    try:
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield
        return
    try:
        _lock(number, seconds)
        yield
    finally:
        os.close(number)


def _lock(number: int, seconds: float) -> None:
    for _ in range(max(1, int(seconds / _PAUSE_SECONDS))):
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_SECONDS)
        except OSError:
            return
        else:
            return
    raise AwayError("another request with this machine's key is under way")
