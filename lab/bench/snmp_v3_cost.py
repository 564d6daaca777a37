"""CPU a varbind on SNMPv3 authPriv, from real snmpd: beside pysnmp as documented and snmp_exporter."""

import asyncio
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from pysnmp.hlapi.v3arch import asyncio as hlapi

from agent.probe import Credential
from agent.snmp.engine import Patience, Peer, PortClosed, SnmpEngine, parse_oid
from agent.snmp.pysnmp_engine import open_pysnmp_engine
from agent.snmp.session import open_session
from lab.bench import Bench, Table
from lab.bench.snmp_devices import INTERFACES
from lab.bench.snmp_rivals import (
    AUTHENTICATION_KEY,
    PRIVACY_KEY,
    USER,
    V3,
    Exporter,
    bulkwalk,
    running_exporter,
    version_of,
)
from lab.ports import free_port
from shared.secret import Secret

_DEVICES = 8
_ENTRY = "1.3.6.1.4.1.8072.9999.9999.1.1"
"""Below net-snmp's netSnmpPlaypen: snmpd's ``override`` puts counters there."""
_COLUMNS = tuple(f"{_ENTRY}.{column}" for column in range(1, 9))
_VARBINDS = _DEVICES * len(_COLUMNS) * INTERFACES
_ROUNDS = 5
_SWEEPS_OF_EXPORTER = 10
"""A turn of it, because the kernel tells another process's CPU in hundredths of a second."""
Place = tuple[str, int]
_CREDENTIAL = Credential(
    version="3",
    user=USER,
    authentication="SHA-256",
    authentication_key=Secret(AUTHENTICATION_KEY),
    privacy="AES-128",
    privacy_key=Secret(PRIVACY_KEY),
)


def run(say: Callable[[str], None]) -> Table:
    """Sweeps of each in turn, median of five after one that warms all."""
    snmpd, walker, exporter = (shutil.which(name) for name in ("snmpd", "snmpbulkwalk", "prometheus-snmp-exporter"))
    if snmpd is None:
        raise SystemExit("snmpd is not installed (apt-get install snmpd)")
    with ExitStack() as stack:
        say(f"{_DEVICES} snmpd")
        places = [stack.enter_context(running_snmpd(snmpd, _counters())) for _ in range(_DEVICES)]
        running = stack.enter_context(running_exporter(exporter, V3, 3, _COLUMNS)) if exporter else None
        say(f"{_ROUNDS} rounds of the own engine, pysnmp as documented{' and snmp_exporter' if exporter else ''}")
        costs = asyncio.run(_rounds(places, running))
        if walker:
            say("snmpbulkwalk")
            keys = ("-a", "SHA-256", "-A", AUTHENTICATION_KEY, "-x", "AES", "-X", PRIVACY_KEY)
            options = ("-v3", "-l", "authPriv", "-u", USER, *keys)
            costs["snmpbulkwalk, a process a column"] = bulkwalk(walker, options, places, _COLUMNS)
    peer = costs.get("snmp_exporter, to its text page")
    return Table(
        f"SNMPv3 authPriv, SHA-256 and AES-128: {_DEVICES} snmpd x {len(_COLUMNS)} columns x {INTERFACES} rows",
        ("engine", "CPU s", "µs a varbind", "x snmp_exporter"),
        tuple(
            (name, f"{cpu:.3f}", f"{cpu / _VARBINDS * 1e6:.1f}", f"{cpu / peer:.1f}" if peer else "-")
            for name, cpu in costs.items()
        ),
        tuple(version_of(program) for program in (snmpd, walker, exporter) if program),
    )


