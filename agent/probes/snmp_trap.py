"""SNMP traps and informs: what a target says unasked becomes a reading at once; nobody else is ever listened to.

A run waits for the next trap of its target and ends with it, or with its slot: a last gasp is committed when it comes.
"""

import asyncio
import hashlib
import re
import secrets
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from agent.net import resolve, split_port
from agent.probe import Check, Credential, Finding, Instrument, Probe, ProbeFailed, Surroundings, Target
from agent.snmp.ber import MalformedMessage, OidCache
from agent.snmp.by_hand import BY_HAND
from agent.snmp.engine import dotted
from agent.snmp.trap import NAMES, OTHER, Trap, read_trap
from agent.snmp.trap_v3 import DISCOVERY, V3_REASONS, Judged, Station, V3Device
from agent.snmp.usm_keys import User
from agent.snmp.v3_message import V3, read_version
from shared.clock import Clock
from shared.secret import Secret
from shared.wire.reading import Metric, MetricKind, Outcome, Sample

_METRICS = (
    Metric("phusong_snmp_traps_total", MetricKind.COUNTER, "Traps and informs taken from the device, by their name"),
    Metric("phusong_snmp_traps_refused_total", MetricKind.COUNTER, "Traps that nobody may believe, by reason"),
    Metric("phusong_snmp_trap_link_up", MetricKind.GAUGE, "Last trap about an interface: 1 linkUp, 0 linkDown"),
)
_KEPT_FACTS = 20
_MOST_INTERFACES = 512
_REASONS = ("version", "malformed", "community")
_SECOND_NS = 1_000_000_000
_MACHINE_ID = Path("/etc/machine-id")
_ENGINE_ID = re.compile(r"(?:[0-9a-fA-F]{2}){5,32}$")
_ENGINE_ID_HEAD = bytes.fromhex("80004fb805")
"""RFC 3411, SnmpEngineID: octets that we choose, under pysnmp's enterprise number, for phusong has none."""
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
    """Whose community or v3 user traps must carry where the target names none."""
    engine_id: str | None = None
    """Hexadecimal; for v3 informs to devices that must be told it. One made of the machine's id where none is given."""


@dataclass(slots=True)
class _Heard:
    """Running totals of one device."""

    community: bytes | None
    v3: V3Device | None
    totals: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    links: dict[int, float] = field(default_factory=dict)
    last: deque[Trap] = field(default_factory=lambda: deque(maxlen=_KEPT_FACTS))
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why its traps may be refused."""
        return _REASONS if self.v3 is None else V3_REASONS

    def judge(self, datagram: bytes, cache: OidCache, now: float) -> Judged:
        """A trap that is the device's, or why there is none."""
        try:
            if (read_version(datagram) == V3) != (self.v3 is not None):
                return Judged(None, "version")
            if self.v3 is not None:
                return self.v3.judge(datagram, now)
            trap = read_trap(datagram, cache)
        except MalformedMessage:
            return Judged(None, "malformed")
        if trap.community != self.community:
            return Judged(None, "community")
        return Judged(trap, answer=trap.acknowledgement)

    def take(self, trap: Trap) -> None:
        self.totals[trap.name] += 1
        self.last.append(trap)
        index = trap.interface
        if trap.name in _LINK and index is not None and (index in self.links or len(self.links) < _MOST_INTERFACES):
            self.links[index] = _LINK[trap.name]
        self.news.set()


class _Listener(asyncio.DatagramProtocol):
    def __init__(self, clock: Clock) -> None:
        self.devices: dict[str, _Heard] = {}
        self._clock = clock
        self._cache = OidCache()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio's own datagram transport is no subclass of DatagramTransport in Python 3.11.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        heard = self.devices.get(addr[0])
        if heard is None:
            return
        judged = heard.judge(data, self._cache, self._clock.monotonic_ns() / _SECOND_NS)
        if judged.trap is not None:
            heard.take(judged.trap)
        elif judged.reason != DISCOVERY:
            heard.refused[judged.reason] += 1
        if judged.answer is not None and self._transport is not None:
            self._transport.sendto(judged.answer, addr)


