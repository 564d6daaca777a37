"""Carries what happened to keys into the log of who did what, beside the requests; it decides nothing.

A log that cannot be written holds nobody up: what happened waits in the book of keys, over restarts too.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from collector.identity.events import Event
from collector.identity.room import IdentityFailedError, IdentityRoom
from collector.people.book import Book
from collector.people.room import PeopleFailedError, PeopleRoom
from shared.clock import Clock
from shared.logs import Limited

_EVERY_SECONDS = 1.0
_AT_ONCE = 100


@asynccontextmanager
async def open_chronicle(
    keys: IdentityRoom, people: PeopleRoom, clock: Clock, log: logging.Logger
) -> AsyncIterator[None]:
    """Carry each second, and once more at the end."""
    complain = Limited(log, clock)
    carrying = asyncio.create_task(_carry_for_ever(keys, people, clock, complain))
    try:
        yield
    finally:
        carrying.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await carrying
        await _carry(keys, people, complain)


async def _carry_for_ever(keys: IdentityRoom, people: PeopleRoom, clock: Clock, complain: Limited) -> None:
    while True:
        await _carry(keys, people, complain)
        await clock.sleep(_EVERY_SECONDS)


async def _carry(keys: IdentityRoom, people: PeopleRoom, complain: Limited) -> None:
    """Written there first and forgotten here after it: cut off between the two, it is told twice."""
    try:
        found = await keys.read(lambda book: book.events.untold(_AT_ONCE))
        if found:
            await people.decide(lambda book: _write(book, found))
            await keys.decide(lambda book: book.events.forget(found))
    except (IdentityFailedError, PeopleFailedError) as error:
        complain.warning("the log of who did what does not have all that happened to keys", str(error))


def _write(book: Book, found: list[Event]) -> None:
    for event in found:
        book.write(event.at_wall_ns, event.actor, event.action, event.subject, event.detail)
