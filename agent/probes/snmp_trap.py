"""SNMP traps and informs: what a target says unasked becomes a reading at once; nobody else is ever listened to.

A run waits for the next trap of its target and ends with it, or with its slot: a last gasp is committed when it comes.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import cast

from agent.net import resolve, split_port
from agent.probe import Check, Finding, Instrument, Probe, ProbeFailed, Surroundings, Target
from agent.snmp.ber import MalformedMessage, OidCache
from agent.snmp.by_hand import BY_HAND
from agent.snmp.engine import dotted
from agent.snmp.trap import NAMES, OTHER, Trap, read_trap
from shared.wire.reading import Metric, MetricKind, Outcome, Sample

_METRICS = (
    Metric("phusong_snmp_traps_total", MetricKind.COUNTER, "Traps and informs taken from the device, by their name"),
    Metric("phusong_snmp_traps_refused_total", MetricKind.COUNTER, "Traps with another community than the device's"),
    Metric("phusong_snmp_trap_link_up", MetricKind.GAUGE, "Last trap about an interface: 1 linkUp, 0 linkDown"),
)
_KEPT_FACTS = 20
_MOST_INTERFACES = 512
_LINK = {"linkUp": 1.0, "linkDown": 0.0}


class TrapCheck(Check, frozen=True, kw_only=True, tag_field="kind", tag="snmp_trap"):
    """Settings of ``kind: snmp_trap``."""

    every_seconds: float = 10.0
    timeout_seconds: float = 9.0
    """How long a run waits for a trap; less than ``every_seconds``."""
    listen_address: str = "0.0.0.0"  # noqa: S104 - devices send to whatever address of the agent they know
    listen_port: int = 1162
    """Traps are sent to port 162, which only root may open: forward it, or tell the devices this one."""
    credentials: str | None = None
    """Whose community traps must carry where the target names none."""


@dataclass(slots=True)
class _Heard:
    """Running totals of one device."""

    community: bytes
    totals: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    links: dict[int, float] = field(default_factory=dict)
    last: deque[Trap] = field(default_factory=lambda: deque(maxlen=_KEPT_FACTS))
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, trap: Trap) -> None:
        if trap.community != self.community:
            self.refused += 1
            return
        self.totals[trap.name] += 1
        self.last.append(trap)
        index = trap.interface
        if trap.name in _LINK and index is not None and (index in self.links or len(self.links) < _MOST_INTERFACES):
            self.links[index] = _LINK[trap.name]
        self.news.set()


class _Listener(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.devices: dict[str, _Heard] = {}
        self._cache = OidCache()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio's own datagram transport is no subclass of DatagramTransport in Python 3.11.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        heard = self.devices.get(addr[0])
        if heard is None:
            return
        try:
            trap = read_trap(data, self._cache)
        except MalformedMessage:
            return
        heard.take(trap)
        if trap.acknowledgement is not None and trap.community == heard.community and self._transport is not None:
            self._transport.sendto(trap.acknowledgement, addr)


class TrapInstrument:
    """All listeners of the agent, one an address and port."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._credentials = surroundings.credentials
        self._open: dict[tuple[str, int], tuple[asyncio.DatagramTransport, _Listener]] = {}
        self._opening = asyncio.Lock()

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """See :class:`agent.probe.Instrument`."""
        return _METRICS

    async def measure(self, check: TrapCheck, target: Target) -> Finding:
        """Wait for the next trap of the target; a run without one is ``ok`` too: only echo requests judge a link."""
        heard = await self._heard(check, target)
        with suppress(TimeoutError):
            async with asyncio.timeout(check.timeout_seconds):
                await heard.news.wait()
        heard.news.clear()
        last = [{"trap": trap.name, "oid": dotted(trap.oid), "ifIndex": trap.interface} for trap in heard.last]
        return Finding(Outcome.OK, tuple(_samples(heard)), facts={"traps": last})

    def close(self) -> None:
        """Stop listening."""
        for transport, _ in self._open.values():
            transport.close()

    async def _heard(self, check: TrapCheck, target: Target) -> _Heard:
        name = target.credentials or check.credentials
        credential = self._credentials.get(name or "")
        if credential is None or credential.community is None:
            raise ProbeFailed(Outcome.ERROR, "traps want credentials with a community (v1 or v2c)")
        host, _ = split_port(target.address, 162)
        address = str((await resolve(host, 162))[0][1][0])
        async with self._opening:
            listener = await self._listener(check.listen_address, check.listen_port)
        if address not in listener.devices:
            listener.devices[address] = _Heard(credential.community.reveal().encode())
        return listener.devices[address]

    async def _listener(self, address: str, port: int) -> _Listener:
        found = self._open.get((address, port))
        if found is None:
            loop = asyncio.get_running_loop()
            try:
                found = await loop.create_datagram_endpoint(_Listener, local_addr=(address, port))
            except OSError as error:
                why = (error.strerror or str(error)).lower()
                raise ProbeFailed(Outcome.ERROR, f"cannot listen for traps on {address} port {port}: {why}") from None
            self._open[address, port] = found
        return found[1]


@asynccontextmanager
async def open_traps(surroundings: Surroundings) -> AsyncIterator[Instrument]:
    """Listeners are opened by the first check that wants them."""
    instrument = TrapInstrument(surroundings)
    try:
        yield instrument
    finally:
        instrument.close()


def _samples(heard: _Heard) -> list[Sample]:
    totals: Mapping[str, int] = heard.totals
    samples = [
        Sample("phusong_snmp_traps_total", float(totals.get(name, 0)), (("trap", name),))
        for name in NAMES
        if name != OTHER or totals.get(OTHER)
    ]
    samples.append(Sample("phusong_snmp_traps_refused_total", float(heard.refused)))
    links = sorted(heard.links.items())
    return samples + [Sample("phusong_snmp_trap_link_up", up, (("ifIndex", str(index)),)) for index, up in links]


PROBE = Probe(
    kind="snmp_trap",
    summary="what a device says unasked (v1, v2c traps and informs): links, starts, UPS on battery",
    check=TrapCheck,
    open=open_traps,
    by_hand=BY_HAND,
    example="192.0.2.1 --community COMMUNITY --listen-port 1162 --timeout 60",
)
