"""What an enrolled agent believes: the collector's answer to this very request; of strangers only their troubles."""

from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.identity.card import Card, chain_path, finish, read_card
from agent.identity.chain_file import read_chain
from agent.identity.proof import KeyProof
from agent.uplink.answer import Reply
from agent.uplink.connection import AwayError
from agent.uplink.proof import Stamp
from shared.logs import Limited
from shared.wire.reading import Acknowledgement, Objection
from shared.wire.seal import seal
from shared.wire.signature import CHAIN, read
from tests.peers.village import HandClock, Heard

PATH = "/api/v1/batches"
STAMP = Stamp("epoch", 1, 2)
COLLECTOR = Ed25519PrivateKey.from_private_bytes(b"c" * 32)
FIRST, NEXT = "1" * 32, "2" * 32
CARD = Card(
    agent="a", site="s", url="https://x", key=b"k" * 32, collector_key=COLLECTOR.public_key().public_bytes_raw()
)
ACKNOWLEDGED = msgspec.json.encode(Acknowledgement(stored=2, duplicates=0, server_time_ns=1, chain=NEXT))


@pytest.fixture
def proof(tmp_path: Path) -> KeyProof:
    finish(tmp_path, CARD, FIRST)
    return KeyProof(tmp_path, CARD, Limited(Heard(), HandClock()))


def sealed(sent: dict[str, str], status: int, body: bytes, key: Ed25519PrivateKey = COLLECTOR) -> Reply:
    return Reply(status, body, "", seal(key, read("POST", PATH, sent.items()).signature, body))


def test_a_sealed_acknowledgement_is_believed_and_its_chain_is_on_disk_first(proof: KeyProof, tmp_path: Path) -> None:
    sent = proof.headers(PATH, b"body", STAMP)

    assert sent[CHAIN] == FIRST
    assert proof.believe(sent, sealed(sent, 200, ACKNOWLEDGED)).status == 200
    assert read_chain(chain_path(tmp_path, CARD)).value == NEXT
    assert proof.headers(PATH, b"body", STAMP)[CHAIN] == NEXT


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 413])
def test_an_answer_without_the_collectors_seal_is_none(proof: KeyProof, status: int) -> None:
    """Or whatever stands in between could make a machine forget its records, or set them apart for ever."""
    sent = proof.headers(PATH, b"body", STAMP)
    other = proof.headers(PATH, b"another body", STAMP)
    thief = Ed25519PrivateKey.generate()
    forged = [
        Reply(status, ACKNOWLEDGED),
        sealed(sent, status, ACKNOWLEDGED, thief),
        sealed(other, status, ACKNOWLEDGED),
        Reply(status, ACKNOWLEDGED, "", "no base64"),
    ]
    for reply in forged:
        with pytest.raises(AwayError, match="without the collector's seal"):
            proof.believe(sent, reply)
    assert proof.headers(PATH, b"body", STAMP)[CHAIN] == FIRST


def test_a_proxys_trouble_is_a_reason_to_come_again(proof: KeyProof) -> None:
    sent = proof.headers(PATH, b"body", STAMP)

    assert proof.believe(sent, Reply(502, b'{"error": "", "server_time_ns": 4000000000000000000}', "7")) == Reply(
        502, b"", "7"
    ), "anybody's time is nobody's"


def test_later_does_not_become_never_on_the_way(proof: KeyProof) -> None:
    """What is sealed is the body: whoever ends TLS in between could make another status of it, and bury records."""
    sent = proof.headers(PATH, b"body", STAMP)
    busy = msgspec.json.encode(Objection("come again", 7, status=503))
    for status in (400, 413, 401, 500):
        with pytest.raises(AwayError, match=f"status {status} where the collector said 503"):
            proof.believe(sent, sealed(sent, status, busy))

    assert proof.believe(sent, sealed(sent, 503, busy)).body == busy


def test_only_a_sealed_challenge_is_signed(proof: KeyProof) -> None:
    sent = proof.headers(PATH, b"body", STAMP)
    body = msgspec.json.encode({"error": "old", "challenge": NEXT})
    with pytest.raises(AwayError):
        proof.believe(sent, Reply(401, body))
    assert proof.headers(PATH, b"body", STAMP)[CHAIN] == FIRST
    proof.believe(sent, sealed(sent, 401, body))

    assert proof.headers(PATH, b"body", STAMP)[CHAIN] == NEXT


def test_a_card_that_was_written_since_counts_from_the_next_request_on(proof: KeyProof, tmp_path: Path) -> None:
    before = proof.headers(PATH, b"body", STAMP)
    finish(tmp_path, msgspec.structs.replace(CARD, key=b"n" * 32), NEXT)
    after = proof.headers(PATH, b"body", STAMP)

    assert read("POST", PATH, before.items()).key_id != read("POST", PATH, after.items()).key_id
    assert after[CHAIN] == NEXT
    assert read_card(tmp_path) != CARD
