"""SNMP: what a device counts and measures of itself, by its profile; totals as they stand, never rates."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from agent.net import resolve, split_port
from agent.probe import Check, Credential, Finding, Instrument, Probe, ProbeFailed, Surroundings, Target
from agent.snmp.by_hand import BY_HAND
from agent.snmp.credential import credential_problems
from agent.snmp.engine import (
    AUTHORIZATION_ERROR,
    NO_ACCESS,
    AccessDenied,
    BadAnswer,
    ErrorStatus,
    HostUnreachable,
    NoAnswer,
    Patience,
    Peer,
    PortClosed,
    SnmpEngine,
    SnmpFailure,
)
from agent.snmp.poll import Polled, poll
from agent.snmp.profile import Profile, metrics_of
from agent.snmp.restarts import Discontinuities, Restarts
from agent.snmp.session import open_session
from agent.snmp.shelf import load_shelf, unknown_profile
from shared.wire.reading import Metric, MetricKind, Outcome, Sample

_PORT = 161
_FAMILY = (
    Metric("phusong_snmp_up", MetricKind.GAUGE, "1 where the device gave all that its profile asks for"),
    Metric("phusong_snmp_uptime_seconds", MetricKind.GAUGE, "sysUpTime: how long the device's SNMP agent runs"),
    Metric(
        "phusong_snmp_counter_resets_total",
        MetricKind.COUNTER,
        "Intervals whose counters say nothing, by reason: restart of the device, or a discontinuity of an interface",
    ),
    Metric("phusong_snmp_restarts_total", MetricKind.COUNTER, "Restarts of the device that its sysUpTime shows"),
)
_OUTCOMES: tuple[tuple[type[SnmpFailure], Outcome], ...] = (
    (NoAnswer, Outcome.TIMEOUT),
    (PortClosed, Outcome.REFUSED),
    (HostUnreachable, Outcome.UNREACHABLE),
    (AccessDenied, Outcome.DENIED),
    (BadAnswer, Outcome.MALFORMED),
)


class SnmpCheck(Check, frozen=True, kw_only=True, tag_field="kind", tag="snmp"):
    """Settings of ``kind: snmp``."""

    timeout_seconds: float = 10.0
    profiles: tuple[str, ...] = ()
    """Names of profiles; where none is named the device's sysObjectID decides."""
    credentials: str | None = None
    """Which credentials to use where the target names none."""
    retries: int = 2
    """How often a question is asked again."""
    retry_seconds: float = 1.5
    """Wait for an answer before a question is asked again."""
    max_repetitions: int = 25
    max_rows: int = 10_000
    """Rows of one column after which a device is not believed any more."""


class SnmpInstrument:
    """All devices of the agent over shared sockets."""

    def __init__(
        self, surroundings: Surroundings, shelf: Mapping[str, Profile], session: SnmpEngine, stack: AsyncExitStack
    ) -> None:
        self._session = session
        self._clock = surroundings.clock
        self._restarts = Restarts()
        self._restarted: dict[str, int] = {}
        self._discontinuities = Discontinuities()
        self._credentials = surroundings.credentials
        self._shelf = shelf
        self._stack = stack
        self._pysnmp: SnmpEngine | None = None

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """See :class:`agent.probe.Instrument`."""
        found = {metric.name: metric for profile in self._shelf.values() for metric in metrics_of(profile)}
        return (*_FAMILY, *found.values())

    async def measure(self, check: SnmpCheck, target: Target) -> Finding:
        """See :class:`agent.probe.Instrument`; what cannot be asked at all is a finding too, with no facts in it."""
        try:
            return await self._measure(check, target)
        except ProbeFailed as failure:
            return _finding(failure.outcome, failure.reason, Polled(), ())

    async def _measure(self, check: SnmpCheck, target: Target) -> Finding:
        for name in check.profiles:
            unknown = unknown_profile(self._shelf, name)
            if unknown is not None:
                raise ProbeFailed(Outcome.ERROR, unknown)
        loop = asyncio.get_running_loop()
        patience = Patience(
            until=loop.time() + check.timeout_seconds,
            tries=max(1, check.retries + 1),
            try_seconds=check.retry_seconds,
            repetitions=max(1, check.max_repetitions),
            rows=check.max_rows,
        )
        name, credential = self._credential(check, target)
        try:
            async with asyncio.timeout(check.timeout_seconds):
                peer = await _peer(target.address, credential)
        except TimeoutError:
            raise ProbeFailed(Outcome.ERROR, f"{target.address}: the name does not resolve in time") from None
        polled = await poll(await self._engine(credential), peer, patience, self._shelf, check.profiles)
        resets = self._resets(f"{check.name}/{target.name}", polled)
        if polled.failure is None:
            return _finding(Outcome.OK, "", polled, resets)
        begun = polled.sys_object_id is not None
        return _finding(_outcome(polled.failure), _reason(polled.failure, peer, name, begun), polled, resets)

    def _resets(self, name: str, polled: Polled) -> tuple[Sample, ...]:
        """Where counters began anew: who takes differences of them leaves that interval out."""
        if polled.uptime_seconds is None:
            return ()
        restarts = self._restarts.take(name, polled.uptime_seconds, self._clock.monotonic_ns() / 1_000_000_000)
        restarted = restarts > self._restarted.get(name, 0)
        self._restarted[name] = restarts
        jumps = self._discontinuities.take(name, polled.samples, restarted=restarted)
        total = "phusong_snmp_counter_resets_total"
        return (
            Sample("phusong_snmp_restarts_total", float(restarts)),
            Sample(total, float(restarts), (("reason", "restart"),)),
            *(Sample(total, float(number), (("reason", "discontinuity"), *labels)) for labels, number in jumps),
        )

    def _credential(self, check: SnmpCheck, target: Target) -> tuple[str, Credential]:
        name = target.credentials or check.credentials
        if name is None:
            raise ProbeFailed(Outcome.ERROR, "no credentials are named for this target")
        credential = self._credentials.get(name)
        if credential is None:
            raise ProbeFailed(Outcome.ERROR, f"there are no credentials named '{name}'")
        for place, what in credential_problems(credential):
            raise ProbeFailed(Outcome.ERROR, f"credentials '{name}': {place}: {what}")
        return name, credential

    async def _engine(self, credential: Credential) -> SnmpEngine:
        if credential.version != "3":
            return self._session
        if self._pysnmp is None:
            # Heavy (15 MB, 50 ms), and not wanted by agents that speak v1 and v2c only: imported when first needed.
            from agent.snmp.pysnmp_engine import open_pysnmp_engine  # noqa: PLC0415

            self._pysnmp = await self._stack.enter_async_context(open_pysnmp_engine())
        return self._pysnmp


