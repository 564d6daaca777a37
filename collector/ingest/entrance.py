"""Who sends a batch: by the signature of an enrolled key, or by a token; no other header and no payload is believed."""

import hashlib
import math
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from collector.identity.records import Key, KeyState, Later, Refused, Step, Successor
from collector.identity.room import IdentityFailedError, IdentityRoom, draw_chain
from collector.ingest.admission import Reason, Refusal, Register
from shared.clock import Clock
from shared.wire.reading import Batch
from shared.wire.seal import HEADER as SEAL
from shared.wire.seal import seal
from shared.wire.signature import INPUT, SignatureError, Signed, read

_SUSPECT = "two machines seem to hold the key: an operator must accept or revoke it"
_REPLACED = "this key was replaced by a newer one"
_WHY_NOT = {
    KeyState.SUSPECT: (Reason.CLONE, _SUSPECT),
    KeyState.ROTATED: (Reason.OLD_CHAIN, _REPLACED),
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
        self._challenges: dict[str, str] = {}
        """By key: one stands until it is signed, so that no flood of replays makes it void."""

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
        if key.state is KeyState.ROTATED:
            await self._replaced(key, signed)
        if key.state is KeyState.REVOKED:
            raise Refusal(*_WHY_NOT[key.state])
        return Visitor(key.agent, None if self._reports_on_all(key.agent, True) else key.site, signed)  # noqa: FBT003

    async def step(self, visitor: Visitor, batch: Batch, body: bytes) -> str:
        """The next value of the sender's chain; a batch that must not be taken is a :class:`Refusal`."""
        signed = visitor.signed
        if signed is None:
            return ""
        _compare(signed, batch)
        try:
            step = await self._keys.decide(
                lambda book: book.advance(signed.key_id, signed.claim.chain, visitor.mark, draw_chain())
            )
            if step.chain:
                return step.chain
            state = await self._why_not(step, signed)
            if state is KeyState.SUSPECT:
                await self._set_apart(visitor, _SUSPECT, body)
        except IdentityFailedError as error:
            raise Refusal(Reason.DISK, str(error)) from None
        raise _refusal(state, visitor.agent)

    async def rotate(self, visitor: Visitor, new: Successor) -> tuple[Key, str]:
        """The key that follows the visitor's, and what it presents first; or a :class:`Refusal`."""
        signed = visitor.signed
        if signed is None:
            raise Refusal(Reason.SIGNATURE, "a rotation is signed with the key that it ends")
        try:
            found = await self._keys.decide(
                lambda book: book.rotate(signed.key_id, new, signed.claim.chain, visitor.mark, draw_chain())
            )
            if isinstance(found, tuple):
                return found
            if isinstance(found, Refused):
                raise Refusal(Reason.REVOKED, found.value)
            if isinstance(found, Later):
                raise _not_yet(found)
            state = await self._why_not(found, signed)
        except IdentityFailedError as error:
            raise Refusal(Reason.DISK, str(error)) from None
        raise _refusal(state, visitor.agent)

    async def set_apart(self, visitor: Visitor, why: str, body: bytes) -> None:
        """Keep a batch of which not all is judged."""
        try:
            await self._set_apart(visitor, why, body)
        except IdentityFailedError as error:
            raise Refusal(Reason.DISK, str(error)) from None

    def sealed(self, method: str, path: str, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> dict[str, str]:
        """The seal on an answer to a request that carries a signature, right or wrong; others ask for none."""
        told = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
        try:
            signature = read(method, path, told).signature
        except SignatureError:
            return {}
        return {SEAL: seal(self._keys.seal_key, signature, body)}

    async def _find(self, key_id: str) -> Key:
        try:
            key = await self._keys.read(lambda book: book.find(key_id))
        except IdentityFailedError as error:
            raise Refusal(Reason.DISK, str(error)) from None
        if key is None:
            raise Refusal(Reason.UNKNOWN_KEY, "the key is nobody's here: enrol with a join code")
        return key

    async def _why_not(self, step: Step, signed: Signed) -> KeyState:
        if step.state is KeyState.ACTIVE:
            await self._prove_alive(signed, "the chain value is an old one")
            return KeyState.SUSPECT
        return step.state

    async def _replaced(self, key: Key, signed: Signed) -> NoReturn:
        """Whoever rotated it has another and forgot this one: a machine that has it still is a second one."""
        try:
            await self._prove_alive(signed, _REPLACED)
        except IdentityFailedError as error:
            raise Refusal(Reason.DISK, str(error)) from None
        raise _refusal(KeyState.SUSPECT, key.agent)

    async def _prove_alive(self, signed: Signed, what: str) -> None:
        """What is old alone may be a replay of somebody's: whoever holds the key can sign something new.

        Returns where that was done, and the machines of this agent are suspected.
        """
        challenge = self._challenges.setdefault(signed.key_id, secrets.token_hex(16))
        if signed.claim.chain != challenge:
            raise Refusal(Reason.OLD_CHAIN, what, challenge)
        del self._challenges[signed.key_id]
        now_ns = self._clock.wall_ns()
        await self._keys.decide(lambda book: book.suspect(signed.key_id, now_ns))

    async def _set_apart(self, visitor: Visitor, why: str, body: bytes) -> None:
        key_id = visitor.signed.key_id if visitor.signed else visitor.agent
        now_ns = self._clock.wall_ns()
        await self._keys.decide(lambda book: book.set_apart(key_id, visitor.mark, now_ns, why, body))


def _read(method: str, path: str, headers: list[tuple[str, str]]) -> Signed:
    try:
        return read(method, path, headers)
    except SignatureError as error:
        raise Refusal(Reason.SIGNATURE, str(error)) from None


def _not_yet(later: Later) -> Refusal:
    hours = math.ceil(later.wait_seconds / 3600)
    what = f"this machine had {later.keys} keys within a day: it may have another in {hours} h"
    return Refusal(Reason.ROTATIONS, what, retry_seconds=later.wait_seconds)


def _refusal(state: KeyState, agent: str) -> Refusal:
    reason, what = _WHY_NOT[state]
    return Refusal(reason, f"agent {agent}: {what}")


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
