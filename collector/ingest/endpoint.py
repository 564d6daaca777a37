"""``POST /api/v1/batches``: limits, identity, decoding, commit, and only then an answer that is not a refusal."""

import asyncio
import math
from collections.abc import Callable, Generator
from typing import NoReturn

import msgspec

from collector.arrival import Arrival
from collector.ingest.admission import Reason, Refusal, refusal_of
from collector.ingest.body import Receive, Scope, Send, answer, discard, read_body
from collector.ingest.entrance import Entrance, Visitor
from collector.ingest.inbox import (
    Inbox,
    InboxBusyError,
    InboxFailedError,
    Parcel,
    TooManyEpochsError,
    TooSparseError,
)
from collector.ingest.loop_lag import LoopLag
from collector.ingest.reception import Reception, ReceptionSettings
from collector.ingest.reconciliation import NO_WISH, Reconciliation
from collector.ingest.scope import admitted
from collector.ingest.unpacking import Unpacking
from shared.clock import Clock
from shared.logs import Limited
from shared.wire.codec import BatchError, Limits, encode_batch
from shared.wire.reading import Acknowledgement, Batch, Objection
from shared.wire.signature import SignatureError

_EPOCHS_SECONDS = 60
"""After so long an agent whose new epoch was one too many may ask again."""
_COMING_SECONDS = 1.0
"""So long a body that is still coming in holds its place: a slow client must not hold that of others."""


class IngestSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much one request may bring and how long it may take."""

    encoded_bytes: int = 1024 * 1024
    decoded_bytes: int = 8 * 1024 * 1024
    read_seconds: float = 30.0
    """A whole body has this long; the server itself has no such limit."""
    retry_after_seconds: int = 5
    wait_seconds: float = 0.15
    """Work that may wait before batches are sent away with an appointment."""


class BatchEndpoint:
    """An ASGI application for one path."""

    def __init__(  # noqa: PLR0913 - the composition root fills these in, once
        self,
        entrance: Entrance,
        inbox: Inbox,
        accept: Callable[[Arrival], Generator[None, None, bool]],
        *,
        settings: IngestSettings,
        clock: Clock,
        refused: Callable[[str], None],
        foreign: Callable[[int], None],
        complain: Limited,
        reconciliation: Reconciliation | None = None,
        told_ns: Callable[[], int] | None = None,
    ) -> None:
        """``accept`` takes what is stored, step by step, and says whether the agent should describe its series.

        ``refused`` counts refusals by their reason, ``foreign`` readings that were not the agent's to tell. ``told_ns``
        gives the time that agents are told, where that is not always the clock's.
        """
        self._entrance = entrance
        self._inbox = inbox
        self._accept = accept
        self._settings = settings
        self._unpacking = Unpacking(
            Limits(encoded_bytes=settings.encoded_bytes, decoded_bytes=settings.decoded_bytes), clock
        )
        self._clock = clock
        self._refused = refused
        self._foreign = foreign
        self._complain = complain
        self._reconciliation = reconciliation
        self._told_ns = told_ns or clock.wall_ns
        self._lag = LoopLag(clock)
        self._reception = Reception(ReceptionSettings(wait_seconds=settings.wait_seconds))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            body = await self._take(scope, receive)
        except Refusal as refusal:
            await self._refuse(refusal, scope, send)
        else:
            await answer(send, 200, body, self._sealed(scope, body))

    async def _take(self, scope: Scope, receive: Receive) -> bytes:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if scope["method"] != "POST":
            raise Refusal(Reason.METHOD, "batches are posted")
        visitor = await self._entrance.visitor(scope["method"], scope["path"], scope["headers"])
        if headers.get(b"content-encoding", "identity") != "identity":
            raise Refusal(Reason.ENCODING, "a batch is compressed inside its frame, not by HTTP")
        body = await self._read(headers, receive)
        self._reception.begin(len(body))
        try:
            return await self._work(visitor, body)
        finally:
            self._reception.end(len(body))

    async def _read(self, headers: dict[bytes, str], receive: Receive) -> bytes:
        """The body, for which there is time; it takes its place from the first byte on, but not for ever."""
        limit, seconds = self._settings.encoded_bytes, self._settings.read_seconds
        told = headers.get(b"content-length", "")
        size = min(int(told), limit) if told.isdigit() and len(told) < 10 else 0
        if not self._reception.hears(size, self._clock.monotonic_ns(), self._lag.lag_ns()):
            await discard(receive, limit, seconds)
            self._send_away(size)
        with self._reception.coming(size) as place:
            late = asyncio.get_running_loop().call_later(_COMING_SECONDS, place.leave)
            try:
                body = await read_body(headers, receive, limit, seconds)
            finally:
                late.cancel()
        if place.left_early and not self._reception.hears(len(body), self._clock.monotonic_ns(), self._lag.lag_ns()):
            self._send_away(len(body))
        return body

    def _send_away(self, size_bytes: int) -> NoReturn:
        seconds = self._reception.appointment_seconds(size_bytes, self._clock.monotonic_ns())
        raise Refusal(Reason.BUSY, "too much waits already: come again later", retry_seconds=math.ceil(seconds))

    async def _work(self, visitor: Visitor, body: bytes) -> bytes:
        def verify() -> None:
            if visitor.signed is not None:
                visitor.signed.verify_body(body)

        try:
            async with self._unpacking.unpacked(body, verify) as found:
                self._reception.learn(len(body), found.spent_ns)
                return await self._admit(visitor, found.batch, body, found.digests)
        except SignatureError as error:
            raise Refusal(Reason.SIGNATURE, str(error)) from None
        except BatchError as error:
            raise refusal_of(error) from None

    async def _admit(self, visitor: Visitor, batch: Batch, body: bytes, digests: tuple[int, ...]) -> bytes:
        if batch.agent != visitor.agent:
            by = "token" if visitor.signed is None else "key"
            what = f"the {by} is agent {visitor.agent}'s, the batch says it is {batch.agent[:64]!r}'s"
            raise Refusal(Reason.FOREIGN, what)
        chain = await self._entrance.step(visitor, batch, body)
        own = admitted(batch, visitor.site)
        if own.foreign:
            self._foreign(own.foreign)
            what = f"agent {visitor.agent} may tell of site {visitor.site} only"
            self._complain.warning("readings of other sites were put aside", what)
            await self._entrance.set_apart(visitor, what, body)
            body = await asyncio.to_thread(encode_batch, own.batch)
        return await self._store(visitor.agent, own.batch, body, digests, chain)

    async def _store(self, agent: str, batch: Batch, body: bytes, digests: tuple[int, ...], chain: str) -> bytes:
        shown = await self._reconciliation.look(agent, batch) if self._reconciliation else None
        wall_ns, monotonic_ns = self._clock.wall_ns(), self._clock.monotonic_ns()
        parcel = Parcel(
            agent=agent,
            epoch=batch.epoch,
            sequences=tuple(record.sequence for record in batch.records),
            received_wall_ns=wall_ns,
            body=body,
            digests=digests,
        )
        fresh = await self._commit(parcel)
        arrival = Arrival(
            agent=agent,
            received_wall_ns=wall_ns,
            received_monotonic_ns=monotonic_ns,
            batch=batch,
            fresh=tuple(record for record in batch.records if record.sequence in fresh),
        )
        wanted = await self._accept_in_steps(arrival, len(body))
        wish = await self._reconciliation.meet(agent, batch, shown) if self._reconciliation and shown else NO_WISH
        stored = len(arrival.fresh)
        return msgspec.json.encode(
            Acknowledgement(
                stored=stored,
                duplicates=len(batch.records) - stored,
                server_time_ns=self._told_ns(),
                metrics_wanted=wanted,
                chain=chain,
                statement_wanted=wish.statement,
                resend_from=wish.resend_from,
            )
        )

    async def _commit(self, parcel: Parcel) -> frozenset[int]:
        try:
            return await self._inbox.store(parcel)
        except TooSparseError as error:
            raise Refusal(Reason.SPARSE, str(error)) from None
        except TooManyEpochsError as error:
            raise Refusal(Reason.EPOCHS, str(error), retry_seconds=_EPOCHS_SECONDS) from None
        except InboxBusyError as error:
            raise Refusal(Reason.BUSY, str(error)) from None
        except InboxFailedError as error:
            raise Refusal(Reason.DISK, str(error)) from None

    async def _accept_in_steps(self, arrival: Arrival, size_bytes: int) -> bool:
        """Others have a turn after each step; their time is not what the batch cost."""
        steps, spent_ns, wanted = self._accept(arrival), 0, None
        while wanted is None:
            begun_ns = self._clock.monotonic_ns()
            try:
                next(steps)
            except StopIteration as end:
                wanted = bool(end.value)
            spent_ns += self._clock.monotonic_ns() - begun_ns
            if wanted is None:
                await asyncio.sleep(0)
        self._reception.learn(size_bytes, spent_ns)
        return wanted

    async def _refuse(self, refusal: Refusal, scope: Scope, send: Send) -> None:
        self._refused(refusal.reason.label)
        self._complain.warning(f"a batch was refused ({refusal.reason.label})", refusal.what)
        headers, status = {}, refusal.reason.status
        if status in {429, 503}:
            headers["retry-after"] = str(max(self._settings.retry_after_seconds, refusal.retry_seconds))
        if refusal.reason is Reason.METHOD:
            headers["allow"] = "POST"
        if refusal.reason in {Reason.TOO_LARGE, Reason.SLOW}:
            headers["connection"] = "close"
        body = msgspec.json.encode(Objection(refusal.what, self._told_ns(), refusal.challenge, status))
        await answer(send, status, body, {**headers, **self._sealed(scope, body)})

    def _sealed(self, scope: Scope, body: bytes) -> dict[str, str]:
        return self._entrance.sealed(scope["method"], scope["path"], scope["headers"], body)
