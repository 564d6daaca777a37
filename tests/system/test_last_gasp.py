"""A last gasp: what a device says before it dies is at the collector long before the next cycle of the agent."""

import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.ports import free_port
from tests.peers.presence import require
from tests.peers.programs import PYTHON, get, running, until
from tests.peers.settings_files import agent_file, collector_file, write
from tests.peers.snmpd import free_udp_port

pytestmark = pytest.mark.system

COMMUNITY = "hagiang-2c"
LINK_DOWN, ON_BATTERY = "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.2.1.33.2.1"
CYCLE_SECONDS = 30.0


def say(port: int, what: str) -> None:
    command = [require("snmptrap", "snmp"), "-v2c", "-c", COMMUNITY, f"127.0.0.1:{port}", "", what]
    subprocess.run(command, env={"MIBS": "", "PATH": "/usr/bin:/bin"}, check=True)


def listens(port: int) -> bool:
    return f":{port:04X} " in Path("/proc/net/udp").read_text(encoding="ascii")


def parcels(house: Path) -> int:
    with sqlite3.connect(f"file:{house}/state/inbox.sqlite?mode=ro", uri=True) as database:
        number: int = database.execute("SELECT count(*) FROM parcel").fetchone()[0]
    database.close()
    return number


def test_a_trap_is_in_the_collectors_inbox_before_the_cycle(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    port, trap_port, house, folder = free_port(), free_udp_port(), tmp_path / "collector", tmp_path / "agent"
    file = collector_file(house, port, ["province"], ["a"])
    credentials = write(folder / "credentials.yaml", {"routers": {"version": "2c", "community": COMMUNITY}})
    credentials.chmod(0o600)
    check = {"kind": "snmp_trap", "every_seconds": 4.0, "timeout_seconds": 3.9, "listen_port": trap_port}
    here = {"site": "province", "name": "gw", "address": "127.0.0.1", "credentials": "routers"}
    settings = agent_file(
        folder,
        "a",
        house / "collector.sock",
        commit_seconds=CYCLE_SECONDS,
        report_seconds=30,
        credentials_file=str(credentials),
        checks=[check],
        targets=[here],
    )
    begun = time.monotonic()
    with running("collector", [PYTHON, "-m", "collector", "run", "--config", str(file)], house) as collector:
        until("the collector is ready", lambda: get(f"http://127.0.0.1:{port}/readyz"), collector)
        with running("agent", [PYTHON, "-m", "agent", "run", "--config", str(settings)], folder) as agent:
            until("the agent listens", lambda: listens(trap_port), agent)
            for number, what in enumerate((LINK_DOWN, ON_BATTERY), start=1):
                before = parcels(house)
                said = time.monotonic()
                say(trap_port, what)
                until(f"trap {number} is stored", lambda before=before: parcels(house) > before, agent, collector)
                record_property(f"seconds from trap {number} to the inbox", round(time.monotonic() - said, 3))
            page = until(
                "both are on the page",
                lambda: (text := get(f"http://127.0.0.1:{port}/metrics")).count('trap="upsTrapOnBattery"} 1') and text,
                agent,
                collector,
            )
    assert time.monotonic() - begun < CYCLE_SECONDS
    assert 'trap="linkDown"} 1' in page
