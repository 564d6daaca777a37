"""One of two links of a commune is cut: whole programs tell it apart from its site, and a restart forgets nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lab.ports import free_port
from tests.peers.programs import PYTHON, Program, get, get_json, running, until
from tests.peers.settings_files import agent_file, collector_file, write
from tests.peers.wire import THERE, laid_cable

pytestmark = pytest.mark.system

SITE = "quan-ba"
LINKS = [
    {"name": "main", "provider": "VNPT", "kind": "fibre"},
    {"name": "4g", "provider": "Viettel", "kind": "4g", "targets": [f"{SITE}-4g"]},
]
PING = {
    "kind": "icmp",
    "name": "ping",
    "every_seconds": 1,
    "count": 3,
    "interval_seconds": 0.05,
    "timeout_seconds": 0.4,
    "linger_seconds": 0,
}


@contextmanager
def collecting(folder: Path, port: int) -> Iterator[Program]:
    file = collector_file(folder, port, [SITE], ["province"])
    site = {"id": SITE, "name": "Quản Bạ", "hub": "h1", "links": LINKS}
    write(folder / "sites.yaml", {"sites": [site]})
    with running("collector", [PYTHON, "-m", "collector", "run", "--config", str(file)], folder) as program:
        until("the collector is ready", lambda: get(f"http://127.0.0.1:{port}/readyz"), program)
        yield program


@contextmanager
def probing(folder: Path, prefix: list[str], socket: Path) -> Iterator[Program]:
    targets = [
        {"site": SITE, "name": f"{SITE}-router", "address": "127.0.0.2"},
        {"site": SITE, "name": f"{SITE}-4g", "address": THERE},
    ]
    file = agent_file(folder, "province", socket, checks=[PING], targets=targets)
    with running("agent", [*prefix, PYTHON, "-m", "agent", "run", "--config", str(file)], folder) as program:
        yield program


def links(port: int) -> dict[str, dict[str, Any]]:
    (site,) = get_json(f"http://127.0.0.1:{port}/api/v1/status")["sites"]
    return {link["link"]: link for link in site["links"]}


def states(port: int) -> list[str]:
    return [link["state"] for link in links(port).values()]


def test_a_cut_backup_is_told_apart_and_a_restart_keeps_since_when(tmp_path: Path) -> None:
    port = free_port()
    folder = tmp_path / "c"
    with laid_cable() as cable, probing(tmp_path / "a", cable.here, folder / "collector.sock") as agent:
        with collecting(folder, port) as collector:
            until("both links are up", lambda: states(port) == ["up", "up"], collector, agent)
            cable.cut()
            until("the backup is down", lambda: states(port) == ["up", "down"], collector, agent)
            since = links(port)["4g"]["since"]
            told = get(f"http://127.0.0.1:{port}/metrics")
        labels = f'{{site="{SITE}",hub="h1",link="4g",provider="Viettel",kind="4g"}}'
        assert f"phusong_link_state{labels} 2\n" in told
        with collecting(folder, port) as collector:
            until("it is down still", lambda: states(port) == ["up", "down"], collector, agent)
            assert links(port)["4g"]["since"] == since
            cable.restore()
            until("both links are up again", lambda: states(port) == ["up", "up"], collector, agent)
