"""DNS: what a resolver answers and how long it takes; an answer that is not valid is never taken for one."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import dns.asyncbackend
import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

from agent.net import resolve, split_port, unreachable
from agent.probe import Check, Finding, Probe, ProbeFailed, Surroundings, Target
from shared.clock import Clock
from shared.wire.reading import Metric, MetricKind, Outcome, Sample

_SECOND_NS = 1_000_000_000


class DnsCheck(Check, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="dns"):
    """Asks the target, a resolver, for ``query``; ``expect`` must be among the answers where it is given."""

    query: str = "dichvucong.gov.vn"
    record: Literal["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "TXT"] = "A"
    transport: Literal["udp", "tcp"] = "udp"
    expect: str | None = None
    timeout_seconds: float = 3.0


class DnsInstrument:
    """One question, one answer; the resolver's own retries are not hidden behind ours."""

    metrics = (
        Metric("probe_success", MetricKind.GAUGE, "1 if the probe found the target as it should be, else 0."),
        Metric("probe_duration_seconds", MetricKind.GAUGE, "How long the whole probe took."),
        Metric("probe_dns_lookup_time_seconds", MetricKind.GAUGE, "How long the resolver's own name took to resolve."),
        Metric("probe_dns_answer_rrs", MetricKind.GAUGE, "Number of records in the answer section."),
        Metric("phusong_dns_query_seconds", MetricKind.GAUGE, "From the question to its answer."),
        Metric(
            "phusong_dns_response_code", MetricKind.GAUGE, "RCODE of the answer (RFC 1035, RFC 6895); 0 is no error."
        ),
    )

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def measure(self, check: DnsCheck, target: Target) -> Finding:
        """Ask once. SERVFAIL and the like are ``error``, REFUSED is ``denied``, a wrong answer is ``malformed``."""
        begun_ns = self._clock.monotonic_ns()
        host, port = split_port(target.address, 53)
        try:
            async with asyncio.timeout(check.timeout_seconds):
                _, address = (await resolve(host, port or 53))[0]
                resolved_ns = self._clock.monotonic_ns()
                answer = await _ask(check, str(address[0]), port or 53)
        except TimeoutError:
            raise ProbeFailed(Outcome.TIMEOUT, f"no answer in {check.timeout_seconds:g} s") from None
        answered_ns = self._clock.monotonic_ns()
        code = answer.rcode()
        found = sorted(record.to_text() for rrset in answer.answer for record in rrset)
        outcome, reason = _verdict(check, code, found)
        samples = (
            Sample("probe_success", 1.0 if outcome is Outcome.OK else 0.0),
            Sample("probe_duration_seconds", (answered_ns - begun_ns) / _SECOND_NS),
            Sample("probe_dns_lookup_time_seconds", (resolved_ns - begun_ns) / _SECOND_NS),
            Sample("probe_dns_answer_rrs", float(len(found))),
            Sample("phusong_dns_query_seconds", (answered_ns - resolved_ns) / _SECOND_NS),
            Sample("phusong_dns_response_code", float(code)),
        )
        facts = {
            "address": str(address[0]),
            "query": check.query,
            "response_code": dns.rcode.to_text(code),
            "answers": found,
            "query_seconds": (answered_ns - resolved_ns) / _SECOND_NS,
        }
        return Finding(outcome, samples, reason, facts=facts)


async def _ask(check: DnsCheck, address: str, port: int) -> dns.message.Message:
    try:
        question = dns.message.make_query(check.query, check.record)
        if check.transport == "tcp":
            return await dns.asyncquery.tcp(question, address, port=port)
        return await _ask_by_udp(question, address, port)
    except (dns.exception.FormError, dns.query.BadResponse) as error:
        raise ProbeFailed(Outcome.MALFORMED, f"the answer is not valid DNS: {type(error).__name__}") from None
    except dns.exception.DNSException as error:
        raise ProbeFailed(Outcome.ERROR, f"{check.query}: {error}") from None
    except (ConnectionRefusedError, ConnectionResetError, EOFError):
        raise ProbeFailed(Outcome.REFUSED, f"port {port} is closed") from None
    except OSError as error:
        raise unreachable(error) from None


async def _ask_by_udp(question: dns.message.Message, address: str, port: int) -> dns.message.Message:
    """A connected socket hears that a port is closed (ECONNREFUSED), and nobody but the resolver."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    backend = dns.asyncbackend.get_default_backend()
    opening = backend.make_socket(family, socket.SOCK_DGRAM, 0, None, (address, port))  # type: ignore[no-untyped-call]
    async with await opening as connected:
        return await dns.asyncquery.udp(
            question, address, port=port, sock=connected, ignore_unexpected=True, ignore_errors=True
        )


def _verdict(check: DnsCheck, code: dns.rcode.Rcode, found: list[str]) -> tuple[Outcome, str]:
    if code == dns.rcode.REFUSED:
        return Outcome.DENIED, f"the resolver refuses to answer for {check.query}"
    if code != dns.rcode.NOERROR:
        return Outcome.ERROR, f"the resolver answers {dns.rcode.to_text(code)} for {check.query}"
    if not found:
        return Outcome.ERROR, f"{check.query} has no {check.record} record"
    if check.expect is not None and check.expect.rstrip(".") not in {text.rstrip(".") for text in found}:
        return Outcome.MALFORMED, f"{check.query} is {', '.join(found)}, not {check.expect}"
    return Outcome.OK, ""


@asynccontextmanager
async def open_dns(surroundings: Surroundings) -> AsyncIterator[DnsInstrument]:
    """An instrument without any state of its own."""
    yield DnsInstrument(surroundings.clock)


PROBE = Probe(
    kind="dns",
    summary="what a resolver answers and how long it takes",
    check=DnsCheck,
    open=open_dns,
    example="192.0.2.53 --query dichvucong.gov.vn",
)
