"""CPU for 74,112 varbinds of 193 devices: the whole path to samples beside snmp_exporter, snmpbulkwalk and pysnmp."""

import asyncio
import gc
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import yaml

from agent.probe import Credential, Instrument, Surroundings, Target
from agent.probes.snmp import SnmpCheck, open_snmp
from agent.snmp.engine import Patience, Peer, SnmpEngine, parse_oid
from agent.snmp.pysnmp_engine import open_pysnmp_engine
from agent.snmp.session import open_session
from lab.bench import Bench, Table
from lab.bench.snmp_devices import COLUMNS, COMMUNITY, INTERFACES, address
from lab.bench.snmp_rivals import AT_ONCE, V2C, Exporter, bulkwalk, running_exporter, version_of
from shared.clock import SystemClock
from shared.secret import Secret

_DEVICES = 193
_EACH = len(COLUMNS) * INTERFACES
_VARBINDS = _DEVICES * _EACH
_ROUNDS = 7
_OWN_SAMPLES = 3
"""Whether the device is up, since when, and how often it restarted."""
_CREDENTIAL = Credential(community=Secret(COMMUNITY))
Place = tuple[str, int]


def run(say: Callable[[str], None]) -> Table:
    """Sweeps of each in turn, the median of seven after one that warms all; the slow ones once, on a part."""
    walker, exporter = shutil.which("snmpbulkwalk"), shutil.which("prometheus-snmp-exporter")
    with _devices() as port, ExitStack() as stack:
        places = [(address(number), port) for number in range(_DEVICES)]
        running = None
        if exporter:
            running = stack.enter_context(running_exporter(exporter, V2C, 2, COLUMNS))
        say(f"{_ROUNDS} rounds of the own engine, the own probe{' and snmp_exporter' if exporter else ''}")
        gc.collect()
        gc.freeze()  # as the agent does when it starts
        costs = asyncio.run(_rounds(places, running))
        say("pysnmp, on an eighth of the devices")
        part = places[: _DEVICES // 8]
        costs["pysnmp, one engine, lookupMib off (an eighth, scaled)"] = (
            asyncio.run(_pysnmp(part)) * _DEVICES / len(part)
        )
        if walker:
            say("snmpbulkwalk, on an eighth of the devices")
            took = bulkwalk(walker, ("-v2c", "-c", COMMUNITY), part, COLUMNS)
            costs["snmpbulkwalk, a process a column (an eighth, scaled)"] = took * _DEVICES / len(part)
    peer = costs.get("snmp_exporter, to its text page")
    return Table(
        f"SNMP v2c: {_DEVICES} devices x {len(COLUMNS)} columns x {INTERFACES} rows = {_VARBINDS:,} varbinds",
        ("engine", "CPU s", "µs a varbind", "x snmp_exporter"),
        tuple(
            (name, f"{cpu:.3f}", f"{cpu / _VARBINDS * 1e6:.2f}", f"{cpu / peer:.2f}" if peer else "-")
            for name, cpu in costs.items()
        ),
        tuple(_notes((exporter, walker))),
    )


def _notes(programs: Sequence[str | None]) -> Iterator[str]:
    for name, program in zip(("prometheus-snmp-exporter", "snmpbulkwalk"), programs, strict=True):
        yield version_of(program) if program else f"{name} is not installed: left out."


async def _rounds(places: Sequence[Place], exporter: Exporter | None) -> dict[str, float]:
    """Median CPU seconds of a sweep by engine; all take turns, so that what disturbs one disturbs all."""
    costs: dict[str, list[float]] = {}
    async with open_session() as engine:
        with tempfile.TemporaryDirectory() as folder:
            surroundings = Surroundings(SystemClock(), {"device": _CREDENTIAL}, _profiles(Path(folder)))
            async with open_snmp(surroundings) as instrument:
                for number in range(_ROUNDS + 1):
                    found = {
                        "phusong, engine alone": await _cost(places, lambda place: _walk(engine, place)),
                        "phusong, probe with profile, to samples": await _cost(
                            places, lambda place: _measure(instrument, place)
                        ),
                    }
                    if exporter:
                        found["snmp_exporter, to its text page"] = exporter.sweep(places, _VARBINDS)
                    for name, cpu in found.items():
                        costs.setdefault(name, []).extend([cpu] if number else [])
    return {name: median(found) for name, found in costs.items()}


async def _cost(places: Sequence[Place], ask: Callable[[Place], Awaitable[int]]) -> float:
    """CPU seconds for asking all places, as many at once as snmp_exporter is asked for."""
    left = iter(places)

    async def work() -> int:
        return sum([await ask(place) for place in left])

    begun = time.process_time()
    found = sum(await asyncio.gather(*(work() for _ in range(AT_ONCE))))
    took = time.process_time() - begun
    if found != len(places) * _EACH:
        raise RuntimeError(f"only {found} varbinds came")
    return took


async def _walk(engine: SnmpEngine, place: Place) -> int:
    patience = Patience(until=asyncio.get_running_loop().time() + 120, try_seconds=20.0, repetitions=50)
    peer = Peer(*place, _CREDENTIAL)
    return sum([len(await engine.walk(peer, parse_oid(column), patience)) for column in COLUMNS])


async def _measure(instrument: Instrument, place: Place) -> int:
    check = SnmpCheck(
        name="snmp",
        timeout_seconds=120,
        retry_seconds=20,
        max_repetitions=50,
        profiles=("generic",),
        credentials="device",
    )
    finding = await instrument.measure(check, Target(site="s", name=place[0], address=f"{place[0]}:{place[1]}"))
    return len(finding.samples) - _OWN_SAMPLES


async def _pysnmp(places: Sequence[Place]) -> float:
    async with open_pysnmp_engine() as engine:
        await _cost(places, lambda place: _walk(engine, place))
        return await _cost(places, lambda place: _walk(engine, place))


def _profiles(folder: Path) -> Path:
    """The same columns and the same label as snmp_exporter's module has."""
    columns = [{"oid": oid, "metric": f"c{place}", "help": "-", "type": "counter"} for place, oid in enumerate(COLUMNS)]
    table = {"name": "ifXTable", "labels": [{"name": "ifIndex"}], "columns": columns}
    (folder / "generic").mkdir()
    path = folder / "generic" / "profile.yaml"
    path.write_text(yaml.safe_dump({"title": "bench", "verified": "never", "tables": [table]}), encoding="utf-8")
    return folder


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


BENCH = Bench("snmp-cost", "CPU for a sweep over 193 devices, v2c", run)
