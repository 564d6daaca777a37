"""The probes between ICMP and SNMP: each way in which a service can fail is an outcome with one clear line."""

import datetime as dt
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agent.probe import Check, Finding, ProbeFailed, Surroundings, Target
from agent.probes import load_probes
from shared.clock import SystemClock
from shared.wire.reading import Outcome
from tests.peers.scripted import closed_port, tcp_server, udp_server

PROBES = load_probes()


async def run(kind: str, address: str, **settings: Any) -> Finding:
    probe = PROBES[kind]
    check: Check = probe.check(timeout_seconds=settings.pop("timeout_seconds", 5.0), **settings)
    async with probe.open(Surroundings(SystemClock(), {}, Path())) as instrument:
        finding = await instrument.measure(check, Target(site="s", name="t", address=address))
        assert {sample.name for sample in finding.samples} <= {metric.name for metric in instrument.metrics}
        return finding


async def failure(kind: str, address: str, **settings: Any) -> tuple[Outcome, str]:
    with pytest.raises(ProbeFailed) as caught:
        await run(kind, address, **settings)
    return caught.value.outcome, caught.value.reason


def page(body: bytes = b"hello", status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


# ------------------------------------------------------------------ tcp


async def test_an_open_port_gives_its_connect_time() -> None:
    async with tcp_server(b"") as port:
        finding = await run("tcp", f"127.0.0.1:{port}")

    assert finding.outcome is Outcome.OK
    assert 0 < finding.facts["connect_seconds"] < 5


async def test_a_closed_port_is_refused() -> None:
    async with closed_port() as port:
        assert await failure("tcp", f"127.0.0.1:{port}") == (Outcome.REFUSED, f"port {port} is closed")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("127.0.0.1", "127.0.0.1: no port given, write 127.0.0.1:PORT"),
        ("127.0.0.1:0", "127.0.0.1:0: '0' is no port (1 to 65535)"),
        ("127.0.0.1:http", "127.0.0.1:http: 'http' is no port (1 to 65535)"),
        ("no-such-host.invalid:1", "no-such-host.invalid: the name does not resolve"),
    ],
)
async def test_a_wrong_address_is_one_clear_line(address: str, reason: str) -> None:
    assert await failure("tcp", address) == (Outcome.ERROR, reason)


# ------------------------------------------------------------------ dns


def answering(code: dns.rcode.Rcode, *records: str, identifier: int | None = None) -> Any:
    def answer(data: bytes) -> list[bytes]:
        question = dns.message.from_wire(data)
        reply = dns.message.make_response(question)
        reply.set_rcode(code)
        reply.answer += [dns.rrset.from_text(question.question[0].name, 60, "IN", "A", text) for text in records]
        if identifier is not None:
            reply.id = identifier
        return [reply.to_wire()]

    return answer


async def test_an_answer_is_told_with_its_time() -> None:
    async with udp_server(answering(dns.rcode.NOERROR, "192.0.2.7")) as port:
        finding = await run("dns", f"127.0.0.1:{port}", query="portal.example", expect="192.0.2.7")

    assert (finding.outcome, finding.facts["answers"]) == (Outcome.OK, ["192.0.2.7"])


@pytest.mark.parametrize(
    ("code", "records", "outcome", "reason"),
    [
        (dns.rcode.SERVFAIL, (), Outcome.ERROR, "the resolver answers SERVFAIL for portal.example"),
        (dns.rcode.NXDOMAIN, (), Outcome.ERROR, "the resolver answers NXDOMAIN for portal.example"),
        (dns.rcode.REFUSED, (), Outcome.DENIED, "the resolver refuses to answer for portal.example"),
        (dns.rcode.NOERROR, (), Outcome.ERROR, "portal.example has no A record"),
        (dns.rcode.NOERROR, ("192.0.2.66",), Outcome.MALFORMED, "portal.example is 192.0.2.66, not 192.0.2.7"),
    ],
)
async def test_a_resolver_that_fails_says_how(
    code: dns.rcode.Rcode, records: tuple[str, ...], outcome: Outcome, reason: str
) -> None:
    async with udp_server(answering(code, *records)) as port:
        finding = await run("dns", f"127.0.0.1:{port}", query="portal.example", expect="192.0.2.7")

    assert (finding.outcome, finding.reason) == (outcome, reason)


