"""Makes a machine one of the collector's: key, trust, one request, and the card on disk; the secret is never sent."""

import http.client
import ssl
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.identity.card import Card, CardError, finish, key_for, read_card
from agent.identity.trust import find_authorities, pinned_tls, public_tls
from agent.uplink.connection import AwayError, Line, Way, connection_to, in_a_line, limited
from shared.secret import Secret
from shared.wire.enrolment import PATH, Enrolled, EnrolRequest, enrol_request, invitation_id
from shared.wire.joincode import JoinCode
from shared.wire.reading import Objection
from shared.wire.seal import HEADER as SEAL
from shared.wire.seal import is_genuine
from shared.wire.signature import key_id_of

_ANSWER_LIMIT_BYTES = 64 * 1024
_TIMEOUT_SECONDS = 20.0


class EnrolError(Exception):
    """The machine is not enrolled; one line says why."""


def enrol(code: JoinCode, state: Path, proxy: Secret | None, fresh: bytes, *, doubts_clock: bool = False) -> Card:
    """Enrol with the code and write the card; ``fresh`` is the seed of a new key, 32 bytes.

    Where the machine ``doubts_clock``, its own, the time in certificates counts for nothing.
    May be repeated after it broke off anywhere. Raises :class:`EnrolError`, TrustError, AwayError, and OSError where
    the state folder cannot be written.
    """
    way = Way(code.address, _TIMEOUT_SECONDS, proxy=proxy)
    identifier = invitation_id(code.secret)
    present = _present(state, identifier)
    seed = present.key if present is not None else key_for(state, identifier, fresh)
    key = Ed25519PrivateKey.from_private_bytes(seed)
    authorities: tuple[str, ...] = ()
    tls = None
    if code.address.startswith("https://"):
        authorities = find_authorities(way, code.pins) if code.pins else ()
        tls = pinned_tls(authorities) if code.pins else public_tls(doubts_clock=doubts_clock)
    request = enrol_request(code.secret, key)
    enrolled = _answer(*post_once(way, tls, PATH, msgspec.json.encode(request), {}), request)
    if enrolled.key_id != key_id_of(key.public_key()) or enrolled.site != code.site:
        raise EnrolError("the collector enrolled another key or another site than this code's")
    if present is not None:
        return present
    card = Card(
        agent=enrolled.agent,
        site=enrolled.site,
        url=code.address,
        key=key.private_bytes_raw(),
        collector_key=enrolled.collector_key,
        pins=code.pins,
        authorities=authorities,
        invitation=identifier,
    )
    finish(state, card, enrolled.chain)
    return card


def _present(state: Path, invitation: str) -> Card | None:
    """The card that this very invitation made: whoever types the code again did not see that it had worked."""
    try:
        card = read_card(state)
    except CardError:
        return None  # a new code is what mends it
    return card if card is not None and card.invitation == invitation else None


def post_once(
    way: Way, tls: ssl.SSLContext | None, path: str, body: bytes, headers: dict[str, str]
) -> tuple[int, bytes, str]:
    """Status, body and seal of the answer to some JSON; raises AwayError."""
    line = Line(connection_to(way, tls))
    try:
        plain = {"Content-Type": "application/json", "Connection": "close"}
        with limited(line, 2 * way.timeout_seconds):
            line.connection.connect()
            line.go_on()
            line.connection.request("POST", path, body, {**plain, **headers})
            answer = line.connection.getresponse()
            text = answer.read(_ANSWER_LIMIT_BYTES)
            line.keep()
        return answer.status, text, answer.headers.get(SEAL) or ""
    except (OSError, http.client.HTTPException) as error:
        raise AwayError(in_a_line(error)) from None
    finally:
        line.connection.close()


def why_refused(status: int, body: bytes) -> str:
    """Why the collector says no, in its own words, or that it may have been somebody else."""
    try:
        return msgspec.json.decode(body, type=Objection).error[:200]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return f"status {status}: is this the collector's address?"


def _answer(status: int, body: bytes, seal: str, request: EnrolRequest) -> Enrolled:
    if status != http.HTTPStatus.OK:
        raise EnrolError(why_refused(status, body))
    try:
        enrolled = msgspec.json.decode(body, type=Enrolled)
        collector = Ed25519PublicKey.from_public_bytes(enrolled.collector_key)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        raise EnrolError("the answer is not a phusong collector's") from None
    if not is_genuine(collector, seal, request.possession, body):
        raise EnrolError("the answer is not sealed with the key that it names")
    return enrolled
