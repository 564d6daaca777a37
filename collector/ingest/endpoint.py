"""``POST /api/v1/batches``: limits, identity, decoding, commit, and only then an answer that is not a refusal."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import msgspec

from collector.arrival import Arrival
from collector.ingest.admission import Reason, Refusal, Register, refusal_of
from collector.ingest.inbox import Inbox, InboxBusyError, InboxFailedError, Parcel
from shared.clock import Clock
from shared.logs import Limited
from shared.wire.codec import BatchError, Limits, decode_batch
from shared.wire.reading import Acknowledgement, Batch

_DISCARDED = 16
"""How many times the limit is read and thrown away before the answer."""

Scope = dict[str, Any]
Receive = Callable[[], Any]
Send = Callable[[dict[str, Any]], Any]


class IngestSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much one request may bring and how long it may take."""

    encoded_bytes: int = 1024 * 1024
    decoded_bytes: int = 8 * 1024 * 1024
    read_seconds: float = 30.0
    """A whole body has this long; the server itself has no such limit."""
    retry_after_seconds: int = 5


class BatchEndpoint:
    """An ASGI application for one path."""

    def __init__(  # noqa: PLR0913 - the composition root fills these in, once
        self,
        register: Register,
        inbox: Inbox,
        accept: Callable[[Arrival], bool],
        *,
        settings: IngestSettings,
        clock: Clock,
        refused: Callable[[str], None],
        complain: Limited,
    ) -> None:
        """``accept`` takes what is stored and says whether the agent should describe its series."""
        self._register = register
        self._inbox = inbox
        self._accept = accept
        self._settings = settings
        self._limits = Limits(encoded_bytes=settings.encoded_bytes, decoded_bytes=settings.decoded_bytes)
        self._clock = clock
        self._refused = refused
        self._complain = complain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            body = await self._take(scope, receive)
        except Refusal as refusal:
            await self._refuse(refusal, send)
        else:
            await _answer(send, 200, body, {})

    async def _take(self, scope: Scope, receive: Receive) -> bytes:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if scope["method"] != "POST":
            raise Refusal(Reason.METHOD, "batches are posted")
        agent = self._register.agent(headers.get(b"authorization", ""))
        if headers.get(b"content-encoding", "identity") != "identity":
            raise Refusal(Reason.ENCODING, "a batch is compressed inside its frame, not by HTTP")
        body = await self._read(headers, receive)
        try:
            batch = decode_batch(body, self._limits)
        except BatchError as error:
            raise refusal_of(error) from None
        if batch.agent != agent:
            raise Refusal(Reason.FOREIGN, f"the token is agent {agent}'s, the batch says it is {batch.agent[:64]!r}'s")
        return await self._store(agent, batch, body)

    async def _read(self, headers: dict[bytes, str], receive: Receive) -> bytes:
        limit = self._settings.encoded_bytes
        told = headers.get(b"content-length", "0")
        if not told.isdigit() or int(told) > limit:
            await self._discard(receive)
            raise Refusal(Reason.TOO_LARGE, f"a batch of {told[:20]} bytes is over the limit of {limit}")
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._settings.read_seconds):
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Refusal(Reason.MALFORMED, "the sender hung up in the middle of a batch")
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > limit:
                        raise Refusal(Reason.TOO_LARGE, f"a batch of more than {limit} bytes is over the limit")
                    more = message.get("more_body", False)
        except TimeoutError:
            raise Refusal(Reason.SLOW, f"no whole batch in {self._settings.read_seconds:g} s") from None
        return b"".join(parts)

    async def _discard(self, receive: Receive) -> None:
        """Read on for a while: who is cut off in the middle of sending never reads why."""
        left = _DISCARDED * self._settings.encoded_bytes
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.read_seconds):
                while left > 0:
                    message = await receive()
                    left -= len(message.get("body", b""))
                    if not message.get("more_body", False):
                        return

    async def _store(self, agent: str, batch: Batch, body: bytes) -> bytes:
        wall_ns, monotonic_ns = self._clock.wall_ns(), self._clock.monotonic_ns()
        parcel = Parcel(
            agent=agent,
            epoch=batch.epoch,
            sequences=tuple(record.sequence for record in batch.records),
            received_wall_ns=wall_ns,
            body=body,
        )
        try:
            fresh = await self._inbox.store(parcel)
        except InboxBusyError as error:
            raise Refusal(Reason.BUSY, str(error)) from None
        except InboxFailedError as error:
            raise Refusal(Reason.DISK, str(error)) from None
        arrival = Arrival(
            agent=agent,
            received_wall_ns=wall_ns,
            received_monotonic_ns=monotonic_ns,
            batch=batch,
            fresh=tuple(record for record in batch.records if record.sequence in fresh),
        )
        wanted = self._accept(arrival)
        stored = len(arrival.fresh)
        return msgspec.json.encode(
            Acknowledgement(
                stored=stored,
                duplicates=len(batch.records) - stored,
                server_time_ns=self._clock.wall_ns(),
                metrics_wanted=wanted,
            )
        )

    async def _refuse(self, refusal: Refusal, send: Send) -> None:
        self._refused(refusal.reason.label)
        self._complain.warning(f"a batch was refused ({refusal.reason.label})", refusal.what)
        headers = {}
        if refusal.reason.status == 503:
            headers["retry-after"] = str(self._settings.retry_after_seconds)
        if refusal.reason is Reason.METHOD:
            headers["allow"] = "POST"
        if refusal.reason in {Reason.TOO_LARGE, Reason.SLOW}:
            headers["connection"] = "close"
        await _answer(send, refusal.reason.status, msgspec.json.encode({"error": refusal.what}), headers)


async def _answer(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    told = {"content-type": "application/json", "content-length": str(len(body)), **headers}
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode()) for name, value in told.items()],
        }
    )
    await send({"type": "http.response.body", "body": body})
