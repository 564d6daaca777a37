"""Takes a new key in the place of the machine's present one, which signs it; the site and its history stay."""

import http.client
from collections.abc import Callable
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.identity.card import Card, card_path, chain_path, finish, key_for
from agent.identity.chain_file import read_chain
from agent.identity.enrol import EnrolError, why_refused
from agent.identity.proof import NO_CHAIN
from agent.identity.turn import turn
from shared.wire.enrolment import ROTATE_PATH, Enrolled, rotate_request
from shared.wire.seal import is_genuine
from shared.wire.signature import Claim, key_id_of, read, sign

_TURN_SECONDS = 20.0
Ask = Callable[[str, bytes, dict[str, str]], tuple[int, bytes, str]]
"""Posts a body with headers to a path; gives status, body and seal of the answer, or raises AwayError."""


def rotate(card: Card, state: Path, ask: Ask, fresh: bytes) -> Card:
    """Rotate and write the new card; ``fresh`` is the seed of a new key, 32 bytes. No batch is under way meanwhile.

    May be repeated after it broke off anywhere. Raises EnrolError, AwayError, and OSError where the state folder cannot
    be written.
    """
    with turn(card_path(state).parent, _TURN_SECONDS):
        old = Ed25519PrivateKey.from_private_bytes(card.key)
        old_id = key_id_of(old.public_key())
        new = Ed25519PrivateKey.from_private_bytes(key_for(state, old_id, fresh))
        body = msgspec.json.encode(rotate_request(old_id, new))
        # It brings no records, but takes a step: whoever has an old image of this disk cannot take it.
        claim = Claim("rotation", 0, 0, read_chain(chain_path(state, card)).value or NO_CHAIN)
        headers = sign("POST", ROTATE_PATH, claim, body, old)
        signature = read("POST", ROTATE_PATH, headers.items()).signature
        status, answer, seal = ask(ROTATE_PATH, body, headers)
        if status != http.client.OK:
            raise EnrolError(why_refused(status, answer))
        if not is_genuine(Ed25519PublicKey.from_public_bytes(card.collector_key), seal, signature, answer):
            raise EnrolError("the answer is not sealed by the collector that this machine joined")
        enrolled = _enrolled(answer)
        if enrolled.key_id != key_id_of(new.public_key()) or enrolled.site != card.site:
            raise EnrolError("the collector answered for another key or another site")
        rotated = msgspec.structs.replace(card, key=new.private_bytes_raw())
        finish(state, rotated, enrolled.chain)
    return rotated


def _enrolled(answer: bytes) -> Enrolled:
    try:
        return msgspec.json.decode(answer, type=Enrolled)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise EnrolError("the answer is not a phusong collector's") from None
