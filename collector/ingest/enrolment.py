"""``POST /api/v1/enrol``: a join code becomes a key; it believes nothing that the code's secret did not sign."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from collector.identity.book import Book
from collector.identity.records import Key, Refused
from collector.identity.room import IdentityFailedError, IdentityRoom, draw_chain
from collector.ingest.admission import Refusal
from collector.ingest.body import Receive, Scope, Send, answer, read_body
from shared.clock import Clock
from shared.wire.enrolment import Enrolled, EnrolRequest, is_proven, proves_possession
from shared.wire.reading import Objection
from shared.wire.seal import HEADER as SEAL
from shared.wire.seal import seal
from shared.wire.signature import key_id_of

_BODY_BYTES = 4096
_READ_SECONDS = 10.0
_request = msgspec.json.Decoder(EnrolRequest)


class EnrolEndpoint:
    """An ASGI application for one path."""

    def __init__(
        self,
        keys: IdentityRoom,
        know: Callable[[str, str], None],
        told: Callable[[str], None],
        clock: Clock,
        told_ns: Callable[[], int] | None = None,
    ) -> None:
        """``know`` takes agent and site of a new key, ``told`` one word for each answer: enrolled or refused.

        ``told_ns`` gives the time that agents are told, where that is not always the clock's.
        """
        self._keys = keys
        self._know = know
        self._told = told
        self._clock = clock
        self._told_ns = told_ns or clock.wall_ns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] != "POST":
            await self._refuse(send, 405, "an enrolment is posted", headers={"allow": "POST"})
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        try:
            request = _request.decode(await read_body(headers, receive, _BODY_BYTES, _READ_SECONDS))
        except Refusal as refusal:
            await self._refuse(send, refusal.reason.status, refusal.what)
        except (msgspec.DecodeError, UnicodeDecodeError):
            await self._refuse(send, 400, "this is no enrolment")
        else:
            await self._answer(send, request)

    async def _answer(self, send: Send, request: EnrolRequest) -> None:
        try:
            found = await self._keys.decide(lambda book: self._decide(book, request))
        except IdentityFailedError as error:
            await self._refuse(send, 503, str(error), request, {"retry-after": "5"})
        else:
            if isinstance(found, Refused):
                await self._refuse(send, 401, found.value, request)
            else:
                await self._welcome(send, request, *found)

    def _decide(self, book: Book, request: EnrolRequest) -> tuple[Key, str] | Refused:
        invitation = book.invitation(request.invitation)
        if invitation is None or not is_proven(request, invitation.verifier):
            return Refused.UNKNOWN
        key_id = key_id_of(Ed25519PublicKey.from_public_bytes(request.public_key))
        key = book.enrol(invitation, key_id, request.public_key, draw_chain(), self._clock.wall_ns())
        return key if isinstance(key, Refused) else (key, book.presented(key.key_id))

    async def _welcome(self, send: Send, request: EnrolRequest, key: Key, chain: str) -> None:
        self._know(key.agent, key.site)
        self._told("enrolled")
        enrolled = Enrolled(
            agent=key.agent,
            site=key.site,
            key_id=key.key_id,
            chain=chain,
            collector_key=self._keys.seal_key.public_key().public_bytes_raw(),
            server_time_ns=self._told_ns(),
        )
        body = msgspec.json.encode(enrolled)
        await answer(send, 200, body, {SEAL: seal(self._keys.seal_key, request.possession, body)})

    async def _refuse(
        self,
        send: Send,
        status: int,
        what: str,
        to: EnrolRequest | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Sealed where the machine signed with a key of its own: nobody gets a seal for another's signature."""
        self._told("refused")
        body = msgspec.json.encode(Objection(what, self._told_ns(), status=status))
        sealed = {SEAL: seal(self._keys.seal_key, to.possession, body)} if to and proves_possession(to) else {}
        await answer(send, status, body, {**headers, **sealed})