async def test_forged_and_garbled_answers_are_not_taken_and_not_waited_out() -> None:
    """A wrong packet never ends a request: the right answer behind it counts."""
    right = answering(dns.rcode.NOERROR, "192.0.2.7")
    forged = answering(dns.rcode.NOERROR, "192.0.2.66", identifier=1)
    async with udp_server(lambda data: [b"\xff" * 40, *forged(data), *right(data)]) as port:
        finding = await run("dns", f"127.0.0.1:{port}", query="portal.example")

    assert finding.facts["answers"] == ["192.0.2.7"]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_question_to_a_closed_port_is_refused_at_once(transport: str) -> None:
    async with closed_port() as port:
        refused = await failure("dns", f"127.0.0.1:{port}", transport=transport)

    assert refused == (Outcome.REFUSED, f"port {port} is closed")


async def test_a_silent_resolver_times_out() -> None:
    async with udp_server(lambda _: []) as port:
        assert await failure("dns", f"127.0.0.1:{port}", timeout_seconds=0.1) == (
            Outcome.TIMEOUT,
            "no answer in 0.1 s",
        )


# ------------------------------------------------------------------ http


async def test_a_page_gives_status_phases_and_size() -> None:
    async with tcp_server(page()) as port:
        finding = await run("http", f"http://127.0.0.1:{port}", expect_text="hello")

    assert (finding.outcome, finding.facts["status"]) == (Outcome.OK, 200)
    assert set(finding.facts["phase_seconds"]) == {"resolve", "connect", "tls", "processing", "transfer"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (page(status="503 Away"), "status 503"),
        (page(b"other"), "the page does not hold the text 'hello'"),
    ],
)
async def test_a_wrong_page_says_what_is_wrong(answer: bytes, reason: str) -> None:
    async with tcp_server(answer) as port:
        finding = await run("http", f"http://127.0.0.1:{port}", expect_text="hello")

    assert (finding.outcome, finding.reason) == (Outcome.ERROR, reason)


async def test_a_page_without_end_is_cut_at_its_limit() -> None:
    answer = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000
    async with tcp_server(answer, hang=True) as port:
        finding = await run("http", f"http://127.0.0.1:{port}", body_limit_bytes=1000)

    assert [s.value for s in finding.samples if s.name == "phusong_http_body_bytes"] == [1000.0]


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nA: " + b"x" * 200_000]
)
async def test_what_is_not_http_is_malformed(answer: bytes) -> None:
    async with tcp_server(answer) as port:
        outcome, reason = await failure("http", f"http://127.0.0.1:{port}")

    assert outcome is Outcome.MALFORMED
    assert reason.startswith("the answer is not valid HTTP")


async def test_a_server_that_hangs_times_out() -> None:
    async with tcp_server(b"HTTP/1.1 200 OK\r\n", hang=True) as port:
        assert (await failure("http", f"http://127.0.0.1:{port}", timeout_seconds=0.2))[0] is Outcome.TIMEOUT


@asynccontextmanager
async def secure_server(tmp_path: Path) -> AsyncIterator[tuple[int, dt.datetime]]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portal")])
    end = dt.datetime(2031, 5, 6, 7, 8, 9, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, dt.datetime(2020, 1, 1, tzinfo=dt.UTC), end)
    ).sign(key, hashes.SHA256())
    (tmp_path / "c.pem").write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "c.pem")
    async with tcp_server(page(), tls=context) as port:
        yield port, end


async def test_an_unverified_certificate_still_tells_its_expiry(tmp_path: Path) -> None:
    async with secure_server(tmp_path) as (port, end):
        finding = await run("http", f"127.0.0.1:{port}", verify=False)

    assert finding.facts["certificate_expiry"] == end.timestamp()


async def test_a_certificate_that_nobody_signed_is_denied(tmp_path: Path) -> None:
    async with secure_server(tmp_path) as (port, _):
        outcome, reason = await failure("http", f"127.0.0.1:{port}")

    assert outcome is Outcome.DENIED
    assert "self-signed" in reason