class TrapInstrument:
    """All listeners of the agent, one an address and port."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._credentials = surroundings.credentials
        self._clock = surroundings.clock
        self._stations: dict[str, Station] = {}
        self._users: dict[Credential, User] = {}
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
        said = heard.news.is_set()
        heard.news.clear()
        last = [{"trap": trap.name, "oid": dotted(trap.oid), "ifIndex": trap.interface} for trap in heard.last]
        return Finding(Outcome.OK, tuple(_samples(heard)), facts={"traps": last}, urgent=said)

    def close(self) -> None:
        """Stop listening."""
        for transport, _ in self._open.values():
            transport.close()

    async def _heard(self, check: TrapCheck, target: Target) -> _Heard:
        name = target.credentials or check.credentials
        credential = self._credentials.get(name or "")
        if credential is None or (credential.user if credential.version == "3" else credential.community) is None:
            raise ProbeFailed(Outcome.ERROR, "traps want credentials with a community (v1, v2c) or a user (v3)")
        host, _ = split_port(target.address, 162)
        address = str((await resolve(host, 162))[0][1][0])
        async with self._opening:
            listener = await self._listener(check.listen_address, check.listen_port)
        if address not in listener.devices:
            listener.devices[address] = self._device(check, target, credential)
        return listener.devices[address]

    def _device(self, check: TrapCheck, target: Target, credential: Credential) -> _Heard:
        if credential.version != "3":
            return _Heard((credential.community or Secret("")).reveal().encode(), None)
        engine_id = check.engine_id or ""
        if engine_id not in self._stations:
            self._stations[engine_id] = _station(bytes.fromhex(engine_id), self._clock)
        if credential not in self._users:
            self._users[credential] = User(credential)
        return _Heard(None, V3Device(target.name, self._users[credential], self._stations[engine_id]))

    async def _listener(self, address: str, port: int) -> _Listener:
        found = self._open.get((address, port))
        if found is None:
            loop = asyncio.get_running_loop()
            try:
                found = await loop.create_datagram_endpoint(lambda: _Listener(self._clock), local_addr=(address, port))
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


def _station(engine_id: bytes, clock: Clock) -> Station:
    """Our engine: boots are the start's Unix time, which rises from one start to the next while the clock is right."""
    now = clock.monotonic_ns() / _SECOND_NS
    return Station(engine_id or _default_engine_id(), max(1, clock.wall_ns() // _SECOND_NS) % (2**31 - 1), now)


def _default_engine_id() -> bytes:
    """The same at every start; a machine without an id of its own gets another at each."""
    try:
        machine = _MACHINE_ID.read_bytes().strip()
    except OSError:
        machine = b""
    digest = hashlib.sha256(b"phusong snmp engine\n" + (machine or secrets.token_bytes(16))).digest()
    return _ENGINE_ID_HEAD + digest[:8]


def _problems(check: TrapCheck, _profiles: Path) -> Iterator[tuple[str, str]]:
    if check.engine_id is not None and not _ENGINE_ID.match(check.engine_id):
        yield "engine_id", "an engine id is 5 to 32 octets in hexadecimal"


def _samples(heard: _Heard) -> list[Sample]:
    totals: Mapping[str, int] = heard.totals
    samples = [
        Sample("phusong_snmp_traps_total", float(totals.get(name, 0)), (("trap", name),))
        for name in NAMES
        if name != OTHER or totals.get(OTHER)
    ]
    samples += [
        Sample("phusong_snmp_traps_refused_total", float(heard.refused[reason]), (("reason", reason),))
        for reason in heard.reasons
    ]
    links = sorted(heard.links.items())
    return samples + [Sample("phusong_snmp_trap_link_up", up, (("ifIndex", str(index)),)) for index, up in links]


PROBE = Probe(
    kind="snmp_trap",
    summary="what a device says unasked (traps and informs of v1, v2c, v3): links, starts, UPS on battery",
    check=TrapCheck,
    open=open_traps,
    problems=_problems,
    by_hand=BY_HAND,
    example="192.0.2.1 --community COMMUNITY --listen-port 1162 --timeout 60",
)
