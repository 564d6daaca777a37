"""CPU for 74,112 varbinds of 193 devices: the own engine beside pysnmp, snmp_exporter and snmpbulkwalk, in one run."""

import asyncio
import http.client
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

from agent.probe import Credential
from agent.snmp.engine import Patience, Peer, SnmpEngine, parse_oid
from agent.snmp.poll import poll
from agent.snmp.profile import Measure, Profile, Table
from agent.snmp.pysnmp_engine import open_pysnmp_engine
from agent.snmp.session import open_session
from lab.bench import Bench
from lab.bench import Table as Figures
from lab.bench.snmp_devices import COLUMNS, COMMUNITY, INTERFACES, address
from shared.secret import Secret

_DEVICES = 193
_VARBINDS = _DEVICES * len(COLUMNS) * INTERFACES
_SWEEPS = 5
Cost = tuple[float, float]
"""CPU seconds and wall seconds of one sweep over all devices."""


def run(say: Callable[[str], None]) -> Figures:
    """Measure all that are here; the slow ones on a part of the devices."""
    with _devices() as port:
        say("own engine")
        first, later = asyncio.run(_sweeps(open_session, _walk, port, _DEVICES))
        _, rendered = asyncio.run(_sweeps(open_session, _poll, port, _DEVICES))
        say("pysnmp, on a quarter of the devices")
        _, pysnmp = asyncio.run(_sweeps(open_pysnmp_engine, _walk, port, _DEVICES // 4))
        costs: list[tuple[str, Cost]] = [
            ("own engine, first sweep", first),
            ("own engine, later sweeps", later),
            ("own engine with profile and samples", rendered),
            ("pysnmp, one engine a device, lookupMib off", _scaled(pysnmp, _DEVICES / (_DEVICES // 4))),
        ]
        notes = []
        for name, package, measure in (
            ("prometheus-snmp-exporter", "prometheus-snmp-exporter", _exporter),
            ("snmpbulkwalk, a process a column", "snmp", _bulkwalk),
        ):
            program = shutil.which(name.split(",")[0])
            if program is None:
                notes.append(f"{name.split(',')[0]} is not installed (apt-get install {package}): left out.")
                continue
            say(name)
            costs.append((name, measure(program, port)))
    peer = next((cost for name, cost in costs if name == "prometheus-snmp-exporter"), None)
    rows = tuple(
        (name, f"{cpu:.2f}", f"{wall:.2f}", f"{_VARBINDS / cpu:,.0f}", f"{cpu / peer[0]:.2f}" if peer else "-")
        for name, (cpu, wall) in costs
    )
    columns = ("engine", "CPU s", "wall s", "varbinds / CPU s", "x snmp_exporter")
    return Figures(
        f"SNMP v2c: {_DEVICES} devices x {len(COLUMNS)} columns x {INTERFACES} rows", columns, rows, tuple(notes)
    )


async def _sweeps(
    opened: Callable[[], AbstractAsyncContextManager[SnmpEngine]],
    ask: Callable[[SnmpEngine, Peer, Patience], Awaitable[int]],
    port: int,
    devices: int,
) -> tuple[Cost, Cost]:
    """Cost of the first sweep, and the median of the later ones."""
    loop = asyncio.get_running_loop()
    costs: list[Cost] = []
    peers = [Peer(address(number), port, Credential(community=Secret(COMMUNITY))) for number in range(devices)]
    async with opened() as engine:
        for _ in range(_SWEEPS + 1):
            began = time.process_time(), loop.time()
            patience = Patience(until=loop.time() + 120.0, try_seconds=20.0, repetitions=50)
            found = await asyncio.gather(*(ask(engine, peer, patience) for peer in peers))
            costs.append((time.process_time() - began[0], loop.time() - began[1]))
            if sum(found) != devices * len(COLUMNS) * INTERFACES:
                raise RuntimeError(f"only {sum(found)} varbinds came")
    return costs[0], sorted(costs[1:])[_SWEEPS // 2]


async def _walk(engine: SnmpEngine, peer: Peer, patience: Patience) -> int:
    found = 0
    for column in COLUMNS:
        found += len(await engine.walk(peer, parse_oid(column), patience))
    return found


async def _poll(engine: SnmpEngine, peer: Peer, patience: Patience) -> int:
    columns = tuple(Measure(oid=oid, metric=f"c{place}", help="-") for place, oid in enumerate(COLUMNS))
    profile = Profile(title="bench", verified="never", tables=(Table(name="t", labels=(), columns=columns),))
    polled = await poll(engine, peer, patience, {"bench": profile}, ("bench",))
    return len(polled.samples)


def _exporter(program: str, port: int) -> Cost:
    """The exporter's own CPU, asked over HTTP for 32 devices at once; the median of later sweeps."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "snmp.yml"
        settings.write_text(_exporter_settings(), encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            web = free.getsockname()[1]
        command = [program, f"--config.file={settings}", f"--web.listen-address=127.0.0.1:{web}", "--log.level=error"]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            _await_listening(web)
            costs: list[Cost] = []
            with ThreadPoolExecutor(32) as pool:
                for _ in range(_SWEEPS + 1):
                    began = _cpu_of(process.pid), time.perf_counter()
                    pages = list(pool.map(lambda number: _scrape(web, address(number), port), range(_DEVICES)))
                    costs.append((_cpu_of(process.pid) - began[0], time.perf_counter() - began[1]))
                    if sum(pages) != _VARBINDS:
                        raise RuntimeError(f"the exporter gave {sum(pages)} samples")
        finally:
            process.terminate()
            process.wait()
    return sorted(costs[1:])[_SWEEPS // 2]


def _exporter_settings() -> str:
    lines = ["bench:", f"  walk: [{', '.join(COLUMNS)}]", "  metrics:"]
    for place, oid in enumerate(COLUMNS):
        lines += [f"    - name: c{place}", f"      oid: {oid}", "      type: counter", "      help: '-'"]
        lines += ["      indexes: [{labelname: ifIndex, type: gauge}]"]
    return "\n".join([*lines, "  version: 2", "  max_repetitions: 50", f"  auth: {{community: {COMMUNITY}}}\n"])


def _scrape(web: int, host: str, port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", web, timeout=60)
    connection.request("GET", f"/snmp?module=bench&target={host}:{port}")
    page = connection.getresponse().read()
    connection.close()
    return sum(line.startswith(b"c") for line in page.splitlines())


def _await_listening(port: int) -> None:
    until = time.perf_counter() + 15
    while time.perf_counter() < until:
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise RuntimeError("the exporter does not listen")


def _cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _bulkwalk(program: str, port: int) -> Cost:
    """A process for each column, 16 at once, on an eighth of the devices."""
    part = _DEVICES // 8
    jobs = [(address(number), column) for number in range(part) for column in COLUMNS]
    environment = {**os.environ, "MIBS": ""}

    def walk(job: tuple[str, str]) -> None:
        command = [program, "-v2c", "-c", COMMUNITY, "-Cr50", "-On", f"{job[0]}:{port}", job[1]]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)

    began = _cpu_of_children(), time.perf_counter()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(walk, jobs))
    return _scaled((_cpu_of_children() - began[0], time.perf_counter() - began[1]), _DEVICES / part)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _scaled(cost: Cost, factor: float) -> Cost:
    return cost[0] * factor, cost[1] * factor


@contextmanager
def _devices() -> Iterator[int]:
    command = [sys.executable, "-m", "lab.bench.snmp_devices", "--devices", str(_DEVICES)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for, two lines up
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


BENCH = Bench("snmp-cost", "CPU for a sweep over 193 devices", run)