async def _rounds(places: Sequence[Place], exporter: Exporter | None) -> dict[str, float]:
    costs: dict[str, list[float]] = {}
    async with open_pysnmp_engine() as engine:
        for number in range(_ROUNDS + 1):
            found = {
                "phusong (one pysnmp engine, kept)": await _cost(places, lambda place: _walk(engine, place)),
                "pysnmp as documented (an engine a walk)": await _cost(places, _documented),
            }
            if exporter:
                took = exporter.sweep(places, _VARBINDS, _SWEEPS_OF_EXPORTER) / _SWEEPS_OF_EXPORTER
                found["snmp_exporter, to its text page"] = took
            for name, cpu in found.items():
                costs.setdefault(name, []).extend([cpu] if number else [])
    return {name: median(found) for name, found in costs.items()}


async def _cost(places: Sequence[Place], ask: Callable[[Place], Awaitable[int]]) -> float:
    begun = time.process_time()
    found = sum(await asyncio.gather(*map(ask, places)))
    took = time.process_time() - begun
    if found != _VARBINDS:
        raise RuntimeError(f"only {found} varbinds came")
    return took


async def _walk(engine: SnmpEngine, place: Place) -> int:
    patience = Patience(until=asyncio.get_running_loop().time() + 120, try_seconds=20.0, repetitions=50)
    peer = Peer(*place, _CREDENTIAL)
    return sum([len(await engine.walk(peer, parse_oid(column), patience)) for column in _COLUMNS])


async def _documented(place: Place) -> int:
    """As the examples of its documentation do it: ``bulk_walk_cmd`` with an engine of its own."""
    user = hlapi.UsmUserData(
        USER,
        AUTHENTICATION_KEY,
        PRIVACY_KEY,
        authProtocol=hlapi.USM_AUTH_HMAC192_SHA256,
        privProtocol=hlapi.USM_PRIV_CFB128_AES,
    )
    found = 0
    for column in _COLUMNS:
        engine = hlapi.SnmpEngine()
        target = await hlapi.UdpTransportTarget.create(place, timeout=60, retries=0)
        name = hlapi.ObjectType(hlapi.ObjectIdentity(column))
        walk = hlapi.bulk_walk_cmd(engine, user, target, hlapi.ContextData(), 0, 25, name, lexicographicMode=False)
        async for indication, _, _, varbinds in walk:
            if indication:
                raise RuntimeError(f"pysnmp says {indication}")
            found += len(varbinds)
        engine.close_dispatcher()
    return found


def _counters() -> list[str]:
    return [
        f"override {column}.{row} counter {place * 1_000_003 + row * 7_654_321}"
        for place, column in enumerate(_COLUMNS)
        for row in range(1, INTERFACES + 1)
    ]


@contextmanager
def running_snmpd(program: str, extra: Sequence[str], without: str = "-smux,mteTrigger") -> Iterator[Place]:
    """An snmpd on a free port of the loopback, with the benches' user and these further lines of configuration."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port(kind=socket.SOCK_DGRAM)
        lines = [
            f"agentAddress udp:127.0.0.1:{port}",
            f"createUser {USER} SHA-256 {AUTHENTICATION_KEY} AES {PRIVACY_KEY}",
            f"rouser {USER} priv",
            "rocommunity bench 127.0.0.1",
            *extra,
        ]
        (Path(folder) / "snmpd.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [program, "-f", "-LE", "3", "-C", "-c", "snmpd.conf", "-p", "snmpd.pid", "-I", without]
        environment = {"SNMP_PERSISTENT_DIR": folder, "MIBS": "", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        process = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.DEVNULL)
        try:
            asyncio.run(_await_answer(port))
            yield "127.0.0.1", port
        finally:
            process.terminate()
            process.wait()


async def _await_answer(port: int) -> None:
    """The engine's own retries do the waiting."""
    async with open_session() as engine:
        peer = Peer("127.0.0.1", port, Credential(community=Secret("bench")))
        until = asyncio.get_running_loop().time() + 15
        while True:
            try:
                await engine.get(peer, [(1, 3, 6, 1, 2, 1, 1, 3, 0)], Patience(until=until, tries=100, try_seconds=0.2))
            except PortClosed:
                await asyncio.sleep(0.05)
            else:
                return


BENCH = Bench("snmp-v3-cost", "CPU a varbind on SNMPv3 authPriv, from real snmpd", run)
