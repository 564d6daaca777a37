"""Every query of the shipped dashboards against a Prometheus that scrapes the demo by the shipped rules; no Grafana."""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml

from lab.grafana import ask, ask_variable, filled, questions, variables
from lab.ports import free_port
from lab.prove import Finding, Proof, Trial

_ROOT = Path(__file__).parents[2]
_DEMO_SECONDS, _MOST_SECONDS = 75.0, 200.0
_NOT_IN_THE_DEMO = (
    *("phusong_forward_", "phusong_notifications_", "phusong_alert_path_", "phusong_screen_", "alertmanager_"),
    *("phusong_optical_rx_dbm", "phusong_lte_rsrp_dbm", "probe_ssl_earliest_cert_expiry"),
    *("ingest_rejected", "connections_refused", "phusong_agent_spool_oldest", "changes(", "ALERTS{"),
)
"""What the demo need not have: a store, channel, screen or portal, anything refused, flapping, or firing."""


def run(trial: Trial) -> Finding:
    """A query that Prometheus refuses, or that finds nothing although the demo has its series, is broken."""
    if not shutil.which("prometheus"):
        return Finding(0, 1, ("not tried: apt-get install prometheus",))
    boards = [json.loads(path.read_text()) for path in sorted((_ROOT / "dashboards" / "json").glob("*.json"))]
    with (
        tempfile.TemporaryDirectory(prefix="phusong-grafana-") as folder,
        _demo() as collector,
        _prometheus(Path(folder), collector) as url,
    ):
        trial.tell(f"the demo and Prometheus work for {_DEMO_SECONDS:g} s")
        time.sleep(_DEMO_SECONDS)
        sites = ask_variable(url, "label_values(upsOutputSource, site)")
        tried, broken = _try(url, boards, sites, sabotage=trial.sabotage)
    for line in broken[:8]:
        trial.tell(line)
    return Finding(tried, len(broken), (f"{len(sites)} sites with a supply",))


def _try(url: str, boards: list[dict[str, Any]], sites: list[str], *, sabotage: bool) -> tuple[int, list[str]]:
    """Number of questions, and a line for each that was refused or found nothing that should be there."""
    tried, broken, now = 0, [], time.time()
    if not sites:
        return 0, ["the demo shows no site"]
    for board in boards:
        offered = {name: ask_variable(url, query) for name, query in variables(board).items()}
        broken += [f"{board['uid']}: nothing to choose for {name}" for name, found in offered.items() if not found]
        chosen: dict[str, str | list[str]] = {"hub": ".*", "district": ".*", "source": "phusong-collector"}
        for question in questions(board):
            tried += 1
            expr = (
                question.expr.replace("phusong_site_status_code", "phusong_site_state") if sabotage else question.expr
            )
            try:
                found_any = any(ask(url, question, filled(expr, {**chosen, "site": site}), now) for site in sites)
            except ValueError as refused:
                broken.append(f"{question.where}: {refused}")
                continue
            if not found_any and not any(name in question.expr for name in _NOT_IN_THE_DEMO):
                broken.append(f"{question.where}: nothing found")
    return tried, broken


@contextmanager
def _demo() -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "lab", "demo", "--sites", "24", "--port", str(port)]
    with _child([*command, "--duration", str(_MOST_SECONDS)], f"http://127.0.0.1:{port}/readyz"):
        yield port


@contextmanager
def _prometheus(folder: Path, collector: int) -> Iterator[str]:
    """The shipped configuration and rules, evaluated each second, on free ports."""
    shipped = _ROOT / "config" / "prometheus"
    port = free_port()
    content = yaml.safe_load((shipped / "prometheus.yml").read_text(encoding="utf-8"))
    content["global"] = dict.fromkeys(("scrape_interval", "scrape_timeout", "evaluation_interval"), "1s")
    for path in (shipped / "rules").glob("*.yml"):
        rules = yaml.safe_load(path.read_text(encoding="utf-8"))
        for group in rules["groups"]:
            group.pop("interval", None)
        (folder / path.name).write_text(yaml.safe_dump(rules, allow_unicode=True), encoding="utf-8")
    content["rule_files"] = [str(folder / "phusong.*.yml")]
    del content["alerting"]
    content["scrape_configs"] = [job for job in content["scrape_configs"] if job["job_name"] != "alertmanager"]
    for job in content["scrape_configs"]:
        target = collector if job["job_name"] == "phusong-collector" else port
        job["static_configs"] = [{"targets": [f"127.0.0.1:{target}"]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    command = ["prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"]
    url = f"http://127.0.0.1:{port}"
    with _child([*command, f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"], f"{url}/-/ready"):
        yield url


@contextmanager
def _child(command: list[str], ready: str) -> Iterator[None]:
    """A program that answers, ended by its own process id."""
    process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not _answers(ready):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} does not answer at {ready}")
            time.sleep(0.2)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - a program of our own
        return bool(answer.status == 200)
    return False


PROOF = Proof(
    name="grafana-queries",
    promise="every panel of the dashboards finds its data in the demo",
    count=1,
    teeth=1,
    run=run,
)
