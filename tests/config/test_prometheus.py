"""The shipped rules and routes, judged by Prometheus' and Alertmanager's own tools."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.peers.presence import require

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "config" / "prometheus"
ALERTMANAGER = ROOT / "config" / "alertmanager" / "alertmanager.yml"
RUNBOOKS = ROOT / "docs" / "runbooks"
SMS_CHARACTERS = 160
ALWAYS = {"PhusongWatchdog", "PhusongCollectorAbsent"}
"""What speaks where there is nothing at all."""
OF_ALL = ALWAYS | {
    "PhusongCollectorStalled",
    "PhusongManySitesUnknown",
    "PhusongInventoryShrunk",
    "PhusongBackupStale",
    "PhusongCollectorDiskLow",
    "PhusongCollectorClockDoubtful",
    "PhusongNetworkWideOutage",
    "PhusongErrorBudgetBurning",
}
"""What is one alert however many targets are behind it."""
ALERTS: tuple[dict[str, Any], ...] = tuple(
    rule
    for group in yaml.safe_load((PROMETHEUS / "rules" / "phusong.alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
)
NAMES = [str(alert["alert"]) for alert in ALERTS]


def run(program: str, package: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [require(program, package), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_prometheus_takes_the_shipped_configuration() -> None:
    done = run("promtool", "prometheus", "check", "config", PROMETHEUS / "prometheus.yml")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", sorted((PROMETHEUS / "tests").glob("*.yml")), ids=lambda path: path.stem)
def test_rules_fire_and_end_as_their_tests_say(path: Path) -> None:
    done = run("promtool", "prometheus", "test", "rules", path)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_is_exercised_by_a_rule_test(name: str) -> None:
    files = (PROMETHEUS / "tests" / name for name in ("alerts_test.yml", "days_test.yml"))
    tests = [test for file in files for test in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]]
    fired = {case["alertname"] for test in tests for case in test["alert_rule_test"] if case["exp_alerts"]}

    assert name in fired


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_was_seen_over_no_target_one_and_many(name: str) -> None:
    tests = yaml.safe_load((PROMETHEUS / "tests" / "targets_test.yml").read_text(encoding="utf-8"))["tests"]
    seen: dict[str, set[int]] = {"zero": set(), "one": set(), "many": set()}
    for test in tests:
        (case,) = test["promql_expr_test"]
        counts = {sample["labels"]: sample["value"] for sample in case["exp_samples"]}
        seen[test["name"].split(":")[0]].add(counts.get(f'{{alertname="{name}"}}', 0))

    assert name in ALWAYS or seen["zero"] == {0}
    assert 1 in seen["one"]
    assert 1 in seen["many"] if name in OF_ALL else any(count > 1 for count in seen["many"])


@pytest.mark.parametrize("alert", ALERTS, ids=NAMES)
def test_each_alert_says_how_bad_it_is_and_what_to_do(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in {"critical", "warning", "info", "none"}
    assert alert["labels"]["scope"] in {"meta", "pipeline", "network", "hub", "site"}
    for summary in (alert["annotations"]["summary"], alert["annotations"]["summary_vi"]):
        assert "\n" not in summary
        assert len(summary) <= SMS_CHARACTERS
    assert alert["annotations"]["description"]


@pytest.mark.parametrize("alert", ALERTS, ids=NAMES)
def test_each_alert_has_a_runbook(alert: dict[str, Any]) -> None:
    path = ROOT / alert["annotations"]["runbook_url"]

    assert path == RUNBOOKS / f"{alert['alert']}.md"
    text = path.read_text(encoding="utf-8")
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert text.splitlines()[2].startswith("> **Tóm tắt:** ")
    assert headings == [f"# {alert['alert']}", "## Meaning", "## Impact", "## Diagnosis", "## Mitigation"]


def test_no_runbook_outlives_its_alert() -> None:
    assert sorted(path.stem for path in RUNBOOKS.glob("Phusong*.md")) == sorted(NAMES)


def test_whoever_silences_others_stands_above_them_and_waits_less_long() -> None:
    """After a restart of Alertmanager the first group that arrives is told: it must be the cause."""
    causes = ["PhusongCollectorAbsent", "PhusongNetworkWideOutage", "PhusongHubDown", "PhusongSiteFlapping"]
    order = [NAMES.index(name) for name in [*causes, "PhusongSiteDown", "PhusongSiteUnknown"]]
    waits = {alert["alert"]: int(alert.get("for", "0m").removesuffix("m")) for alert in ALERTS}

    assert order == sorted(order)
    assert max(waits[name] for name in causes) < waits["PhusongSiteDown"] < waits["PhusongSiteUnknown"]


def test_alertmanager_takes_the_shipped_configuration() -> None:
    done = run("amtool", "prometheus-alertmanager", "check-config", ALERTMANAGER)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (("alertname=PhusongWatchdog", "severity=none"), "watchdog"),
        (("alertname=PhusongHubDown", "severity=critical"), "duty"),
        (("alertname=PhusongSiteDown", "severity=warning"), "tickets"),
        (("alertname=PhusongAgentSpoolBacklog", "severity=info"), "screens-only"),
        (("alertname=PhusongIncident", "severity=critical"), "duty"),
        (("alertname=PhusongIncident", "severity=warning"), "tickets"),
        (("alertname=PhusongIncident", "severity=info"), "screens-only"),
        (("alertname=PhusongTrial", "severity=critical"), "trial"),
        (("alertname=PhusongCollectorTells", "severity=none"), "screens-only"),
    ],
)
def test_only_what_must_wake_somebody_reaches_the_one_on_duty(labels: tuple[str, ...], receiver: str) -> None:
    config = f"--config.file={ALERTMANAGER}"
    done = run("amtool", "prometheus-alertmanager", "config", "routes", "test", config, *labels)

    assert done.stdout.strip() == receiver, done.stderr


def test_a_missing_hub_or_site_never_silences_anybody() -> None:
    """For Alertmanager an absent label equals an absent label (alertmanager#1727)."""
    rules = yaml.safe_load(ALERTMANAGER.read_text(encoding="utf-8"))["inhibit_rules"]
    for rule in rules:
        for label in rule.get("equal", []):
            assert f'{label}!=""' in rule["source_matchers"]
            assert f'{label}!=""' in rule["target_matchers"]
    assert any(rule.get("equal") == ["hub"] for rule in rules)


def test_no_rule_of_prometheus_keeps_an_incident_or_its_end_from_being_told() -> None:
    """A rule that is inhibited inhibits all the same: the end of a hub's incident was lost to one that nobody heard."""
    rules = yaml.safe_load(ALERTMANAGER.read_text(encoding="utf-8"))["inhibit_rules"]
    lapsing = 'alertname=~"PhusongCollectorAbsent|PhusongCollectorStalled"'  # the collector cannot repeat them
    for rule in rules:
        if lapsing in rule["source_matchers"] or 'alertname="PhusongIncident"' in rule["source_matchers"]:
            continue
        named = [matcher for matcher in rule["target_matchers"] if matcher.startswith("alertname")]
        assert named, rule
        assert named == ['alertname!="PhusongIncident"'] or "PhusongIncident" not in named[0]


def test_what_the_collector_found_is_told_while_it_is_blind_elsewhere() -> None:
    """Too many unknown sites are critical and of the monitor itself; a dead hub that was found stays a call."""
    rules = yaml.safe_load(ALERTMANAGER.read_text(encoding="utf-8"))["inhibit_rules"]
    by_monitor = [rule for rule in rules if 'scope="meta"' in rule["source_matchers"]]

    assert by_monitor
    assert all('alertname!="PhusongIncident"' in rule["target_matchers"] for rule in by_monitor)
