"""What the collector opens for people, put together: their book, their pages and the gate before everything."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.routing import BaseRoute

from collector.people.account import Accounts
from collector.people.gate import App, Gate
from collector.people.login import Login
from collector.people.look import Look
from collector.people.pages import PeoplePages
from collector.people.readers import Readers
from collector.people.room import PeopleRoom, open_people_room
from collector.people.sessions import Sessions
from collector.people.settings import PeopleSettings
from collector.people.table import RULES, Table
from shared.clock import Clock


@dataclass(frozen=True)
class People:
    """What is open while the collector runs."""

    room: PeopleRoom
    """The book, and the log: ``room.write(actor, action, subject, detail)``."""
    gate: Callable[[App], App]
    routes: list[BaseRoute]


@asynccontextmanager
async def open_door(  # noqa: PLR0913, PLR0917 - what the composition root knows
    path: Path, settings: PeopleSettings, readers: Readers, clock: Clock, look: Look, log: logging.Logger
) -> AsyncIterator[People]:
    """Open or make the book; raises OSError or sqlite3.Error."""
    async with open_people_room(path, clock, log) as room:
        sessions, table = Sessions(room, settings, clock), Table(RULES)
        login, accounts = Login(room, sessions, clock), Accounts(room, sessions, clock)
        pages = PeoplePages(room, login, accounts, table, look)

        def gate(rest: App) -> App:
            return Gate(rest, table, sessions, clock, readers=readers, required=settings.required)

        yield People(room, gate, pages.routes())