@asynccontextmanager
async def open_snmp(surroundings: Surroundings) -> AsyncIterator[Instrument]:
    """Load the profiles and open the engine; raises SettingsError where a profile is wrong."""
    shelf = load_shelf(surroundings.profiles)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(open_session())
        yield SnmpInstrument(surroundings, shelf, session, stack)


def _finding(outcome: Outcome, reason: str, polled: Polled, resets: tuple[Sample, ...]) -> Finding:
    samples = (Sample("phusong_snmp_up", float(outcome is Outcome.OK)), *polled.samples)
    if polled.uptime_seconds is not None:
        samples = (*samples, Sample("phusong_snmp_uptime_seconds", polled.uptime_seconds))
    samples = (*samples, *resets)
    return Finding(outcome, samples, reason, facts=_Facts(polled, samples))


class _Facts(Mapping[str, Any]):
    """What is told by hand, put into words only where somebody asks: a running agent has thousands of samples."""

    def __init__(self, polled: Polled, samples: tuple[Sample, ...]) -> None:
        self._sayings: dict[str, Callable[[], object]] = {
            "sys_object_id": lambda: polled.sys_object_id,
            "uptime_seconds": lambda: polled.uptime_seconds,
            "samples": lambda: [{"name": s.name, "labels": dict(s.labels), "value": s.value} for s in samples],
        }

    def __getitem__(self, name: str) -> object:
        return self._sayings[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._sayings)

    def __len__(self) -> int:
        return len(self._sayings)


async def _peer(address: str, credential: Credential) -> Peer:
    host, port = split_port(address, _PORT)
    port = port or _PORT
    try:
        return Peer(str(ipaddress.ip_address(host)), port, credential)
    except ValueError:
        return Peer(str((await resolve(host, port))[0][1][0]), port, credential)


def _outcome(failure: SnmpFailure) -> Outcome:
    if isinstance(failure, ErrorStatus):
        return Outcome.DENIED if failure.status in {AUTHORIZATION_ERROR, NO_ACCESS} else Outcome.ERROR
    return next(outcome for kind, outcome in _OUTCOMES if isinstance(failure, kind))


def _reason(failure: SnmpFailure, peer: Peer, credentials: str, begun: bool) -> str:
    where = f"{peer.address} port {peer.port}"
    if not isinstance(failure, NoAnswer):
        return f"{where}: {failure}"
    if begun:
        return f"{where}: answers stopped before the deadline; the device is slow, or large packets are lost on the way"
    if peer.credential.version == "3":
        return f"{where}: no answer: check address, firewall, and the privacy key of credentials '{credentials}'"
    # A device that does not like the community says nothing (RFC 1157, section 4.1): it cannot be told from silence.
    return f"{where}: no answer: check address, firewall, and the community of credentials '{credentials}'"


def _problems(check: SnmpCheck, profiles: Path) -> Iterator[tuple[str, str]]:
    """Profiles that do not exist; raises SettingsError where the folder of profiles itself is wrong."""
    shelf = load_shelf(profiles)
    for number, name in enumerate(check.profiles):
        unknown = unknown_profile(shelf, name)
        if unknown is not None:
            yield f"profiles[{number}]", unknown


PROBE = Probe(
    kind="snmp",
    summary="a device's own counters and sensors over SNMP v1, v2c or v3, by profiles",
    check=SnmpCheck,
    open=open_snmp,
    problems=_problems,
    by_hand=BY_HAND,
    example="192.0.2.1 --version 2c --community COMMUNITY --profile if_mib",
)
