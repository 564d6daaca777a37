"""From a cable that is cut to the notification that a person gets, through real programs only."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lab.ports import free_port
from tests.peers.alertmanager import running_alertmanager
from tests.peers.presence import require
from tests.peers.programs import PYTHON, Program, get, get_json, running, until
from tests.peers.prometheus import running_prometheus
from tests.peers.settings_files import agent_file, collector_file, write
from tests.peers.webhook import Webhook, running_webhook
from tests.peers.wire import THERE, Cable, laid_cable

pytestmark = pytest.mark.system

COMMUNITY = "hagiang-2c"
FAR = "quan-ba"
SITES = [FAR, "yen-minh", "dong-van", "meo-vac"]


def target(site: str, address: str) -> dict[str, Any]:
    return {"site": site, "name": f"{site}-router", "address": address}


@contextmanager
def snmpd_at(prefix: list[str], folder: Path) -> Iterator[Program]:
    program = require("snmpd", "snmpd")
    folder.mkdir()
    lines = [f"agentAddress udp:{THERE}:161", f"rocommunity {COMMUNITY}", "sysName gateway.quan-ba"]
    (folder / "snmpd.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    file, pid = folder / "snmpd.conf", folder / "pid"
    command = [*prefix, program, "-f", "-LE", "3", "-C", "-c", str(file), "-p", str(pid), "-I", "-smux,mteTrigger"]
    environment = {"SNMP_PERSISTENT_DIR": str(folder), "MIBS": "", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    with running("snmpd", command, folder, environment) as started:
        yield started


@contextmanager
def running_agent(folder: Path, cable: Cable, socket: Path) -> Iterator[Program]:
    write(folder / "credentials.yaml", {"site": {"version": "2c", "community": COMMUNITY}})
    file = agent_file(
        folder,
        "province",
        socket,
        credentials_file="credentials.yaml",
        checks=[
            {
                "kind": "icmp", "roles": ["router"],
                "name": "ping",
                "every_seconds": 1,
                "count": 3,
                "interval_seconds": 0.05,
                "timeout_seconds": 0.4,
                "linger_seconds": 0,
            },
            {"kind": "snmp", "name": "router", "every_seconds": 2, "timeout_seconds": 1, "credentials": "site",
             "profiles": ["system"], "roles": ["device"]},
        ],
        targets=[
            target(FAR, THERE),
            *(target(site, f"127.0.0.{number}") for number, site in enumerate(SITES[1:], 2)),
            {"site": FAR, "name": f"{FAR}-device", "address": THERE, "role": "device"},
        ],
    )  # fmt: skip
    with running("agent", [*cable.here, PYTHON, "-m", "agent", "run", "--config", str(file)], folder) as program:
        yield program


@contextmanager
def running_collector(folder: Path, port: int) -> Iterator[Program]:
    file = collector_file(folder, port, SITES, ["province"])
    with running("collector", [PYTHON, "-m", "collector", "run", "--config", str(file)], folder) as program:
        until("the collector is ready", lambda: get(f"http://127.0.0.1:{port}/readyz"), program)
        yield program


def state_of(port: int, site: str) -> str:
    status = get_json(f"http://127.0.0.1:{port}/api/v1/status")
    return str({each["site"]: each["state"] for each in status["sites"]}[site])


def series(url: str, query: str) -> list[Any]:
    found: list[Any] = get_json(f"{url}/api/v1/query?query={query}")["data"]["result"]
    return found


def arrived(webhook: Webhook, status: str) -> dict[str, Any] | None:
    return next(iter(webhook.alerts("PhusongSiteDown", status)), None)


def test_a_cut_cable_rings_at_the_duty_desk_and_its_repair_too(tmp_path: Path) -> None:
    port = free_port()
    with (
        laid_cable() as cable,
        snmpd_at(cable.there, tmp_path / "site"),
        running_collector(tmp_path / "c", port) as collector,
        running_agent(tmp_path / "a", cable, tmp_path / "c" / "collector.sock") as agent,
        running_webhook() as webhook,
    ):
        ours = (collector, agent)
        for site in SITES:
            until(f"{site} is up", lambda site=site: state_of(port, site) == "up", *ours)
        up = f'phusong_snmp_up{{site="{FAR}",hub="h1",instance="{FAR}-device",probe="province",module="router"}} 1'
        until("snmpd is read", lambda: up in get(f"http://127.0.0.1:{port}/metrics"), *ours)
        with (
            running_alertmanager(tmp_path / "am", webhook.port) as (alertmanager, told),
            running_prometheus(tmp_path / "prom", port, told) as (prometheus, url),
        ):
            everything = (*ours, alertmanager, prometheus)
            until("Prometheus has the states", lambda: len(series(url, "phusong_site_status_code")) == len(SITES))
            until("the watchdog barks", lambda: webhook.alerts("PhusongWatchdog", "firing"), *everything)

            cable.cut()
            until("the site is down", lambda: state_of(port, FAR) == "down", *everything)
            alert = until("somebody is told", lambda: arrived(webhook, "firing"), *everything)
            others = [state_of(port, site) for site in SITES[1:]]

            cable.restore()
            until("the site is up again", lambda: state_of(port, FAR) == "up", *everything)
            until("the end is told too", lambda: arrived(webhook, "resolved"), *everything)

    assert alert["labels"]["site"] == FAR
    assert alert["labels"]["hub"] == "h1"
    assert alert["annotations"]["summary"] == f"Site {FAR} is down"
    assert others == ["up", "up", "up"]
    rung = {desk for desk, each in webhook.notifications if each["labels"]["alertname"] == "PhusongSiteDown"}
    assert rung == {"/tickets"}, "nobody is woken for one site"
    assert {a["labels"]["site"] for _, a in webhook.notifications if "site" in a["labels"]} == {FAR}
    for program in (collector, agent):
        assert "Traceback" not in program.said()
