"""Who sends a batch: by the signature of an enrolled key, or by a token; no other header and no payload is believed."""

import hashlib
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from collector.identity.records import Key, KeyState
from collector.identity.room import IdentityFailedError, IdentityRoom, draw_chain
from collector.ingest.admission import Reason, Refusal, Register
from shared.clock import Clock
from shared.wire.reading import Batch
from shared.wire.seal import seal
from shared.wire.signature import INPUT, SignatureError, Signed, read

_CHALLENGES = 4
_SUSPECT = "two machines seem to hold the key: an operator must accept or revoke it"
_WHY_NOT = {
    KeyState.SUSPECT: (Reason.CLONE, _SUSPECT),
    KeyState.ROTATED: (Reason.REVOKED, "this key was replaced by a newer one"),
    KeyState.REVOKED: (Reason.REVOKED, "this key was revoked: enrol again with a new join code"),
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who proved to be the sender; ``site`` is the only one it may report on, None where it may report on all."""

    agent: str
    site: str | None
    signed: Signed | None = None

    @property
    def mark(self) -> bytes:
        """A short name of the request: the same bytes again have the same."""
        return hashlib.sha256(self.signed.signature).digest()[:16] if self.signed else b""


class Entrance:
    """Knows tokens, asks for keys at every request: what an operator changed counts at once."""

    def __init__(
        self, register: Register, keys: IdentityRoom, reports_on_all: Callable[[str, bool], bool], clock: Clock
    ) -> None:
        """``reports_on_all`` says of an agent, and whether it has a key, if it may report on sites of others."""
        self._register = register
        self._keys = keys
        self._reports_on_all = reports_on_all
        self._clock = clock
        self._challenges: dict[str, deque[str]] = {}

    async def visitor(self, method: str, path: str, headers: Iterable[tuple[bytes, bytes]]) -> Visitor:
        """Who sends this request; raises :class:`Refusal` before a byte of the body is read."""
        told = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
        if not any(name == INPUT for name, _ in told):
            authorization = next((value for name, value in told if name == "authorization"), "")
            agent, site = self._register.agent(authorization)
            return Visitor(agent, None if self._reports_on_all(agent, False) else site)  # noqa: FBT003 - no key
        signed = _read(method, path, told)
        key = await self._find(signed.key_id)
        _verify(signed, key)
        if key.state not in {KeyState.ACTIVE, KeyState.SUSPECT}:
            raise Refusal(*_WHY_NOT[key.state])
        return Visitor(key.agent, None if self._reports_on_all(key.agent, True) else key.site, signed)  # noqa: FBT003

    async def step(self, visitor: Visitor, batch: Batch, body: bytes) -> str:
        """The next value of the sender's chain; a batch that must not be taken is a :class:`Refusal`."""
        signed = visitor.signed
        if signed is None:
            return ""
        _compare(signed, batch)
        presented = signed.claim.chain
        try:
            step = await self._keys.decide(
                lambda book: book.advance(signed.key_id, presented, visitor.mark, draw_chain())
            )
            if step.chain:
                return step.chain
            if step.state is KeyState.ACTIVE:
                step_state = await self._old_value(signed.key_id, presented)
            else:
                step_state = step.state
            if step_state is KeyState.SUSPECT:
                await self._set_apart(visitor, _SUSPECT, body)
        except IdentityFailedError as error:
            raise Refusal(Reason.DISK, str(error)) from None
        reason, what = _WHY_NOT[step_state]
        raise Refusal(reason, f"agent {visitor.agent}: {what}")

    async def set_apart(self, visitor: Visitor, why: str, body: bytes) -> None:
        """Keep a batch of which not all is judged."""
        try:
            await self._set_apart(visitor, why, body)
        except IdentityFailedError as error:
            raise Refusal(Reason.DISK, str(error)) from None

    def seal(self, signature: bytes, body: bytes) -> str:
        """The collector's seal on an answer to the request with this signature."""
        return seal(self._keys.seal_key, signature, body)

    async def _find(self, key_id: str) -> Key:
        try:
            key = await self._keys.read(lambda book: book.find(key_id))
        except IdentityFailedError as error:
            raise Refusal(Reason.DISK, str(error)) from None
        if key is None:
            raise Refusal(Reason.UNKNOWN_KEY, "the key is nobody's here: enrol with a join code")
        return key

    async def _old_value(self, key_id: str, presented: str) -> KeyState:
        """An old value alone may be a replay of somebody's: whoever holds the key can sign a new one."""
        open_ones = self._challenges.setdefault(key_id, deque(maxlen=_CHALLENGES))
        if presented not in open_ones:
            open_ones.append(secrets.token_hex(16))
            raise Refusal(Reason.OLD_CHAIN, "the chain value is an old one", open_ones[-1])
        del self._challenges[key_id]
        await self._keys.decide(lambda book: book.suspect(key_id))
        return KeyState.SUSPECT

    async def _set_apart(self, visitor: Visitor, why: str, body: bytes) -> None:
        key_id = visitor.signed.key_id if visitor.signed else visitor.agent
        now_ns = self._clock.wall_ns()
        await self._keys.decide(lambda book: book.set_apart(key_id, visitor.mark, now_ns, why, body))


def _read(method: str, path: str, headers: list[tuple[str, str]]) -> Signed:
    try:
        return read(method, path, headers)
    except SignatureError as error:
        raise Refusal(Reason.SIGNATURE, str(error)) from None


def _verify(signed: Signed, key: Key) -> None:
    try:
        signed.verify(Ed25519PublicKey.from_public_bytes(key.public))
    except SignatureError as error:
        raise Refusal(Reason.SIGNATURE, str(error)) from None


def _compare(signed: Signed, batch: Batch) -> None:
    numbers = [record.sequence for record in batch.records]
    claim = signed.claim
    if not numbers or (batch.epoch, min(numbers), max(numbers)) != (
        claim.epoch,
        claim.first_sequence,
        claim.last_sequence,
    ):
        raise Refusal(Reason.SIGNATURE, "epoch or sequences are not those that were signed")
