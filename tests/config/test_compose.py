"""compose.yaml, provisioning and playlist, read as data: what they name is there; no engine is here to start them."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.shipped import FOLDER
from tests.peers.presence import require
from tests.peers.programs import PYTHON, ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
KEYS = {"restart", "read_only", "cap_drop", "security_opt", "logging", "build", "image", "command", "volumes", "tmpfs"}
KEYS |= {"ports", "healthcheck", "environment", "secrets", "depends_on"}
"""What the compose specification knows of a service, as far as it is used."""
PROVISIONING = ROOT / "config" / "grafana" / "provisioning"


def mounts(service: dict[str, Any]) -> dict[str, str]:
    """Target and source of each volume, variables at their defaults."""
    plain = [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", volume) for volume in service["volumes"]]
    return {volume.split(":")[1]: volume.split(":")[0] for volume in plain}


def test_the_file_has_only_what_the_specification_knows() -> None:
    assert set(COMPOSE) == {"name", "x-careful", "services", "volumes", "secrets"}
    assert set(SERVICES) == {"collector", "prometheus", "alertmanager", "grafana"}
    for service in SERVICES.values():
        assert set(service) <= KEYS
        assert set(service.get("depends_on", [])) <= set(SERVICES)
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_confined_pinned_and_reachable_from_this_machine_only(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+\.\d+", service["image"])
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert name == "collector" or service["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_whatever_is_mounted_exists_and_cannot_be_written(name: str) -> None:
    for volume in SERVICES[name]["volumes"]:
        assert volume.split(":")[0] in COMPOSE["volumes"] or volume.endswith(":ro")
    for source in mounts(SERVICES[name]).values():
        assert source in COMPOSE["volumes"] or (ROOT / source).exists()


def test_prometheus_of_compose_is_the_shipped_one_with_other_addresses() -> None:
    shipped = (ROOT / "config" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8").split("global:")[1]
    ours = (ROOT / "config" / "compose" / "prometheus.yml").read_text(encoding="utf-8").split("global:")[1]
    for service, port in (("collector", 8080), ("alertmanager", 9093)):
        ours = ours.replace(f"{service}:{port}", f"127.0.0.1:{port}")

    assert ours == shipped


def test_prometheus_takes_the_configuration_of_compose(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "config" / "prometheus" / "rules", tmp_path / "rules")
    shutil.copy(ROOT / "config" / "compose" / "prometheus.yml", tmp_path)
    command = [require("promtool", "prometheus"), "check", "config", str(tmp_path / "prometheus.yml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_collector_takes_the_settings_of_compose(tmp_path: Path) -> None:
    text = (ROOT / "config" / "compose" / "collector.yaml").read_text(encoding="utf-8")
    text = text.replace("/etc/phusong/sites.csv", str(ROOT / mounts(SERVICES["collector"])["/etc/phusong/sites.csv"]))
    (tmp_path / "collector.yaml").write_text(text.replace("/var/lib/phusong", str(tmp_path)), encoding="utf-8")
    command = [PYTHON, "-m", "collector", "check-config", "--config", str(tmp_path / "collector.yaml")]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=dict(os.environ), timeout=60, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_services_find_each_other_by_name() -> None:
    settings = (ROOT / "config" / "compose" / "collector.yaml").read_text(encoding="utf-8")
    grafana = SERVICES["grafana"]["environment"]

    assert "http://prometheus:9090/api/v1/write" in settings
    assert "--web.enable-remote-write-receiver" in SERVICES["prometheus"]["command"]
    assert grafana["PHUSONG_PROMETHEUS"] == "http://prometheus:9090"


def test_grafana_finds_its_pages_and_its_source_where_they_are_mounted() -> None:
    source = yaml.safe_load((PROVISIONING / "datasources" / "phusong.yaml").read_text(encoding="utf-8"))
    pages = yaml.safe_load((PROVISIONING / "dashboards" / "phusong.yaml").read_text(encoding="utf-8"))
    mounted = mounts(SERVICES["grafana"])
    (found,), (provider,) = source["datasources"], pages["providers"]

    assert (source["apiVersion"], pages["apiVersion"]) == (1, 1)
    assert (found["type"], found["access"], found["isDefault"]) == ("prometheus", "proxy", True)
    assert found["url"].removeprefix("$") in SERVICES["grafana"]["environment"]
    scraped = yaml.safe_load((ROOT / "config" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    assert found["jsonData"]["timeInterval"] == scraped["global"]["scrape_interval"]
    assert (ROOT / mounted[provider["options"]["path"]]).resolve() == FOLDER
    assert provider["allowUiUpdates"] is False
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (FOLDER / Path(home).name).exists()


def test_the_playlist_names_pages_and_comes_back_to_the_wall() -> None:
    playlist = json.loads((ROOT / "config" / "grafana" / "playlist.json").read_text(encoding="utf-8"))
    pages = [item["value"] for item in playlist["items"]]

    assert {item["type"] for item in playlist["items"]} == {"dashboard_by_uid"}
    assert all((FOLDER / f"{page}.json").exists() for page in pages)
    assert pages.count("phusong-wall") * 2 >= len(pages)
