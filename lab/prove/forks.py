"""A process that works until it is killed, and what it had told by then; for runs of thousands of kills."""

import os
import signal
import time
from collections.abc import Callable

Tell = Callable[[str], None]


def killed_after(seconds: float, work: Callable[[Tell], None]) -> list[str]:
    """Fork, let ``work`` go on for this long after its first line, kill it by its id; gives the lines behind the first.

    Raises ChildProcessError where it ended by itself.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        try:
            work(lambda line: _write(writing, line))
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        ready = pipe.readline()
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        if not ready:
            raise ChildProcessError("it ended by itself")
        return [line.decode("ascii") for line in pipe.read().split(b"\n")[:-1]]


def _write(number: int, line: str) -> None:
    os.write(number, f"{line}\n".encode())
