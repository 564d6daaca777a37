"""ICMP echo: a train of packets tells loss, delay and jitter of the way to a target; it asks for no service."""

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from agent.icmp.engine import Engine, open_engine
from agent.icmp.flight import Flow, Journey, Plan
from agent.icmp.packet import LEAST_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES
from agent.icmp.port import Manner, address_text, socket_address
from agent.icmp.totals import METRICS, Totals
from agent.icmp.train import TrainFacts
from agent.net import literal, one_host, resolve
from agent.probe import Check, Finding, Probe, ProbeFailed, Surroundings, Target
from shared.clock import Clock
from shared.logs import logger
from shared.wire.reading import Metric, MetricKind, Outcome, Sample

_SECOND_NS = 1_000_000_000
_KEPT_NS = 300 * _SECOND_NS
_NO_WAY = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})


class IcmpCheck(Check, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="icmp"):
    """Sends ``count`` echo requests on a fixed schedule; each has ``timeout_seconds`` to be answered."""

    timeout_seconds: Annotated[float, Meta(gt=0, le=60)] = 2.0
    count: Annotated[int, Meta(ge=1, le=1000)] = 5
    interval_seconds: Annotated[float, Meta(ge=0.001, le=60)] = 0.2
    linger_seconds: Annotated[float, Meta(ge=0, le=60)] = 1.0
    """How much longer than the last packet's deadline late replies are waited for."""
    size_bytes: Annotated[int, Meta(ge=0, le=MAX_PAYLOAD_BYTES)] = 56
    """Payload of each packet, as ping counts it."""
    ttl: Annotated[int, Meta(ge=1, le=255)] = 64
    dscp: Annotated[int, Meta(ge=0, le=63)] = 0
    dont_fragment: bool = False


@dataclass(slots=True)
class _Remembered:
    """A target between two runs."""

    flow: Flow
    totals: Totals
    host: str = ""
    address: str = ""
    resolved_ns: int = 0


