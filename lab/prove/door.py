"""A collector's doors for machines, without a socket in front: requests go straight into the endpoints."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.uplink.answer import Reply
from collector.arrival import Arrival
from collector.identity.book import Book
from collector.identity.records import Invitation
from collector.identity.room import IdentityRoom, open_identity_room
from collector.ingest.admission import Register
from collector.ingest.endpoint import BatchEndpoint, IngestSettings
from collector.ingest.enrolment import EnrolEndpoint
from collector.ingest.entrance import Entrance
from collector.ingest.inbox import Inbox
from collector.ingest.memory import MemoryInbox
from collector.ingest.reconciliation import Reconciliation
from collector.ingest.rotation import RotateEndpoint
from shared.clock import Clock, SystemClock
from shared.logs import Limited, logger
from shared.wire.enrolment import PATH as ENROL
from shared.wire.enrolment import ROTATE_PATH, EnrolRequest, invitation_id, invitation_key
from shared.wire.seal import HEADER as SEAL

BATCHES = "/api/v1/batches"
App = Callable[[Any, Any, Any], Awaitable[None]]
_KEYS_A_DAY = 1_000_000
"""Years of work pass quickly here."""
_YEAR_NS = 365 * 86_400 * 1_000_000_000


@dataclass
class Door:
    """Open for one site's machines; ``arrived`` is what was taken."""

    keys: IdentityRoom
    endpoint: BatchEndpoint
    enrolling: EnrolEndpoint
    rotating: RotateEndpoint
    arrived: list[Arrival] = field(default_factory=list)
    taker: Callable[[Arrival], bool] | None = None
    """Takes what was stored, in the place of ``arrived``."""

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body of the answer."""
        reply = await self.ask(path, body, headers)
        return reply.status, reply.body

    async def ask(self, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """The answer as an agent reads it."""
        told = {"content-length": str(len(body)), **headers}
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]
        scope: dict[str, Any] = {"type": "http", "method": "POST", "path": path, "headers": pairs}
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        doors: dict[str, App] = {BATCHES: self.endpoint, ENROL: self.enrolling, ROTATE_PATH: self.rotating}
        await doors[path](scope, receive, send)
        said = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in sent[0]["headers"]}
        return Reply(sent[0]["status"], sent[1]["body"], said.get("retry-after", ""), said.get(SEAL, ""))

    def take(self, arrival: Arrival) -> bool:
        """What is on disk; True where the agent should describe its series."""
        if self.taker is not None:
            return self.taker(arrival)
        self.arrived.append(arrival)
        return False

    async def enrol(self, request: EnrolRequest) -> tuple[int, bytes]:
        """Send a join code's request."""
        return await self.post(ENROL, msgspec.json.encode(request), {})

    async def invite(self, secret: bytes, site: str) -> None:
        """Write an invitation down, as the command does."""
        verifier = invitation_key(secret).public_key().public_bytes_raw()
        expires = SystemClock().wall_ns() + _YEAR_NS
        invitation = Invitation(
            id=invitation_id(secret), verifier=verifier, agent=site, site=site, expires_wall_ns=expires
        )

        def write(book: Book) -> None:
            book.invite(invitation)

        await self.keys.decide(write)


@asynccontextmanager
async def open_door(  # noqa: PLR0913 - each proof fills in what it needs
    entrance: type[Entrance] = Entrance,
    enrolling: type[EnrolEndpoint] = EnrolEndpoint,
    *,
    book: Path | None = None,
    inbox: Inbox | None = None,
    clock: Clock | None = None,
    reconciliation: Reconciliation | None = None,
) -> AsyncIterator[Door]:
    """Doors with a book of their own, or one from an earlier run; what guards them may be broken on purpose."""
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        path = book or Path(stack.enter_context(tempfile.TemporaryDirectory()), "identity.sqlite")
        keys = await stack.enter_async_context(open_identity_room(path, _KEYS_A_DAY))
        arrived: list[Arrival] = []
        door: list[Door] = []

        def accept(arrival: Arrival) -> Generator[None, None, bool]:
            yield
            return door[0].take(arrival)

        quiet = logger("phusong.prove")
        quiet.disabled = True  # each refusal would be a line
        letting_in = entrance(Register({}, {}), keys, lambda _agent, _has_key: False, clock)
        endpoint = BatchEndpoint(
            letting_in,
            inbox or MemoryInbox(),
            accept,
            settings=IngestSettings(),
            clock=clock,
            refused=_nothing,
            foreign=_nothing,
            complain=Limited(quiet, clock),
            reconciliation=reconciliation,
        )
        enrolment = enrolling(keys, lambda _agent, _site: None, _nothing, clock)
        door.append(Door(keys, endpoint, enrolment, RotateEndpoint(letting_in, keys, clock), arrived))
        yield door[0]


def new_key(seed: Iterable[int]) -> Ed25519PrivateKey:
    """A key of nobody's, the same for the same seed."""
    return Ed25519PrivateKey.from_private_bytes(bytes(seed))


def _nothing(_: object) -> None:
    """Counts nothing."""
