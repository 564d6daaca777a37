"""Takes a new key in the place of the machine's present one, which signs it; the site and its history stay."""

import http.client
import ssl
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.identity.card import Card, finish, key_for
from agent.identity.enrol import EnrolError, post_once
from agent.uplink.connection import Way
from shared.wire.enrolment import ROTATE_PATH, Enrolled, rotate_request
from shared.wire.seal import is_genuine
from shared.wire.signature import Claim, key_id_of, read, sign

_NOTHING = Claim("rotation", 0, 0, "0" * 32)
"""A rotation brings no records and takes no step in the chain: sent twice it is the same rotation."""


def rotate(card: Card, state: Path, way: Way, tls: ssl.SSLContext | None, fresh: bytes) -> Card:
    """Rotate and write the new card; ``fresh`` is the seed of a new key, 32 bytes.

    May be repeated after it broke off anywhere. Raises EnrolError, AwayError, and OSError where the state folder cannot
    be written.
    """
    old = Ed25519PrivateKey.from_private_bytes(card.key)
    old_id = key_id_of(old.public_key())
    new = Ed25519PrivateKey.from_private_bytes(key_for(state, old_id, fresh))
    body = msgspec.json.encode(rotate_request(old_id, new))
    headers = sign("POST", ROTATE_PATH, _NOTHING, body, old)
    signature = read("POST", ROTATE_PATH, headers.items()).signature
    status, answer, seal = post_once(way, tls, ROTATE_PATH, body, headers)
    if not is_genuine(Ed25519PublicKey.from_public_bytes(card.collector_key), seal, signature, answer):
        raise EnrolError(_why(status, answer))
    enrolled = msgspec.json.decode(answer, type=Enrolled)
    if enrolled.key_id != key_id_of(new.public_key()) or enrolled.site != card.site:
        raise EnrolError("the collector answered for another key or another site")
    rotated = msgspec.structs.replace(card, key=new.private_bytes_raw())
    finish(state, rotated, enrolled.chain)
    return rotated


def _why(status: int, answer: bytes) -> str:
    if status == http.client.OK:
        return "the answer is not sealed by the collector that this machine joined"
    try:
        return msgspec.json.decode(answer, type=dict[str, str])["error"][:200]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
        return f"status {status}: is this the collector's address?"
