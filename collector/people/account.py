"""What people change about themselves and admins about others, each with a row in the log; it draws no page."""

import secrets
from collections.abc import Awaitable, Callable, Mapping

from collector.people.book import Account, Book
from collector.people.passwords import weakness
from collector.people.person import NAME, Role
from collector.people.room import PeopleRoom
from collector.people.sessions import Sessions
from collector.people.throttle import Throttle
from collector.people.words import Words
from shared.clock import Clock


class Accounts:
    """Every method gives what is wrong in the words of the page, or nothing where it is done."""

    def __init__(self, room: PeopleRoom, sessions: Sessions, clock: Clock) -> None:
        self._room = room
        self._sessions = sessions
        self._clock = clock
        self._guesses = Throttle(secrets.token_bytes(32), burst=5, every_seconds=60)

    async def log_out(self, name: str, identity: bytes) -> None:
        """End one session; raises PeopleFailedError."""

        def ended(book: Book) -> None:
            book.end_session(identity)
            book.write(self._clock.wall_ns(), name, "logout", name)

        await self._room.decide(ended)

    async def change_password(self, name: str, form: Mapping[str, str], words: Words) -> tuple[str, str]:
        """Fields ``old``, ``new``, ``again``; gives a fault, or a session in place of all that the person had."""
        wait = self._guesses.take(name, self._clock.monotonic_ns())
        if wait:
            return words.wait.format(n=round(wait + 0.5)), ""
        account = await self._room.read(lambda book: book.find(name))
        if account is None or not await self._room.right(account.password, form.get("old", "")):
            await self._room.write(name, "password-change-failed", name)
            return words.wrong_old, ""
        self._guesses.give_back(name)
        new = form.get("new", "")
        if new != form.get("again", ""):
            return words.differ, ""
        weak = weakness(new, name)
        if weak is not None:
            return words.weak[weak], ""
        made = await self._room.make(new)

        def changed(book: Book) -> str:
            book.set_password(name, made)
            book.end_sessions(name)
            book.write(self._clock.wall_ns(), name, "password-change", name)
            return self._sessions.begin(book, name, "")

        return "", await self._room.decide(changed)

    async def change(self, actor: str, form: Mapping[str, str], words: Words) -> str:
        """Fields ``deed`` (add, role, password, disable, enable), ``name``, and ``role`` or ``password``."""
        deeds: dict[str, Callable[[str, str, Mapping[str, str], Words], Awaitable[str]]] = {
            "add": self._add,
            "role": self._role,
            "password": self._password,
            "disable": self._access,
            "enable": self._access,
        }
        deed, name = deeds.get(form.get("deed", "")), form.get("name", "")
        if deed is None:
            return words.nobody
        if name == actor:
            return words.oneself
        return await deed(actor, name, form, words)

    async def _add(self, actor: str, name: str, form: Mapping[str, str], words: Words) -> str:
        role, password = _role_of(form), form.get("password", "")
        if role is None or not NAME.fullmatch(name):
            return words.bad_name
        weak = weakness(password, name)
        if weak is not None:
            return words.weak[weak]
        now_ns = self._clock.wall_ns()
        account = Account(name, role, await self._room.make(password), disabled=False, added_wall_ns=now_ns)

        def added(book: Book) -> str:
            if not book.add(account):
                return words.taken
            book.write(now_ns, actor, "user-add", name, role)
            return ""

        return await self._room.decide(added)

    async def _role(self, actor: str, name: str, form: Mapping[str, str], words: Words) -> str:
        role = _role_of(form)

        def changed(book: Book, account: Account) -> None:
            book.change(name, role=role)
            book.write(self._clock.wall_ns(), actor, "user-role", name, f"{account.role} to {role}")

        return words.nobody if role is None else await self._known(name, changed, words)

    async def _password(self, actor: str, name: str, form: Mapping[str, str], words: Words) -> str:
        password = form.get("password", "")
        weak = weakness(password, name)
        if weak is not None:
            return words.weak[weak]
        made = await self._room.make(password)

        def changed(book: Book, _: Account) -> None:
            book.set_password(name, made)
            book.end_sessions(name)
            book.write(self._clock.wall_ns(), actor, "user-password", name)

        return await self._known(name, changed, words)

    async def _access(self, actor: str, name: str, form: Mapping[str, str], words: Words) -> str:
        deed = form["deed"]

        def changed(book: Book, _: Account) -> None:
            book.change(name, disabled=deed == "disable")
            book.write(self._clock.wall_ns(), actor, f"user-{deed}", name)

        return await self._known(name, changed, words)

    async def _known(self, name: str, work: Callable[[Book, Account], None], words: Words) -> str:
        def done(book: Book) -> str:
            account = book.find(name)
            if account is None:
                return words.nobody
            work(book, account)
            return ""

        return await self._room.decide(done)


def _role_of(form: Mapping[str, str]) -> Role | None:
    try:
        return Role(form.get("role", ""))
    except ValueError:
        return None
