"""Who sends a request, by its cookies and by what the book says now; it draws no page."""

import contextlib
import secrets

from starlette.requests import Request

from collector.people.book import Book, Session
from collector.people.gate import Visitor
from collector.people.proofs import SESSION, WALL, session_identity, wall_identity
from collector.people.room import PeopleFailedError, PeopleRoom
from collector.people.settings import PeopleSettings
from shared.clock import Clock

_SECOND_NS = 1_000_000_000
_NOTED_NS = 60 * _SECOND_NS
"""A use is written down once a minute."""
_TOKEN_BYTES = 32


class Sessions:
    """Begins, finds and ends sessions; nothing is cached, so that what was decided elsewhere counts at once."""

    def __init__(self, room: PeopleRoom, settings: PeopleSettings, clock: Clock) -> None:
        self._room = room
        self._clock = clock
        self._idle_ns = int(settings.idle_minutes * 60 * _SECOND_NS)
        self._whole_ns = int(settings.session_hours * 3600 * _SECOND_NS)

    async def recognise(self, request: Request, *, used: bool) -> Visitor:
        """Whom the cookies prove; ``used`` keeps the session from being idle."""
        token, wall = request.cookies.get(SESSION, ""), request.cookies.get(WALL, "")
        if not token and not wall:
            return Visitor()
        now_ns = self._clock.wall_ns()
        identity = session_identity(token)

        def found(book: Book) -> tuple[Session | None, bool]:
            return book.session(identity) if token else None, bool(wall) and book.has_wall(wall_identity(wall))

        session, watcher = await self._room.read(found)
        if session is None or not self._holds(session, now_ns):
            return Visitor(watcher=watcher)
        if used and abs(now_ns - session.used_wall_ns) > _NOTED_NS:
            with contextlib.suppress(PeopleFailedError):  # a full disk closes no page
                await self._room.decide(lambda book: book.use_session(identity, now_ns))
        return Visitor(person=session.person, watcher=watcher, token=token)

    def begin(self, book: Book, name: str, presented: str) -> str:
        """A new session in the caller's transaction; what the browser presented before is worth nothing any more."""
        token, now_ns = secrets.token_urlsafe(_TOKEN_BYTES), self._clock.wall_ns()
        if presented:
            book.end_session(session_identity(presented))
        book.begin_session(session_identity(token), name, now_ns, now_ns - self._whole_ns)
        return token

    async def knows_wall(self, token: str) -> bool:
        """Whether a wall's token is in force."""
        return await self._room.read(lambda book: book.has_wall(wall_identity(token)))

    async def audit(self, actor: str, action: str, subject: str = "", detail: str = "") -> None:
        """See :meth:`PeopleRoom.write`."""
        await self._room.write(actor, action, subject, detail)

    def _holds(self, session: Session, now_ns: int) -> bool:
        """Also not where the clock was set back behind its beginning: then nothing is known of its age."""
        whole = -_NOTED_NS <= now_ns - session.begun_wall_ns < self._whole_ns
        return whole and now_ns - session.used_wall_ns < self._idle_ns
