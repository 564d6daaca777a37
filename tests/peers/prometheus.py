"""Debian's Prometheus with the shipped configuration and rules, of which only times and addresses are changed.

Every ``for`` and interval becomes one second, ``keep_firing_for`` goes; expressions and labels stay.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from lab.ports import free_port
from tests.peers.presence import require
from tests.peers.programs import ROOT, Program, get, running, until

SHIPPED = ROOT / "config" / "prometheus"


def shortened_rules(content: dict[str, Any]) -> dict[str, Any]:
    """The rules of a file with times that a test can wait for."""
    for group in content["groups"]:
        group["interval"] = "1s"
        for rule in group["rules"]:
            rule.pop("keep_firing_for", None)
            if "for" in rule:
                rule["for"] = "1s"
    return content


def shortened_configuration(collector: int, prometheus: int, alertmanager: int) -> dict[str, Any]:
    """The shipped configuration for programs on other ports."""
    content: dict[str, Any] = yaml.safe_load((SHIPPED / "prometheus.yml").read_text(encoding="utf-8"))
    content["global"] = dict.fromkeys(("scrape_interval", "scrape_timeout", "evaluation_interval"), "1s")
    ports = {"phusong-collector": collector, "prometheus": prometheus, "alertmanager": alertmanager}
    for job in content["scrape_configs"]:
        job["static_configs"] = [{"targets": [f"127.0.0.1:{ports[job['job_name']]}"]}]
    content["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]
    return content


@contextmanager
def running_prometheus(folder: Path, collector: int, alertmanager: int) -> Iterator[tuple[Program, str]]:
    """A Prometheus that is ready, and its address."""
    program = require("prometheus", "prometheus")
    port = free_port()
    (folder / "rules").mkdir(parents=True)
    for path in (SHIPPED / "rules").glob("*.yml"):
        content = shortened_rules(yaml.safe_load(path.read_text(encoding="utf-8")))
        (folder / "rules" / path.name).write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    configuration = shortened_configuration(collector, port, alertmanager)
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    url = f"http://127.0.0.1:{port}"
    command = [
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        # Alertmanager is found after five seconds and misses what fired before: told again at once, not in a minute.
        "--rules.alert.resend-delay=1s",
        "--log.level=warn",
    ]
    with running("prometheus", command, folder) as started:
        until("prometheus is ready", lambda: get(f"{url}/-/ready"), started)
        yield started, url
