"""A request's signature by one fixed profile of RFC 9421 with Ed25519; it negotiates nothing and knows no keys.

Signed are ``@method``, ``@path``, ``content-digest`` (RFC 9530, SHA-256 of the bytes on the wire), ``phusong-epoch``,
``phusong-first-sequence``, ``phusong-last-sequence``, ``phusong-chain`` and the key id. A request has each header
exactly once and in the one spelling that :func:`sign` gives it, so that no two requests mean the same.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

DIGEST = "content-digest"
EPOCH = "phusong-epoch"
FIRST = "phusong-first-sequence"
LAST = "phusong-last-sequence"
CHAIN = "phusong-chain"
INPUT = "signature-input"
SIGNATURE = "signature"
HEADERS = (DIGEST, EPOCH, FIRST, LAST, CHAIN, INPUT, SIGNATURE)
_COVERED = ("@method", "@path", DIGEST, EPOCH, FIRST, LAST, CHAIN)
_LIST = "(" + " ".join(f'"{name}"' for name in _COVERED) + ")"
_INPUT = re.compile(re.escape(f"phusong={_LIST}") + r';keyid="([0-9a-f]{64})";alg="ed25519";tag="phusong"')
_SIGNATURE = re.compile(r"phusong=:([A-Za-z0-9+/]{86}==):")
_EPOCH = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_CHAIN = re.compile(r"[0-9a-f]{32}")


class SignatureError(Exception):
    """The request is not signed as it must be; the message is one line."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of itself and signs."""

    epoch: str
    first_sequence: int
    last_sequence: int
    chain: str
    """The value that the collector gave with its last acknowledgement, 32 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A request's signature as it was read: whose it claims to be, over what; nothing of it is verified yet."""

    key_id: str
    claim: Claim
    digest: str
    signature: bytes
    covered: bytes

    def verify(self, public: Ed25519PublicKey) -> None:
        """Raise :class:`SignatureError` unless the key signed it."""
        try:
            public.verify(self.signature, self.covered)
        except InvalidSignature:
            raise SignatureError("the signature does not fit the request") from None

    def verify_body(self, body: bytes) -> None:
        """Raise :class:`SignatureError` unless these are the bytes that were signed."""
        if self.digest != digest_of(body):
            raise SignatureError("the body is not the one that was signed")


def key_id_of(public: Ed25519PublicKey) -> str:
    """A key's name: SHA-256 of its 32 bytes, in hexadecimal."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()


def digest_of(body: bytes) -> str:
    """``Content-Digest`` of the bytes on the wire."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign(method: str, path: str, claim: Claim, body: bytes, key: Ed25519PrivateKey) -> dict[str, str]:
    """The headers that make a request of this method and path a signed one."""
    headers = {
        DIGEST: digest_of(body),
        EPOCH: claim.epoch,
        FIRST: str(claim.first_sequence),
        LAST: str(claim.last_sequence),
        CHAIN: claim.chain,
    }
    parameters = f'{_LIST};keyid="{key_id_of(key.public_key())}";alg="ed25519";tag="phusong"'
    signature = key.sign(_base(method, path, headers, parameters))
    headers[INPUT] = f"phusong={parameters}"
    headers[SIGNATURE] = f"phusong=:{base64.b64encode(signature).decode()}:"
    return headers


def read(method: str, path: str, headers: Iterable[tuple[str, str]]) -> Signed:
    """Read the headers of a request (names in lower case); raises :class:`SignatureError` where one is not exact."""
    found: dict[str, str] = {}
    for name, value in headers:
        if name in found:
            raise SignatureError(f"the header {name} stands twice")
        if name in HEADERS:
            found[name] = value
    for name in HEADERS:
        if name not in found:
            raise SignatureError(f"the header {name} is missing")
    given, signature = _INPUT.fullmatch(found[INPUT]), _SIGNATURE.fullmatch(found[SIGNATURE])
    if given is None or signature is None:
        raise SignatureError("the signature is not of the one profile that is spoken here")
    exact = (_EPOCH, found[EPOCH]), (_NUMBER, found[FIRST]), (_NUMBER, found[LAST]), (_CHAIN, found[CHAIN])
    if not all(pattern.fullmatch(value) for pattern, value in exact):
        raise SignatureError("epoch, sequences or chain are not spelt as they must be")
    raw = base64.b64decode(signature[1])
    if base64.b64encode(raw).decode() != signature[1]:
        raise SignatureError("the signature is not spelt as it must be")
    parameters = found[INPUT].removeprefix("phusong=")
    claim = Claim(found[EPOCH], int(found[FIRST]), int(found[LAST]), found[CHAIN])
    return Signed(given[1], claim, found[DIGEST], raw, _base(method, path, found, parameters))


def _base(method: str, path: str, headers: dict[str, str], parameters: str) -> bytes:
    """The signature base of RFC 9421, section 2.5."""
    values = {"@method": method, "@path": path, **headers}
    lines = [f'"{name}": {values[name]}' for name in _COVERED]
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode("utf-8", "surrogateescape")
