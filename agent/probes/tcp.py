"""TCP connect: how long the three-way handshake with a port takes; it sends no byte of payload."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.net import Destination, connect, split_port
from agent.probe import Check, Finding, Probe, ProbeFailed, Surroundings, Target
from shared.clock import Clock
from shared.wire.reading import Metric, MetricKind, Outcome, Sample

_SECOND_NS = 1_000_000_000


class TcpCheck(Check, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="tcp"):
    """Connects to the target's port (``address: host:port``), or to ``port`` where the address names none."""

    port: int | None = None
    timeout_seconds: float = 3.0


class TcpInstrument:
    """Connects and closes at once."""

    metrics = (
        Metric("probe_success", MetricKind.GAUGE, "1 if the probe found the target as it should be, else 0."),
        Metric("probe_duration_seconds", MetricKind.GAUGE, "How long the whole probe took."),
        Metric("phusong_tcp_connect_seconds", MetricKind.GAUGE, "From the SYN to the established connection."),
    )

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def measure(self, check: TcpCheck, target: Target) -> Finding:
        """Connect once; refused, unreachable and timed out are outcomes."""
        begun_ns = self._clock.monotonic_ns()
        host, port = split_port(target.address, check.port)
        if port is None:
            raise ProbeFailed(Outcome.ERROR, f"{target.address}: no port given, write {target.address}:PORT")
        try:
            async with asyncio.timeout(check.timeout_seconds):
                connected = await connect(Destination(host, port), self._clock)
        except TimeoutError:
            raise ProbeFailed(Outcome.TIMEOUT, f"no connection to port {port} in {check.timeout_seconds:g} s") from None
        connected.writer.transport.abort()
        seconds = connected.connect_ns / _SECOND_NS
        samples = (
            Sample("probe_success", 1.0),
            Sample("probe_duration_seconds", (self._clock.monotonic_ns() - begun_ns) / _SECOND_NS),
            Sample("phusong_tcp_connect_seconds", seconds),
        )
        return Finding(
            Outcome.OK, samples, facts={"address": connected.address, "port": port, "connect_seconds": seconds}
        )


@asynccontextmanager
async def open_tcp(surroundings: Surroundings) -> AsyncIterator[TcpInstrument]:
    """An instrument without any state of its own."""
    yield TcpInstrument(surroundings.clock)


PROBE = Probe(
    kind="tcp", summary="time to connect to a TCP port", check=TcpCheck, open=open_tcp, example="192.0.2.1:443"
)
