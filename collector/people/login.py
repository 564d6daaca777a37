"""A try to log in: limited, as much work for every name, and written down; it draws no page."""

import secrets
from dataclasses import dataclass

from collector.people.book import Account, Book
from collector.people.room import PeopleRoom
from collector.people.sessions import Sessions
from collector.people.throttle import Throttle, neighbourhood
from shared.clock import Clock

NOBODY = "-"


@dataclass(frozen=True)
class Attempt:
    """What came of it: a session's token, or seconds to wait, or neither."""

    token: str = ""
    wait_seconds: float = 0.0


class Login:
    """Lets people in."""

    def __init__(self, room: PeopleRoom, sessions: Sessions, clock: Clock) -> None:
        self._room = room
        self._sessions = sessions
        self._clock = clock
        self._names = Throttle(secrets.token_bytes(32), burst=10, every_seconds=30)
        self._addresses = Throttle(secrets.token_bytes(32), burst=20, every_seconds=10)
        # Comparing takes cores and memory that the collector's own work needs: half of one core for whole crowds.
        self._all = Throttle(secrets.token_bytes(32), burst=60, every_seconds=0.5, slots=1)
        self._rows = Throttle(secrets.token_bytes(32), burst=200, every_seconds=10, slots=1)
        self._unwritten = 0

    async def attempt(self, name: str, password: str, address: str, presented: str) -> Attempt:
        """Compare a password; ``presented`` is the session that the browser had. Raises PeopleFailedError."""
        wait = self._wait(name, address)
        if wait:
            await self._note("login-limited", None, address)
            return Attempt(wait_seconds=wait)
        account = await self._room.read(lambda book: book.find(name))
        right = await self._room.right(account.password if account else None, password)
        if account is None or not right or account.disabled:
            await self._note("login-failed", account, address)
            return Attempt()
        self._give_back(name, address)
        self._all.give_back("")
        better = await self._room.make(password) if self._room.outdated(account.password) else None
        return Attempt(
            token=await self._room.decide(lambda book: self._begin(book, account, presented, address, better))
        )

    def _begin(self, book: Book, account: Account, presented: str, address: str, better: str | None) -> str:
        """The session, unless the person was changed while the password was compared."""
        if book.find(account.name) != account:
            return ""
        if better is not None:
            book.set_password(account.name, better)
        book.write(self._clock.wall_ns(), account.name, "login", account.name, address)
        return self._sessions.begin(book, account.name, presented)

    def _wait(self, name: str, address: str) -> float:
        now_ns = self._clock.monotonic_ns()
        place = neighbourhood(address)
        wait = self._addresses.take(place, now_ns)
        if wait:
            return wait
        wait = self._names.take(name, now_ns)
        if wait:
            return wait
        wait = self._all.take("", now_ns)
        if wait:  # a crowd elsewhere is not their fault
            self._give_back(name, address)
        return wait

    def _give_back(self, name: str, address: str) -> None:
        self._names.give_back(name)
        self._addresses.give_back(neighbourhood(address))

    async def _note(self, action: str, account: Account | None, address: str) -> None:
        """Names that nobody has are not written down: people type passwords there."""
        if self._rows.take("", self._clock.monotonic_ns()):
            self._unwritten += 1
            return
        more = f"; {self._unwritten} more were not written" if self._unwritten else ""
        self._unwritten = 0
        subject = account.name if account else "(not looked up)" if action == "login-limited" else "(unknown)"
        disabled = ", disabled" if account is not None and account.disabled else ""
        await self._room.write(NOBODY, action, subject, f"from {address}{disabled}{more}")
