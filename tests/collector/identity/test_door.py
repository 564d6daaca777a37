"""Keys at the door of a running collector: who has none, another's, an old or a copied one, stays outside."""

import base64
import http.client
import json
import random
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from collector.identity.pace import KEYS_A_DAY
from lab.ports import free_port
from shared.wire.codec import encode_batch
from shared.wire.enrolment import ROTATE_PATH, Enrolled, enrol_request, rotate_request
from shared.wire.seal import is_genuine
from shared.wire.signature import Claim, sign
from tests.peers.enrolled import BATCHES, Machine, batch, command, enrol, invited, machine, post
from tests.peers.programs import PYTHON, get, running, until

FORGERIES = 2000
AT_ONCE = 50
SITES = tuple(map(str, range(1, 20)))


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    sites = [{"id": site, "name": f"Xã {site}"} for site in SITES]
    (folder / "sites.yaml").write_text(yaml.safe_dump({"sites": sites}), encoding="utf-8")
    content = {
        "listen": {"port": free_port()},
        "state": str(folder / "state"),
        "inventory": "sites.yaml",
        "agents": [{"name": "province", "site": "province", "reports_on": "all"}],
        "enrolment": {"address": "http://127.0.0.1"},
        "evaluate_seconds": 0.2,
    }
    path = folder / "collector.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def port(config: Path) -> Iterator[int]:
    number = int(yaml.safe_load(config.read_text(encoding="utf-8"))["listen"]["port"])
    command_line = [PYTHON, "-m", "collector", "run", "--config", str(config)]
    with running("collector", command_line, config.parent) as program:
        until("the collector is ready", lambda: get(f"http://127.0.0.1:{number}/readyz"), program)
        yield number


def counted(port: int, line: str) -> float:
    page = get(f"http://127.0.0.1:{port}/metrics").splitlines()
    return next((float(each.split()[-1]) for each in page if each.startswith(line)), 0.0)


def is_about_now(answer: dict[str, Any]) -> bool:
    return abs(int(answer["server_time_ns"]) - time.time_ns()) < 60_000_000_000


def is_sealed(one: Machine, headers: dict[str, str], answer: tuple[int, dict[str, Any], str]) -> bool:
    """Whether it is the collector's answer to the request with these headers."""
    seal_key = Ed25519PublicKey.from_public_bytes(one.enrolled.collector_key)
    signature = base64.b64decode(headers.get("signature", "").removeprefix("phusong=:").removesuffix(":"))
    return is_genuine(seal_key, answer[2], signature, answer[1]["raw"])


def test_a_machine_with_a_code_gets_a_key_and_its_batches_are_taken_as_its_sites(port: int, config: Path) -> None:
    one = machine(port, invited("1", config))

    assert (one.enrolled.agent, one.enrolled.site) == ("1", "1")
    assert [one.send()[1]["stored"] for _ in range(3)] == [1, 1, 1]
    heard = 'phusong_agent_last_report_timestamp_seconds{agent="1",site="1"}'
    until("the machine is heard", lambda: counted(port, heard))


def test_a_code_used_many_times_at_once_has_one_winner(port: int, config: Path) -> None:
    code = invited("2", config)
    requests = [enrol_request(code.secret, Ed25519PrivateKey.generate()) for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda request: enrol(port, request), requests))

    assert sorted(status for status, _, _ in answers) == [200] + [401] * (AT_ONCE - 1)
    assert {answer["error"] for status, answer, _ in answers if status == 401} == {
        "this code was used already: ask for a new one"
    }


def test_whoever_lost_the_answer_to_an_enrolment_asks_again_and_gets_it(port: int, config: Path) -> None:
    code, key = invited("3", config), Ed25519PrivateKey.generate()
    answers = [enrol(port, enrol_request(code.secret, key)) for _ in range(2)]

    assert [status for status, _, _ in answers] == [200, 200]
    assert answers[0][1]["chain"] == answers[1][1]["chain"]


