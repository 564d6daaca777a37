"""Resident memory of a whole agent with every kind of probe, an SNMPv2c router or a v3 one; it judges nothing."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import yaml

from lab.bench import Bench, Table
from lab.bench.agent_footprint import device, sink
from lab.bench.neighbours import portal, resolver
from lab.bench.snmp_devices import COMMUNITY, INTERFACES, address
from lab.bench.snmp_rivals import AUTHENTICATION_KEY, PRIVACY_KEY, USER
from lab.bench.snmp_v3_cost import running_snmpd

_SECONDS = 150.0
_AIMS_MB = {"v2c": 45, "v3 authPriv": 60}
_COUNTERS = tuple(f"1.3.6.1.2.1.31.1.1.1.{arc}" for arc in range(6, 14))


def run(say: Callable[[str], None]) -> Table:
    """Both kinds of router in turn, with rounds that come faster than an agent's."""
    rows = []
    for version, aim in _AIMS_MB.items():
        if version != "v2c" and shutil.which("snmpd") is None:
            continue
        say(f"{version}, {_SECONDS:g} s")
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            end, peak, private, counts = _resident(version, Path(folder), stack)
        rows.append((version, f"{end:.1f}", f"{peak:.1f}", f"{private:.1f}", str(aim), _well(counts)))
    return Table(
        "Resident memory of an agent with every kind of probe",
        ("router", "resident MB", "peak MB", "of it private MB", "aim MB", "runs that went well"),
        tuple(rows),
        (f"icmp (10 targets), snmp, tcp, dns, http (TLS, verified), snmp_trap; {_SECONDS:g} s, rounds of 1 to 5 s.",),
    )


def _well(counts: Counter[str]) -> str:
    good, bad = (sum(n for name, n in counts.items() if name.endswith(" ok") is right) for right in (True, False))
    return f"{good} of {good + bad}"


def _resident(version: str, folder: Path, stack: ExitStack) -> tuple[float, float, float, Counter[str]]:
    """MB at the end, at most, and private; and how the runs went, that nothing failed cheaply."""
    if version == "v2c":
        router = f"{address(0)}:{stack.enter_context(device())}"
        credential: dict[str, object] = {"version": "2c", "community": COMMUNITY}
    else:
        lines = [
            f"override {oid}.{row} counter {row * 7_654_321}" for oid in _COUNTERS for row in range(1, INTERFACES + 1)
        ]
        host, port = stack.enter_context(
            running_snmpd(shutil.which("snmpd") or "", lines, "-smux,mteTrigger,ifXTable,ifTable")
        )
        router = f"{host}:{port}"
        keys = {"authentication_key": AUTHENTICATION_KEY, "privacy_key": PRIVACY_KEY}
        credential = {"version": "3", "user": USER, "authentication": "SHA-256", "privacy": "AES-128", **keys}
    uplink, counts = stack.enter_context(sink())
    portal_port, authorities = stack.enter_context(portal(folder))
    ports = {"uplink": uplink, "portal": portal_port, "resolver": stack.enter_context(resolver())}
    config = _config(folder, router, credential, ports)
    environment = {**os.environ, "SSL_CERT_FILE": str(authorities)}
    with _running([sys.executable, "-m", "agent", "run", "--config", str(config)], environment) as pid:
        time.sleep(_SECONDS)
        status = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        )
    end, peak, private = (int(status[key].split()[0]) * 1024 / 1e6 for key in ("VmRSS", "VmHWM", "RssAnon"))
    return end, peak, private, counts


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[int]:
    with subprocess.Popen(command, env=environment) as agent:
        try:
            yield agent.pid
        finally:
            agent.terminate()


def _config(folder: Path, router: str, credential: dict[str, object], ports: dict[str, int]) -> Path:
    (folder / "credentials.yaml").write_text(
        yaml.safe_dump({"device": credential, "traps": {"version": "2c", "community": COMMUNITY}}), encoding="utf-8"
    )
    (folder / "credentials.yaml").chmod(0o600)
    links = [{"site": f"s{n}", "name": f"s{n}", "address": f"127.2.0.{n}", "role": "link"} for n in range(1, 11)]
    others = [
        {"site": "s0", "name": "r0", "address": router, "role": "router", "credentials": "device"},
        {"site": "s0", "name": "portal", "address": f"127.0.0.1:{ports['portal']}", "role": "portal"},
        {"site": "s0", "name": "resolver", "address": f"127.0.0.1:{ports['resolver']}", "role": "resolver"},
        {"site": "s0", "name": "ups", "address": "127.0.0.1", "role": "ups", "credentials": "traps"},
    ]
    content = {
        "agent": "bench",
        "site": "s0",
        "uplink": {"url": f"http://127.0.0.1:{ports['uplink']}", "token": "bench"},
        "state": str(folder / "state"),
        "credentials_file": "credentials.yaml",
        "checks": _checks(),
        "targets": [*links, *others],
    }
    path = folder / "agent.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def _checks() -> list[dict[str, object]]:
    return [
        {
            "kind": "icmp",
            "every_seconds": 1,
            "roles": ["link"],
            "count": 5,
            "interval_seconds": 0.1,
            "timeout_seconds": 0.9,
        },
        {
            "kind": "snmp",
            "every_seconds": 5,
            "roles": ["router"],
            "profiles": ["if_mib", "system"],
            "timeout_seconds": 4,
        },
        {"kind": "tcp", "every_seconds": 2, "roles": ["portal"], "timeout_seconds": 1},
        {"kind": "http", "every_seconds": 5, "roles": ["portal"], "timeout_seconds": 4},
        {"kind": "dns", "every_seconds": 2, "roles": ["resolver"], "timeout_seconds": 1},
        {"kind": "snmp_trap", "roles": ["ups"], "listen_address": "127.0.0.1", "listen_port": 0},
    ]


BENCH = Bench("agent-memory", "resident memory of an agent with every kind of probe", run)
