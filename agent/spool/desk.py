"""One thread that owns the spool: its disk may be slow, and no probe waits for it."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import ParamSpec, TypeVar

from agent.spool.queue import Spool

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Desk:
    """Runs the spool's methods one after another in their own thread."""

    def __init__(self, spool: Spool, thread: ThreadPoolExecutor) -> None:
        self.spool = spool
        self._thread = thread

    async def do(self, method: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a method of the spool; what it raises is raised here."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: method(*args, **kwargs))


@contextmanager
def open_desk(opening: AbstractContextManager[Spool]) -> Iterator[Desk]:
    """Open the spool in its thread and close it there."""
    with ThreadPoolExecutor(1, thread_name_prefix="spool") as thread:
        spool = thread.submit(opening.__enter__).result()
        try:
            yield Desk(spool, thread)
        finally:
            thread.submit(opening.__exit__, None, None, None).result()