def test_a_code_of_nobodys_and_a_proof_that_does_not_fit_are_refused(port: int, config: Path) -> None:
    code = invited("3", config)
    right, stranger = (enrol_request(secret, Ed25519PrivateKey.generate()) for secret in (code.secret, bytes(16)))
    wrong = [
        stranger,
        msgspec.structs.replace(stranger, invitation=right.invitation),
        msgspec.structs.replace(right, public_key=stranger.public_key, possession=stranger.possession),
        msgspec.structs.replace(right, possession=right.proof),
        msgspec.structs.replace(right, proof=right.possession),
    ]

    answers = [enrol(port, request) for request in wrong]
    assert [status for status, _, _ in answers] == [401] * len(wrong)
    assert all(is_about_now(answer) and answer["status"] == 401 for _, answer, _ in answers)
    status, malformed, _ = post(port, "/api/v1/enrol", b'{"invitation": 5}', {})
    assert status == 400
    assert is_about_now(malformed)
    assert post(port, "/api/v1/enrol", bytes(5000), {})[0] == 413
    status, good, _ = enrol(port, right)
    assert status == 200
    seal_key = Ed25519PublicKey.from_public_bytes(msgspec.json.decode(good["raw"], type=Enrolled).collector_key)
    sealed = [
        is_genuine(seal_key, seal, request.possession, answer["raw"])
        for request, (_, answer, seal) in zip(wrong, answers, strict=True)
    ]
    assert sealed == [True, False, False, False, True], "none for whoever names a key and does not hold it"


def test_forged_flipped_and_replayed_requests_are_not_taken(port: int, config: Path) -> None:
    """10^5 of them in the long proof."""
    one = machine(port, invited("4", config))
    draw = random.Random(4)
    old = [one.request() for _ in range(3)]
    for body, headers in old:
        one.chain = str(post(port, BATCHES, body, headers)[1].get("chain") or one.chain)
    one.send()
    one.send()
    before = counted(port, 'phusong_collector_ingest_records_total{seen="new"}')
    thief = Machine(port, Ed25519PrivateKey.generate(), one.enrolled, one.chain, one.sequence)
    taken = 0
    with ThreadPoolExecutor(8) as pool:
        tries = [_wrong(draw, one, thief, old) for _ in range(FORGERIES)]
        taken = sum(status == 200 for status, _, _ in pool.map(lambda each: post(port, BATCHES, *each), tries))

    assert taken == 0
    assert counted(port, 'phusong_collector_ingest_records_total{seen="new"}') == before
    assert one.send()[0] == 200


def _wrong(
    draw: random.Random, one: Machine, thief: Machine, old: list[tuple[bytes, dict[str, str]]]
) -> tuple[bytes, dict[str, str]]:
    kind = draw.choice(["forged", "flipped", "replayed"])
    if kind == "replayed":
        return old[0]
    if kind == "forged":
        body, headers = thief.request()
        named = headers["signature-input"].replace(
            headers["signature-input"].split('keyid="')[1][:64], one.enrolled.key_id
        )
        return body, {**headers, "signature-input": draw.choice([headers["signature-input"], named])}
    body, headers = one.request()
    part = draw.choice(["body", *headers])
    whole = bytearray(body if part == "body" else headers[part].encode())
    place = draw.randrange(len(whole))
    whole[place] = (whole[place] ^ (1 << draw.randrange(7))) if part == "body" else _other(draw, whole[place])
    return (bytes(whole), headers) if part == "body" else (body, {**headers, part: whole.decode("ascii")})


def _other(draw: random.Random, letter: int) -> int:
    """Another letter that HTTP lets through."""
    return draw.choice([other for other in range(0x21, 0x7F) if other != letter])


def test_a_right_body_under_anothers_signature_is_not_taken(port: int, config: Path) -> None:
    """As a proxy that ends TLS could write one: it decodes, and names the same sequences."""
    one = machine(port, invited("3", config))
    _, headers = one.request()
    own = batch("3", [one.sequence], sites=("3", "3"), epoch=one.epoch)
    status, answer, _ = post(port, BATCHES, encode_batch(own), headers)

    assert (status, answer["error"]) == (401, "the body is not the one that was signed")


def test_a_revoked_key_is_refused_at_the_next_request(port: int, config: Path) -> None:
    one = machine(port, invited("5", config))
    assert one.send()[0] == 200
    done = command("revoke", "5", "--config", str(config))
    begun = time.monotonic()
    status, answer = one.send()

    assert done.stdout == "5: 1 key revoked, 0 unused codes cancelled\n"
    assert (status, answer["error"]) == (401, "this key was revoked: enrol again with a new join code")
    assert time.monotonic() - begun < 1.0
    assert counted(port, 'phusong_collector_ingest_rejected_total{reason="revoked"}') >= 1


