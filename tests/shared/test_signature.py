"""The signature of requests: the same bytes as RFC 9421 says, and nothing but the exact request passes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)
from hypothesis import given
from hypothesis import strategies as some

from shared.wire.signature import (
    CHAIN,
    DIGEST,
    EPOCH,
    FIRST,
    HEADERS,
    INPUT,
    LAST,
    SIGNATURE,
    Claim,
    SignatureError,
    key_id_of,
    read,
    sign,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PATH = "/api/v1/batches"
BODY = b"phs\x01a small body"
CLAIM = Claim("0123456789abcdef", 7, 1009, "00112233445566778899aabbccddeeff")
CLAIMS = some.builds(
    Claim,
    some.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    some.integers(0, 2**62),
    some.integers(0, 2**62),
    some.from_regex(r"[0-9a-f]{32}", fullmatch=True),
)


@dataclass
class Message:
    """A request as the other implementation wants it."""

    headers: dict[str, str]
    method: str = "POST"
    url: str = f"https://collector.example{PATH}"


class Keys(HTTPSignatureKeyResolver):
    def resolve_public_key(self, key_id: str) -> Any:
        return KEY.public_key() if key_id == key_id_of(KEY.public_key()) else None

    def resolve_private_key(self, key_id: str) -> Any:  # noqa: ARG002 - the interface names it
        return KEY


class Verifier(HTTPMessageVerifier):
    require_created = False


def accepted(method: str, path: str, headers: list[tuple[str, str]], body: bytes, key: Ed25519PublicKey) -> bool:
    try:
        signed = read(method, path, headers)
        signed.verify(key)
        signed.verify_body(body)
    except SignatureError:
        return False
    return signed.key_id == key_id_of(key)


def flipped(data: bytes) -> Iterator[bytes]:
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


@given(CLAIMS, some.binary(max_size=64))
def test_what_is_signed_is_read_back_and_verified(claim: Claim, body: bytes) -> None:
    headers = sign("POST", PATH, claim, body, KEY)

    assert read("POST", PATH, headers.items()).claim == claim
    assert accepted("POST", PATH, list(headers.items()), body, KEY.public_key())


@given(CLAIMS, some.binary(max_size=64))
def test_another_implementation_of_the_rfc_verifies_our_signature(claim: Claim, body: bytes) -> None:
    message = Message(sign("POST", PATH, claim, body, KEY))
    verifier = Verifier(signature_algorithm=algorithms.ED25519, key_resolver=Keys())

    found = verifier.verify(
        message, max_age=None, expect_tag="phusong", require_components=("@method", "@path", *HEADERS[:5]), body=body
    )

    assert [result.parameters["keyid"] for result in found] == [key_id_of(KEY.public_key())]


@given(CLAIMS, some.binary(max_size=64))
def test_another_implementation_of_the_rfc_signs_the_same_bytes(claim: Claim, body: bytes) -> None:
    ours = sign("POST", PATH, claim, body, KEY)
    message = Message({name: ours[name] for name in (DIGEST, EPOCH, FIRST, LAST, CHAIN)})
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=Keys())
    prepared = signer.prepare(
        message,
        key_id=key_id_of(KEY.public_key()),
        tag="phusong",
        use_existing_digest=True,
        covered_component_ids=("@method", "@path", DIGEST, EPOCH, FIRST, LAST, CHAIN),
    )
    without_time = "\n".join(
        line if "@signature-params" not in line else f'"@signature-params": {ours[INPUT].removeprefix("phusong=")}'
        for line in bytes(prepared.signature_base).decode().splitlines()
    )

    assert KEY.sign(without_time.encode()) == read("POST", PATH, ours.items()).signature


def test_every_flipped_bit_of_a_signed_request_is_refused() -> None:
    headers = sign("POST", PATH, CLAIM, BODY, KEY)
    public = KEY.public_key()
    parts = {"method": b"POST", "path": PATH.encode(), "body": BODY, **{n: v.encode() for n, v in headers.items()}}
    tried = 0
    for part, whole in parts.items():
        for changed in flipped(whole):
            now = {**parts, part: changed}
            told = [(name, now[name].decode("latin-1").strip()) for name in headers]
            assert not accepted(
                now["method"].decode("latin-1"), now["path"].decode("latin-1"), told, now["body"], public
            ), (part, changed)
            tried += 1

    assert tried == 8 * sum(map(len, parts.values()))
    assert accepted("POST", PATH, list(headers.items()), BODY, public)


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_is_missing_or_stands_twice_is_refused(name: str) -> None:
    headers = list(sign("POST", PATH, CLAIM, BODY, KEY).items())
    without = [pair for pair in headers if pair[0] != name]
    twice = [*headers, *(pair for pair in headers if pair[0] == name)]

    assert not accepted("POST", PATH, without, BODY, KEY.public_key())
    assert not accepted("POST", PATH, [(n, str(v.encode(), "ascii")) for n, v in twice], BODY, KEY.public_key())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (FIRST, "07"),
        (FIRST, "+7"),
        (LAST, "1009 "),
        (LAST, "٣"),
        (CHAIN, "00112233445566778899AABBCCDDEEFF"),
        (SIGNATURE, "phusong=::"),
        (EPOCH, "a\nb"),
    ],
)
def test_another_spelling_of_a_header_is_refused(name: str, text: str) -> None:
    headers = {**sign("POST", PATH, CLAIM, BODY, KEY), name: text}

    with pytest.raises(SignatureError):
        read("POST", PATH, headers.items())


def test_another_key_is_refused() -> None:
    headers = list(sign("POST", PATH, CLAIM, BODY, KEY).items())

    assert not accepted("POST", PATH, headers, BODY, Ed25519PrivateKey.generate().public_key())