class IcmpInstrument:
    """Sends the trains of all targets by one engine and keeps their totals."""

    metrics = (
        Metric("probe_success", MetricKind.GAUGE, "1 if the probe found the target as it should be, else 0."),
        Metric("probe_duration_seconds", MetricKind.GAUGE, "How long the whole probe took."),
        Metric("probe_icmp_duration_seconds", MetricKind.GAUGE, "Duration of the echo request by phase: resolve, rtt."),
        Metric("phusong_ping_train_sent_packets", MetricKind.GAUGE, "Packets sent in the last train."),
        Metric("phusong_ping_train_loss_ratio", MetricKind.GAUGE, "Share of the last train's packets never answered."),
        Metric("phusong_ping_train_longest_loss_run_packets", MetricKind.GAUGE, "Longest run of lost packets in it."),
        Metric("phusong_ping_train_rtt_min_seconds", MetricKind.GAUGE, "Shortest round-trip time in the last train."),
        Metric("phusong_ping_train_rtt_median_seconds", MetricKind.GAUGE, "Median round-trip time in the last train."),
        Metric("phusong_ping_train_rtt_max_seconds", MetricKind.GAUGE, "Longest round-trip time in the last train."),
        Metric("phusong_ping_train_jitter_seconds", MetricKind.GAUGE, "Mean difference of consecutive delays in it."),
        *METRICS,
    )

    def __init__(self, clock: Clock, engine: Engine) -> None:
        self._clock = clock
        self._engine = engine
        self._known: dict[tuple[str, str, str], _Remembered] = {}

    async def measure(self, check: IcmpCheck, target: Target) -> Finding:
        """Send one train; loss, lateness and ICMP errors are facts, and so is a train that could not begin."""
        try:
            return await self._measure(check, target)
        except ProbeFailed as failure:
            nothing = TrainFacts(sent=0, rtts_ns=(None,) * check.count, duplicates=0, late=0, reordered=0, loss_runs=())
            facts = facts_in_words(Journey(nothing, kernel_stamps=False, voided="", unsent=0), None)
            return Finding(failure.outcome, reason=failure.reason, facts=facts)

    async def _measure(self, check: IcmpCheck, target: Target) -> Finding:
        if not self._engine.versions:
            raise ProbeFailed(Outcome.ERROR, self._engine.refusal)
        begun_ns = self._clock.monotonic_ns()
        known = self._remember(check, target)
        await self._lead(known, target.address, check.timeout_seconds)
        resolved_ns = self._clock.monotonic_ns()
        journey = await self._engine.run(known.flow, plan_of(check))
        if not journey.voided:
            known.totals.add(journey.facts)
        outcome, reason = judge(journey, check)
        samples = (
            Sample("probe_success", 1.0 if outcome is Outcome.OK else 0.0),
            Sample("probe_duration_seconds", (self._clock.monotonic_ns() - begun_ns) / _SECOND_NS),
            Sample("probe_icmp_duration_seconds", (resolved_ns - begun_ns) / _SECOND_NS, (("phase", "resolve"),)),
            *_train_samples(journey.facts),
            *known.totals.samples(),
        )
        return Finding(outcome, samples, reason, journey.voided, facts_in_words(journey, known.address))

    def _remember(self, check: IcmpCheck, target: Target) -> _Remembered:
        key = (check.name, target.site, target.name)
        if key not in self._known:
            totals = Totals()
            self._known[key] = _Remembered(self._engine.open_flow(totals.add_late), totals)
        return self._known[key]

    async def _lead(self, known: _Remembered, host: str, timeout_seconds: float) -> None:
        """Find the target's address; a known one stays in use while the resolver is away."""
        now_ns = self._clock.monotonic_ns()
        if known.host != host:
            known.host, known.address = host, ""
        if known.address and now_ns - known.resolved_ns < _KEPT_NS:
            return
        try:
            async with asyncio.timeout(timeout_seconds):
                found = literal(host) or await resolve(host.removeprefix("[").removesuffix("]"), 0)
        except (ProbeFailed, TimeoutError) as failure:
            if known.address:
                return
            if isinstance(failure, ProbeFailed):
                raise
            raise ProbeFailed(Outcome.ERROR, f"{host}: the name did not resolve in {timeout_seconds:g} s") from None
        for family, address in found:
            version = 4 if family == socket.AF_INET else 6
            if version in self._engine.versions:
                one_host(str(address[0]))
                name = socket_address(family, address)
                known.flow.lead_to(version, name)
                known.address, known.resolved_ns = address_text(version, name), now_ns
                return
        raise ProbeFailed(Outcome.ERROR, f"{host}: {self._engine.refusal or 'no address of a family in use'}")


def plan_of(check: IcmpCheck) -> Plan:
    """The check in the engine's units."""
    return Plan(
        count=check.count,
        interval_ns=round(check.interval_seconds * _SECOND_NS),
        timeout_ns=round(check.timeout_seconds * _SECOND_NS),
        linger_ns=round(check.linger_seconds * _SECOND_NS),
        size_bytes=check.size_bytes,
        manner=Manner(check.ttl, check.dscp, check.dont_fragment),
    )


def judge(journey: Journey, check: IcmpCheck) -> tuple[Outcome, str]:
    """Outcome of a train and, where it is not ok, one line about it."""
    facts = journey.facts
    if facts.received:
        return Outcome.OK, ""
    if facts.errors:
        error = facts.errors[-1]
        words = error.kind.value.replace("_", " ").replace("ttl", "TTL")
        fits = f", {error.mtu} bytes would fit" if error.mtu else ""
        return Outcome.UNREACHABLE, f"{words}, says {error.sender or 'the kernel'}{fits}"
    if journey.unsent and not facts.sent:
        outcome = Outcome.UNREACHABLE if journey.unsent in _NO_WAY else Outcome.ERROR
        return outcome, f"could not send: {os.strerror(journey.unsent).lower()}"
    packets = f"{facts.sent} packet{'s' if facts.sent != 1 else ''}"
    if facts.late:
        return Outcome.TIMEOUT, f"no reply to {packets} within {check.timeout_seconds:g} s, {facts.late} came later"
    return Outcome.TIMEOUT, f"no reply to {packets} within {check.timeout_seconds:g} s"


