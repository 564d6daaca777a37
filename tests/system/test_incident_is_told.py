"""From a cut cable to the gateway by the collector's own telling, through real programs; work on it is silent."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from collector.__main__ import main
from collector.calendar.windows import written
from lab.ports import free_port
from shared.clock import SystemClock
from tests.peers.incidents import HOUR_NS
from tests.peers.notes import ZONE
from tests.peers.programs import PYTHON, get, get_json, running, until
from tests.peers.settings_files import agent_file, collector_file
from tests.peers.wire import THERE, laid_cable

pytestmark = pytest.mark.system

FAR = "quan-ba"
SITES = [FAR, "yen-minh"]
PING = {
    "kind": "icmp", "roles": ["router"], "name": "ping", "every_seconds": 1,
    "count": 3, "interval_seconds": 0.05, "timeout_seconds": 0.4, "linger_seconds": 0,
}  # fmt: skip


@contextmanager
def running_sms_gateway() -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Keeps what came."""
    heard: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1], heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def settings(folder: Path, port: int, gateway: int) -> Path:
    """The collector's, with a way to tell."""
    path = collector_file(folder, port, SITES, ["province"])
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["judgement"] |= {"maintenance_grace_seconds": 1.0, "fold_wait_seconds": 1.0}
    content["notify"] = {
        "rules": {"hold_seconds": 1, "settle_seconds": 1, "important": [FAR]},
        "channels": [
            {"kind": "webhook", "name": "sms", "url": f"http://127.0.0.1:{gateway}/", "secret": "s"},
        ],
    }
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def test_a_cut_cable_is_told_with_its_end_and_during_work_on_it_nobody_is_called(tmp_path: Path) -> None:
    port, file = free_port(), tmp_path / "c" / "collector.yaml"
    with (
        running_sms_gateway() as (gateway, heard),
        laid_cable() as cable,
    ):
        settings(tmp_path / "c", port, gateway)
        targets = [{"site": s, "name": f"{s}-router", "address": a} for s, a in ((FAR, THERE), (SITES[1], "127.0.0.2"))]
        agent_settings = agent_file(
            tmp_path / "a", "province", tmp_path / "c" / "collector.sock", checks=[PING], targets=targets
        )
        with (
            running("collector", [PYTHON, "-m", "collector", "run", "--config", str(file)], tmp_path) as collector,
            running(
                "agent", [*cable.here, PYTHON, "-m", "agent", "run", "--config", str(agent_settings)], tmp_path
            ) as agent,
        ):
            everything = (collector, agent)

            def state() -> str:
                status = get_json(f"http://127.0.0.1:{port}/api/v1/status")
                return str({each["site"]: each["state"] for each in status["sites"]}[FAR])

            until("the site is up", lambda: state() == "up", *everything)
            cable.cut()
            until("it is told", lambda: len(heard) == 1, *everything)
            cable.restore()
            until("the end is told", lambda: len(heard) == 2, *everything)

            end = written(SystemClock().wall_ns() + HOUR_NS, ZONE)
            command = ["maintenance", "--config", str(file)]
            said = ["--site", FAR, "--from", "2026-01-01 00:00", "--until", end, "--who", "Hà", "--why", "thay cáp"]
            assert main([*command, "add", "cable", *said]) == 0
            cable.cut()
            until("it is in maintenance", lambda: state() == "maintenance", *everything)
            assert main([*command, "end", "cable"]) == 0
            until("who works no more is told", lambda: len(heard) == 3, *everything)
            metrics = get(f"http://127.0.0.1:{port}/metrics")

    assert [message["kind"] for message in heard] == ["new", "resolved", "new"]
    assert {message["urgency"] for message in heard} == {"critical"}
    assert heard[0]["incident"]["subject"] == FAR
    assert heard[0]["text"]["vi"]["sms"].startswith("phusong SU CO: Xa quan-ba mat ket noi tu luc")
    assert heard[0]["incident"]["number"] == heard[1]["incident"]["number"]
    assert 'phusong_notifications_total{channel="sms",result="told"} 3.0' in metrics
    for program in (collector, agent):
        assert "Traceback" not in program.said()
