"""Debian's Alertmanager with the shipped routes, of which only times and addresses are changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from lab.ports import free_port
from tests.peers.presence import require
from tests.peers.programs import ROOT, Program, get, running, until

SHIPPED = ROOT / "config" / "alertmanager" / "alertmanager.yml"


def shortened_configuration(webhook: int) -> dict[str, Any]:
    """The shipped routes and inhibitions with a second's patience, telling a receiver on the loopback."""
    content: dict[str, Any] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    routes = [content["route"]]
    for route in routes:
        routes += route.get("routes", [])
        for name in ("group_wait", "group_interval"):
            if name in route:
                route[name] = "1s"
    for receiver in content["receivers"]:
        for each in receiver.get("webhook_configs", []):
            each["url"] = f"http://127.0.0.1:{webhook}/{receiver['name']}"
    return content


@contextmanager
def running_alertmanager(folder: Path, webhook: int) -> Iterator[tuple[Program, int]]:
    """An Alertmanager that is ready, alone, and its port."""
    program = require("prometheus-alertmanager", "prometheus-alertmanager")
    port = free_port()
    folder.mkdir(parents=True)
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(shortened_configuration(webhook)), encoding="utf-8")
    command = [
        program,
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        "--log.level=warn",
    ]
    with running("alertmanager", command, folder) as started:
        until("alertmanager is ready", lambda: get(f"http://127.0.0.1:{port}/-/ready"), started)
        yield started, port