def facts_in_words(journey: Journey, address: str | None) -> dict[str, object]:
    """What ``phusong-agent probe icmp --json`` promises."""
    facts = journey.facts
    return {
        "address": address,
        "sent": facts.sent,
        "received": facts.received,
        "duplicates": facts.duplicates,
        "late": facts.late,
        "reordered": facts.reordered,
        "longest_loss_run": facts.longest_loss_run,
        "loss_runs": list(facts.loss_runs),
        "rtt_seconds": [_seconds(rtt_ns) for rtt_ns in facts.rtts_ns],
        "rtt_min_seconds": _seconds(facts.rtt_min_ns),
        "rtt_median_seconds": _seconds(facts.rtt_median_ns),
        "rtt_max_seconds": _seconds(facts.rtt_max_ns),
        "jitter_seconds": _seconds(facts.jitter_ns),
        "errors": [
            {"index": error.index, "kind": error.kind.value, "sender": error.sender, "mtu_bytes": error.mtu}
            for error in facts.errors
        ],
        "timestamps": "kernel" if journey.kernel_stamps else "user",
    }


def _seconds(nanoseconds: float | None) -> float | None:
    return None if nanoseconds is None else round(nanoseconds) / _SECOND_NS


def _train_samples(facts: TrainFacts) -> list[Sample]:
    samples = [
        Sample("phusong_ping_train_sent_packets", float(facts.sent)),
        Sample("phusong_ping_train_longest_loss_run_packets", float(facts.longest_loss_run)),
    ]
    if facts.sent:
        samples.append(Sample("phusong_ping_train_loss_ratio", facts.lost / facts.sent))
    for name, nanoseconds in (
        ("phusong_ping_train_rtt_min_seconds", facts.rtt_min_ns),
        ("phusong_ping_train_rtt_median_seconds", facts.rtt_median_ns),
        ("phusong_ping_train_rtt_max_seconds", facts.rtt_max_ns),
        ("phusong_ping_train_jitter_seconds", facts.jitter_ns),
    ):
        if nanoseconds is not None:
            samples.append(Sample(name, nanoseconds / _SECOND_NS))
    if facts.rtt_median_ns is not None:
        rtt = facts.rtt_median_ns / _SECOND_NS
        samples.append(Sample("probe_icmp_duration_seconds", rtt, (("phase", "rtt"),)))
    return samples


@asynccontextmanager
async def open_icmp(surroundings: Surroundings) -> AsyncIterator[IcmpInstrument]:
    """Open the engine; where the machine allows no ICMP it says so once, and every run says it again as its reason."""
    with open_engine(surroundings.clock) as engine:
        if not engine.versions:
            logger(__name__).warning("%s", engine.refusal)
        yield IcmpInstrument(surroundings.clock, engine)


def _problems(check: IcmpCheck, _profiles: Path) -> Iterable[tuple[str, str]]:
    if check.size_bytes < (least := LEAST_PAYLOAD_BYTES):
        yield (
            "size_bytes",
            f"must be at least {least}: the time stamp and cookie that place late replies need {least} bytes",
        )
    lasts = (check.count - 1) * check.interval_seconds
    if lasts >= check.every_seconds > 0:
        yield "count", f"a train of {check.count} packets lasts {lasts:g} s, the period is {check.every_seconds:g} s"


PROBE = Probe(
    kind="icmp",
    summary="loss, delay and jitter by a train of echo requests",
    check=IcmpCheck,
    open=open_icmp,
    problems=_problems,
)
