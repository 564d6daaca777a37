"""What is said when a machine enrols; the secret of the join code is never among it, only what it can sign.

The secret is the seed of an Ed25519 key. The collector keeps that key's public half and a digest of the secret to
find it by, so that neither its file nor the line gives a code away.
"""

import hashlib

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PATH = "/api/v1/enrol"
ROTATE_PATH = "/api/v1/rotate"
_PURPOSE = b"phusong enrol 1\n"
_ROTATE_PURPOSE = b"phusong rotate 1\n"


class EnrolRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of ``POST /api/v1/enrol``, JSON; bytes are base64."""

    invitation: str
    """Which invitation: :func:`invitation_id` of the secret."""
    public_key: bytes
    """The machine's own new key, 32 bytes."""
    proof: bytes
    """Signature with the invitation's key: whoever sends this holds the code."""
    possession: bytes
    """Signature with the machine's own key: whoever sends this holds it."""


class RotateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of ``POST /api/v1/rotate``, JSON, in a request that the present key signs."""

    public_key: bytes
    possession: bytes


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to both, JSON, sealed; at an enrolment ``possession`` stands for the request's signature."""

    agent: str
    """Name by which the collector knows the machine."""
    site: str
    key_id: str
    chain: str
    """What the first batch presents."""
    collector_key: bytes
    """Public key of the collector's seal, 32 bytes."""
    server_time_ns: int


def invitation_id(secret: bytes) -> str:
    """By which an invitation is found: SHA-256, hexadecimal."""
    return hashlib.sha256(b"phusong invitation id\n" + secret).hexdigest()


def invitation_key(secret: bytes) -> Ed25519PrivateKey:
    """The key that a code's secret stands for."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"phusong invitation key\n" + secret).digest())


def enrol_request(secret: bytes, key: Ed25519PrivateKey) -> EnrolRequest:
    """What a machine with this code and this key sends."""
    public = key.public_key().public_bytes_raw()
    covered = _covered(invitation_id(secret), public)
    return EnrolRequest(
        invitation=invitation_id(secret),
        public_key=public,
        proof=invitation_key(secret).sign(covered),
        possession=key.sign(covered),
    )


def is_proven(request: EnrolRequest, verifier: bytes) -> bool:
    """Whether the sender holds the code whose key's public half is ``verifier``, and the key that it names."""
    covered = _covered(request.invitation, request.public_key)
    return _has_signed(verifier, request.proof, covered) and proves_possession(request)


def proves_possession(request: EnrolRequest) -> bool:
    """Whether the sender holds the key that it names, whatever the code is."""
    return _has_signed(request.public_key, request.possession, _covered(request.invitation, request.public_key))


def rotate_request(old_key_id: str, new: Ed25519PrivateKey) -> RotateRequest:
    """What a machine sends, signed with its old key, to put a new one in its place."""
    public = new.public_key().public_bytes_raw()
    return RotateRequest(public_key=public, possession=new.sign(_ROTATE_PURPOSE + old_key_id.encode() + b"\n" + public))


def is_possessed(request: RotateRequest, old_key_id: str) -> bool:
    """Whether the sender holds the new key too, and meant it to follow the old one."""
    covered = _ROTATE_PURPOSE + old_key_id.encode() + b"\n" + request.public_key
    return _has_signed(request.public_key, request.possession, covered)


def _covered(invitation: str, public: bytes) -> bytes:
    return _PURPOSE + invitation.encode("utf-8", "surrogateescape") + b"\n" + public


def _has_signed(public: bytes, signature: bytes, covered: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, covered)
    except (InvalidSignature, ValueError):
        return False
    return True
