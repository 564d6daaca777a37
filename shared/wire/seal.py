"""The collector's seal on an answer: an Ed25519 signature over the request's signature and the answer's body.

An agent that knows the collector's key believes no other answer: a proxy cannot make it forget records, an answer to
another request does not count, and the time in it is the collector's.
"""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

HEADER = "phusong-seal"
_PURPOSE = b"phusong seal 1\n"


def seal(key: Ed25519PrivateKey, request_signature: bytes, body: bytes) -> str:
    """The header's value; ``request_signature`` has 64 bytes."""
    return base64.b64encode(key.sign(_PURPOSE + request_signature + body)).decode()


def is_genuine(public: Ed25519PublicKey, header: str, request_signature: bytes, body: bytes) -> bool:
    """Whether the collector with this key gave this answer to that request."""
    try:
        public.verify(base64.b64decode(header, validate=True), _PURPOSE + request_signature + body)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
