"""Signs every request with the machine's key and believes no answer without the collector's seal."""

import base64

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.identity.card import Card
from agent.identity.chain_file import ChainFile
from agent.uplink.answer import Reply
from agent.uplink.connection import AwayError
from agent.uplink.proof import Stamp
from shared.wire.reading import Acknowledgement
from shared.wire.seal import is_genuine
from shared.wire.signature import SIGNATURE, Claim, sign

_NO_CHAIN = "0" * 32


class _Objection(msgspec.Struct, frozen=True):
    challenge: str = ""


class KeyProof:
    """See :class:`agent.uplink.proof.Proof`; the chain's value is on disk before the records are forgotten."""

    def __init__(self, card: Card, chain: ChainFile) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(card.key)
        self._collector = Ed25519PublicKey.from_public_bytes(card.collector_key)
        self._chain = chain
        self._challenge = ""

    def headers(self, path: str, body: bytes, stamp: Stamp) -> dict[str, str]:
        """See the promise."""
        chain = self._challenge or self._chain.value or _NO_CHAIN
        return sign("POST", path, Claim(stamp.epoch, stamp.first_sequence, stamp.last_sequence, chain), body, self._key)

    def believe(self, sent: dict[str, str], reply: Reply) -> Reply:
        """See the promise; a server's own trouble (5xx) is believed of anybody: it changes nothing."""
        signature = base64.b64decode(sent[SIGNATURE].removeprefix("phusong=:").removesuffix(":"))
        if not is_genuine(self._collector, reply.seal, signature, reply.body):
            if reply.status >= 500:
                return reply
            raise AwayError(f"status {reply.status} without the collector's seal: something in between answered")
        if 200 <= reply.status < 300:
            self._challenge = ""
            self._keep(reply.body)
        else:
            self._challenge = _challenge(reply.body) or self._challenge
        return reply

    def _keep(self, body: bytes) -> None:
        try:
            chain = msgspec.json.decode(body, type=Acknowledgement).chain
            if chain:
                self._chain.write(chain)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
            raise AwayError("the acknowledgement cannot be read") from None


def _challenge(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Objection).challenge
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
