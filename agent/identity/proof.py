"""Signs every request with the machine's key and believes no answer without the collector's seal."""

import base64
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.identity.card import Card, CardError, card_path, chain_path, read_card
from agent.identity.chain_file import read_chain
from agent.identity.turn import turn
from agent.uplink.answer import Reply
from agent.uplink.connection import AwayError
from agent.uplink.proof import Stamp
from shared.logs import Limited
from shared.wire.reading import Acknowledgement, Objection
from shared.wire.seal import is_genuine
from shared.wire.signature import SIGNATURE, Claim, sign

NO_CHAIN = "0" * 32
"""What a machine presents that has no value at all."""
_TURN_SECONDS = 20.0


class KeyProof:
    """See :class:`agent.uplink.proof.Proof`; presents no value of the chain that is not on the disk."""

    def __init__(self, state: Path, card: Card, complain: Limited) -> None:
        self._state = state
        self._complain = complain
        self._read_at = _stamp(state)
        self._challenge = ""
        self._take(card)

    def turn(self) -> AbstractContextManager[None]:
        """See the promise; a rotation or a second program waits as well."""
        return turn(card_path(self._state).parent, _TURN_SECONDS)

    def headers(self, path: str, body: bytes, stamp: Stamp) -> dict[str, str]:
        """See the promise; a card that was written since, by ``rotate`` or ``join``, counts from here on."""
        if _stamp(self._state) != self._read_at:
            self._read_again()
        chain = self._challenge or self._chain.value or NO_CHAIN
        return sign("POST", path, Claim(stamp.epoch, stamp.first_sequence, stamp.last_sequence, chain), body, self._key)

    def _take(self, card: Card) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(card.key)
        self._collector = Ed25519PublicKey.from_public_bytes(card.collector_key)
        self._chain = read_chain(chain_path(self._state, card))
        self._challenge = ""

    def _read_again(self) -> None:
        stamp = _stamp(self._state)
        try:
            card = read_card(self._state)
        except CardError as error:
            self._complain.warning("the machine's card cannot be read, the one before is used", str(error))
            return
        if card is not None:
            self._read_at = stamp
            self._take(card)

    def believe(self, sent: dict[str, str], reply: Reply) -> Reply:
        """See the promise; a server's own trouble (5xx) is believed of anybody, but not a word of it."""
        signature = base64.b64decode(sent[SIGNATURE].removeprefix("phusong=:").removesuffix(":"))
        if not is_genuine(self._collector, reply.seal, signature, reply.body):
            if reply.status >= 500:
                return replace(reply, body=b"")
            raise AwayError(f"status {reply.status} without the collector's seal: something in between answered")
        if 200 <= reply.status < 300:
            self._challenge = ""
            self._keep(reply.body)
        else:
            objection = _objection(reply.body)
            if objection.status not in {0, reply.status}:
                raise AwayError(f"status {reply.status} where the collector said {objection.status}")
            self._object(objection.challenge)
        return reply

    def _object(self, challenge: str) -> None:
        """Signing a challenge says that this machine has an old value and no other."""
        if challenge and not self._chain.believe_doubtful():
            self._challenge = challenge

    def _keep(self, body: bytes) -> None:
        try:
            chain = msgspec.json.decode(body, type=Acknowledgement).chain
            if chain:
                self._chain.write(chain)
            if self._chain.failing:
                self._complain.warning("the disk does not take the chain, the last value stays", self._chain.failing)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
            raise AwayError("the acknowledgement cannot be read") from None


def _stamp(state: Path) -> tuple[int, int]:
    try:
        found = card_path(state).stat()
    except OSError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns


def _objection(body: bytes) -> Objection:
    try:
        return msgspec.json.decode(body, type=Objection)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Objection("")
