"""``POST /api/v1/rotate``: a machine's next key, signed with its present one; it believes nothing unsigned."""

from collections.abc import Callable

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from collector.identity.records import Key, Successor
from collector.identity.room import IdentityRoom
from collector.ingest.admission import Reason, Refusal
from collector.ingest.body import Receive, Scope, Send, answer, read_body
from collector.ingest.entrance import Entrance
from shared.clock import Clock
from shared.wire.enrolment import Enrolled, RotateRequest, is_possessed
from shared.wire.reading import Objection
from shared.wire.signature import SignatureError, key_id_of

_BODY_BYTES = 4096
_READ_SECONDS = 10.0
_request = msgspec.json.Decoder(RotateRequest)


class RotateEndpoint:
    """An ASGI application for one path."""

    def __init__(
        self, entrance: Entrance, keys: IdentityRoom, clock: Clock, told_ns: Callable[[], int] | None = None
    ) -> None:
        """``told_ns`` gives the time that agents are told, where that is not always the clock's."""
        self._entrance = entrance
        self._keys = keys
        self._clock = clock
        self._told_ns = told_ns or clock.wall_ns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            body, status, headers = await self._take(scope, receive), 200, {}
        except Refusal as refusal:
            status = refusal.reason.status
            body = msgspec.json.encode(Objection(refusal.what, self._told_ns(), status=status))
            headers = {"retry-after": str(refusal.retry_seconds)} if refusal.retry_seconds else {}
        seal = self._entrance.sealed(scope["method"], scope["path"], scope["headers"], body)
        await answer(send, status, body, {**headers, **seal})

    async def _take(self, scope: Scope, receive: Receive) -> bytes:
        if scope["method"] != "POST":
            raise Refusal(Reason.METHOD, "a rotation is posted")
        visitor = await self._entrance.visitor(scope["method"], scope["path"], scope["headers"])
        signed = visitor.signed
        if signed is None:
            raise Refusal(Reason.SIGNATURE, "a rotation is signed with the key that it ends")
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        body = await read_body(headers, receive, _BODY_BYTES, _READ_SECONDS)
        try:
            signed.verify_body(body)
            request = _request.decode(body)
        except SignatureError as error:
            raise Refusal(Reason.SIGNATURE, str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Refusal(Reason.MALFORMED, "this is no rotation") from None
        if not is_possessed(request, signed.key_id):
            raise Refusal(Reason.SIGNATURE, "the new key did not sign")
        public = request.public_key
        new = Successor(
            key_id=key_id_of(Ed25519PublicKey.from_public_bytes(public)),
            public=public,
            enrolled_wall_ns=self._clock.wall_ns(),
        )
        return self._told(*await self._entrance.rotate(visitor, new))

    def _told(self, key: Key, chain: str) -> bytes:
        return msgspec.json.encode(
            Enrolled(
                agent=key.agent,
                site=key.site,
                key_id=key.key_id,
                chain=chain,
                collector_key=self._keys.seal_key.public_key().public_bytes_raw(),
                server_time_ns=self._told_ns(),
            )
        )
