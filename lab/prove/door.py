"""A collector's doors for machines, without a socket in front: requests go straight into the endpoints."""

import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.arrival import Arrival
from collector.identity.book import Book
from collector.identity.records import Invitation
from collector.identity.room import IdentityRoom, open_identity_room
from collector.ingest.admission import Register
from collector.ingest.endpoint import BatchEndpoint, IngestSettings
from collector.ingest.enrolment import EnrolEndpoint
from collector.ingest.entrance import Entrance
from collector.ingest.memory import MemoryInbox
from shared.clock import SystemClock
from shared.logs import Limited, logger
from shared.wire.enrolment import PATH as ENROL
from shared.wire.enrolment import EnrolRequest, invitation_id, invitation_key

BATCHES = "/api/v1/batches"
_YEAR_NS = 365 * 86_400 * 1_000_000_000


@dataclass
class Door:
    """Open for one site's machines; ``arrived`` is what was taken."""

    keys: IdentityRoom
    endpoint: BatchEndpoint
    enrolling: EnrolEndpoint
    arrived: list[Arrival] = field(default_factory=list)

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body of the answer."""
        told = {"content-length": str(len(body)), **headers}
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]
        scope: dict[str, Any] = {"type": "http", "method": "POST", "path": path, "headers": pairs}
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await (self.endpoint if path == BATCHES else self.enrolling)(scope, receive, send)
        return sent[0]["status"], sent[1]["body"]

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
async def open_door(
    entrance: type[Entrance] = Entrance, enrolling: type[EnrolEndpoint] = EnrolEndpoint
) -> AsyncIterator[Door]:
    """Doors with a book of their own; what guards them may be broken on purpose."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        keys = await stack.enter_async_context(open_identity_room(Path(folder, "identity.sqlite")))
        arrived: list[Arrival] = []

        def accept(arrival: Arrival) -> bool:
            arrived.append(arrival)
            return False

        quiet = logger("phusong.prove")
        quiet.disabled = True  # each refusal would be a line
        endpoint = BatchEndpoint(
            entrance(Register({}, {}), keys, lambda _agent, _has_key: False, clock),
            MemoryInbox(),
            accept,
            settings=IngestSettings(),
            clock=clock,
            refused=_nothing,
            foreign=_nothing,
            complain=Limited(quiet, clock),
        )
        yield Door(keys, endpoint, enrolling(keys, lambda _agent, _site: None, _nothing, clock), arrived)


def new_key(seed: Iterable[int]) -> Ed25519PrivateKey:
    """A key of nobody's, the same for the same seed."""
    return Ed25519PrivateKey.from_private_bytes(bytes(seed))


def _nothing(_: object) -> None:
    """Counts nothing."""