def test_a_key_revoked_in_the_middle_of_an_upload_brings_nothing_in(port: int, config: Path) -> None:
    one = machine(port, invited("6", config))
    body, headers = one.request()
    head = f"POST {BATCHES} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as line:
        line.sendall(head.encode() + b"\r\n" + body[:20])
        assert command("revoke", "6", "--config", str(config)).returncode == 0
        line.sendall(body[20:])
        answer = b"".join(iter(lambda: line.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 401")


def test_a_new_code_ends_the_old_key_and_the_site_stays_the_same(port: int, config: Path) -> None:
    first = machine(port, invited("7", config))
    assert first.send()[0] == 200
    second = machine(port, invited("7", config))

    assert first.send()[0] == 401
    assert second.send()[0] == 200
    assert second.enrolled.agent == first.enrolled.agent


def test_a_copied_disk_is_found_kept_apart_and_goes_on_when_an_operator_says_so(port: int, config: Path) -> None:
    one = machine(port, invited("8", config))
    one.send()
    copy = one.copy()
    for _ in range(3):
        assert one.send()[0] == 200
    status, answer = copy.send()
    assert (status, answer["error"]) == (401, "the chain value is an old one")
    copy.chain = answer["challenge"]
    status, answer = copy.send()

    assert (status, answer["error"][:40]) == (403, "agent 8: two machines seem to hold the k")
    assert one.send()[0] == 403
    until("the metric says so", lambda: counted(port, 'phusong_agent_key_suspected{agent="8",site="8"}'))
    done = command("accept", "8", "--config", str(config))
    assert done.stdout == "8: 1 key accepted: each goes on from what it presents next\n"
    assert one.send()[0] == 200


def test_a_replay_of_an_old_request_brings_its_owner_under_no_suspicion(port: int, config: Path) -> None:
    one = machine(port, invited("9", config))
    captured = one.request()
    post(port, BATCHES, *captured)
    one.chain = str(post(port, BATCHES, *captured)[1]["chain"])
    for _ in range(3):
        assert one.send()[0] == 200
    replies = [post(port, BATCHES, *captured) for _ in range(20)]

    assert {status for status, _, _ in replies} == {401}
    assert one.send()[0] == 200


def test_readings_of_other_sites_are_put_aside_and_counted_and_the_others_taken(port: int, config: Path) -> None:
    one = machine(port, invited("10", config))
    before = counted(port, "phusong_collector_readings_foreign_total")
    status, answer = one.send(sites=("10", "11", "12"))

    assert (status, answer["stored"]) == (200, 1)
    assert counted(port, "phusong_collector_readings_foreign_total") == before + 2
    page = f"http://127.0.0.1:{port}/metrics"
    until("its own is shown", lambda: 'site="10",' in get(page).split("probe_success", 1)[1])
    assert "router-11" not in get(page)


def test_an_agent_of_which_the_settings_say_so_tells_of_all_sites(port: int, config: Path) -> None:
    province = machine(port, invited("province", config))
    before = counted(port, "phusong_collector_readings_foreign_total")

    assert province.enrolled.agent == "province"
    assert province.send(sites=("11", "12"))[0] == 200
    assert counted(port, "phusong_collector_readings_foreign_total") == before


@pytest.mark.parametrize(
    "name", ["x-forwarded-for", "x-ssl-client-s-dn", "x-real-ip", "forwarded", "remote-user", "authorization"]
)
def test_no_header_makes_a_machine_another(port: int, config: Path, name: str) -> None:
    one = machine(port, invited("11", config))
    body, headers = one.request()
    status, answer, _ = post(port, BATCHES, body, {**headers, name: "Bearer province"})

    assert (status, answer["stored"]) == (200, 1)


def test_a_batch_in_anothers_name_or_with_other_sequences_than_signed_is_refused(port: int, config: Path) -> None:
    one = machine(port, invited("12", config))
    other = one.signed(batch("province", [1], sites=("1",)))
    body = encode_batch(batch("12", [2, 3], sites=("12",)))
    claims = [Claim("e", 2, 4, one.chain), Claim("e", 1, 3, one.chain), Claim("other", 2, 3, one.chain)]

    assert post(port, BATCHES, *other)[0] == 403
    for claim in claims:
        assert post(port, BATCHES, body, sign("POST", BATCHES, claim, body, one.key))[0] == 401
    assert post(port, BATCHES, body, sign("POST", "/api/v1/enrol", claims[0], body, one.key))[0] == 401


def test_a_rotation_is_believed_of_the_key_that_it_ends_only(port: int, config: Path) -> None:
    one, other = machine(port, invited("1", config)), machine(port, invited("2", config))
    new = Ed25519PrivateKey.generate()
    wrong = rotation(other, new, one.enrolled.key_id)
    unsigned = (wrong[0], {"authorization": "Bearer x"})
    stolen = rotation(one, new, other.enrolled.key_id)

    answers = [post(port, ROTATE_PATH, *each) for each in (wrong, unsigned, stolen)]
    assert [status for status, _, _ in answers] == [401, 401, 401]
    assert all(is_about_now(answer) and answer["status"] == 401 for _, answer, _ in answers)
    asked = (wrong[1], unsigned[1], stolen[1])
    sealed = [is_sealed(one, headers, answer) for headers, answer in zip(asked, answers, strict=True)]
    assert sealed == [True, False, True]
    right = rotation(one, new, one.enrolled.key_id)
    first, again = post(port, ROTATE_PATH, *right), post(port, ROTATE_PATH, *right)
    assert (first[0], again[0], first[1]["chain"] == again[1]["chain"]) == (200, 200, True)
    assert one.send()[0] == 200, "both keys are valid until the new one has sent"
    next_one = successor(one, new, first[1])
    assert next_one.send()[0] == 200
    status, answer = one.send()
    assert (status, answer["error"]) == (401, "this key was replaced by a newer one")


def test_a_rotation_whose_answer_was_lost_costs_nothing_however_long_the_old_key_goes_on(
    port: int, config: Path
) -> None:
    one, new = machine(port, invited("13", config)), Ed25519PrivateKey.generate()
    lost = rotation(one, new, one.enrolled.key_id)
    assert post(port, ROTATE_PATH, *lost)[0] == 200
    assert [one.send()[0] for _ in range(3)] == [200] * 3
    late = post(port, ROTATE_PATH, *lost)
    status, answer, _ = post(port, ROTATE_PATH, *rotation(one, new, one.enrolled.key_id))
    next_one = successor(one, new, answer)

    assert (late[0], late[1]["error"]) == (401, "the chain value is an old one")
    assert status == 200
    assert [next_one.send()[0] for _ in range(3)] == [200] * 3
    assert not suspected(port, "13")


def test_an_old_image_of_a_disk_gets_no_key_of_its_own(port: int, config: Path) -> None:
    """A batch has to present the chain; what makes the next key must not ask for less."""
    one = machine(port, invited("14", config))
    thief = one.copy()
    assert [one.send()[0] for _ in range(2)] == [200] * 2
    status, answer, _ = post(port, ROTATE_PATH, *rotation(thief, Ed25519PrivateKey.generate(), one.enrolled.key_id))

    assert (status, answer["error"]) == (401, "the chain value is an old one")
    assert one.send()[0] == 200
    thief.chain = "0" * 32  # as before a rotation had a place in the chain
    assert post(port, ROTATE_PATH, *rotation(thief, Ed25519PrivateKey.generate(), one.enrolled.key_id))[0] == 401


def test_a_copied_disk_that_rotates_first_is_found_by_the_machine_that_it_shut_out(port: int, config: Path) -> None:
    one = machine(port, invited("15", config))
    assert one.send()[0] == 200
    thief = rotated(one.copy())
    assert thief.send()[0] == 200
    status, answer = one.send()
    assert (status, answer["error"]) == (401, "this key was replaced by a newer one")
    assert thief.send()[0] == 200, "whoever has captured a request of the old key could have sent that"
    one.chain = answer["challenge"]

    assert one.send()[0] == 403
    assert thief.send()[0] == 403
    until("the metric says so", lambda: suspected(port, "15"))
    assert command("accept", "15", "--config", str(config)).returncode == 0
    assert thief.send()[0] == 200
    one.chain = one.send()[1]["challenge"]
    assert (one.send()[0], thief.send()[0]) == (403, 403), "accepted in vain: both are still there"
    assert command("revoke", "15", "--config", str(config)).returncode == 0
    again = machine(port, invited("15", config))
    assert (again.send()[0], one.send()[0], thief.send()[0]) == (200, 401, 401)
    one.chain = str(one.send()[1].get("challenge") or one.chain)
    assert (one.send()[0], again.send()[0]) == (401, 200), "what was revoked accuses nobody"


def test_of_two_machines_that_rotate_one_key_both_are_stopped(port: int, config: Path) -> None:
    one = machine(port, invited("16", config))
    assert one.send()[0] == 200
    first, second = rotated(one), rotated(one.copy())

    assert second.send()[0] == 200
    first.chain = first.send()[1]["challenge"]
    assert (first.send()[0], second.send()[0]) == (403, 403)
    until("the metric says so", lambda: suspected(port, "16"))


def test_a_key_that_was_made_of_an_old_image_does_not_begin(port: int, config: Path) -> None:
    """It was made while the value was new, and waits; the machine goes on meanwhile."""
    one = machine(port, invited("17", config))
    thief = rotated(one.copy())
    assert [one.send()[0] for _ in range(2)] == [200] * 2
    status, answer = thief.send()
    thief.chain = answer["challenge"]

    assert (status, answer["error"]) == (401, "the chain value is an old one")
    assert (thief.send()[0], one.send()[0]) == (403, 403)
    until("the metric says so", lambda: suspected(port, "17"))


def test_replays_of_a_replaced_key_bring_nobody_under_suspicion_and_hide_nobody(port: int, config: Path) -> None:
    one = machine(port, invited("18", config))
    captured = one.request()
    one.chain = str(post(port, BATCHES, *captured)[1]["chain"])
    thief = one.copy()
    one = rotated(one)
    assert one.send()[0] == 200
    assert {post(port, BATCHES, *captured)[0] for _ in range(20)} == {401}
    assert one.send()[0] == 200
    assert not suspected(port, "18")

    thief.chain = thief.send()[1]["challenge"]
    assert {post(port, BATCHES, *captured)[0] for _ in range(20)} == {401}
    assert (thief.send()[0], one.send()[0]) == (403, 403)


def test_a_machine_that_rotates_without_end_is_told_when_it_may_again(port: int, config: Path) -> None:
    """The book keeps a key for ever. Nothing is lost: the key that it has goes on, and its place in the chain."""
    one = machine(port, invited("19", config))
    thief = one.copy()
    assert one.send()[0] == 200
    wishes = [rotation(one, Ed25519PrivateKey.generate(), one.enrolled.key_id) for _ in range(KEYS_A_DAY)]
    statuses = [post(port, ROTATE_PATH, *each)[0] for each in wishes]
    body, headers = wishes[-1]
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("POST", ROTATE_PATH, body, headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
    old_image = post(port, ROTATE_PATH, *rotation(thief, Ed25519PrivateKey.generate(), one.enrolled.key_id))

    assert statuses == [*[200] * (KEYS_A_DAY - 1), 429], "the key it joined with is one of them"
    assert answer.status == 429
    assert 86_000 < int(answer.headers["Retry-After"]) <= 86_401
    assert told["error"] == f"this machine had {KEYS_A_DAY} keys within a day: it may have another in 24 h"
    assert (old_image[0], old_image[1]["error"]) == (401, "the chain value is an old one"), "the pace hides no copy"
    status, known, _ = post(port, ROTATE_PATH, *wishes[-2])
    assert status == 200, "the same again is no new key"
    assert [one.send()[0] for _ in range(2)] == [200] * 2
    new = rotation(one, Ed25519PrivateKey.generate(), one.enrolled.key_id)
    assert post(port, ROTATE_PATH, *new)[0] == 429
    assert known["chain"]
    assert not suspected(port, "19")


def suspected(port: int, site: str) -> bool:
    return bool(counted(port, f'phusong_agent_key_suspected{{agent="{site}",site="{site}"}}'))


def rotated(by: Machine) -> Machine:
    new = Ed25519PrivateKey.generate()
    status, answer, _ = post(by.port, ROTATE_PATH, *rotation(by, new, by.enrolled.key_id))
    assert status == 200, answer
    return successor(by, new, answer)


def successor(of: Machine, key: Ed25519PrivateKey, answer: dict[str, Any]) -> Machine:
    enrolled = msgspec.json.decode(answer["raw"], type=Enrolled)
    return Machine(of.port, key, enrolled, enrolled.chain, of.sequence)


def rotation(by: Machine, new: Ed25519PrivateKey, old_id: str) -> tuple[bytes, dict[str, str]]:
    body = msgspec.json.encode(rotate_request(old_id, new))
    return body, sign("POST", ROTATE_PATH, Claim("rotation", 0, 0, by.chain), body, by.key)
