"""A site's file names its roles, in ten lines; what follows from them is what an operator would have written."""

import shutil
from pathlib import Path

import pytest

from agent.probes import load_probes
from agent.settings import AgentSettings, load_agent_settings
from shared.settings import SettingsError
from tests.peers.programs import ROOT

EXAMPLE = ROOT / "config" / "examples" / "agent.yaml"
HEAD = """
agent: quan-ba
site: "00898"
uplink: {url: "https://collector.example", token: "a token of at least sixteen"}
state: state
credentials_file: credentials.yaml
"""
ROLES = """
roles:
  gateway: {address: 10.20.15.1, credentials: routers}
  isp_first_hop: 10.99.0.1
  province_core: [10.1.0.1, {address: 10.1.0.2, name: core-2}]
  resolver: 10.20.0.53
  portals: https://dichvucong.gov.vn
"""


def loaded(folder: Path, text: str) -> AgentSettings:
    shutil.copy(EXAMPLE.with_name("credentials.yaml"), folder)
    (folder / "credentials.yaml").chmod(0o600)
    path = folder / "agent.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_agent_settings(path, load_probes())


def plan(settings: AgentSettings) -> set[tuple[str, str, float, str]]:
    return {
        (check.name, kind, check.every_seconds, target.name)
        for kind, check in settings.checks
        for target in settings.targets
        if target.role in check.roles
    }


def test_the_example_has_ten_lines_and_six_checks_follow(tmp_path: Path) -> None:
    lines = [line for line in EXAMPLE.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#")]
    settings = loaded(tmp_path, "\n".join(line for line in lines if not line.startswith(("state", "credentials_file"))))

    assert len(lines) <= 10
    assert {check.name for _, check in settings.checks} == {"ping", "ping-line", "snmp", "path", "dns", "http"}


def test_each_role_gets_its_checks_and_each_target_its_name(tmp_path: Path) -> None:
    assert plan(loaded(tmp_path, ROLES)) == {
        ("ping", "icmp", 10, "00898-gateway"),
        ("snmp", "snmp", 60, "00898-gateway"),
        ("ping-line", "icmp", 30, "00898-isp-first-hop"),
        ("ping-line", "icmp", 30, "00898-province-core"),
        ("ping-line", "icmp", 30, "core-2"),
        ("path", "path", 21_600, "00898-isp-first-hop"),
        ("path", "path", 21_600, "00898-province-core"),
        ("path", "path", 21_600, "core-2"),
        ("dns", "dns", 60, "00898-resolver"),
        ("http", "http", 300, "00898-portals"),
    }


def test_a_metered_line_is_asked_less_often_and_the_site_itself_as_ever(tmp_path: Path) -> None:
    every = {name: seconds for name, _, seconds, _ in plan(loaded(tmp_path, f"economy: true\n{ROLES}"))}

    assert every == {"ping": 10, "snmp": 60, "ping-line": 300, "path": 86_400, "dns": 300, "http": 1_800}


def test_a_check_of_the_file_stands_in_the_place_of_its_namesake(tmp_path: Path) -> None:
    own = "checks:\n  - {kind: icmp, name: ping-line, every_seconds: 5, roles: [province_core]}\n"

    found = {(name, seconds, target) for name, _, seconds, target in plan(loaded(tmp_path, own + ROLES))}

    assert ("ping-line", 5, "core-2") in found
    assert not any(target == "00898-isp-first-hop" for name, _, target in found if name == "ping-line")


def test_what_is_not_wanted_is_left_out_and_nothing_waits_for_it(tmp_path: Path) -> None:
    settings = loaded(tmp_path, f"without: [ping-line, dns]\n{ROLES}")

    assert {check.name for _, check in settings.checks} == {"ping", "snmp", "path", "http"}
    assert {check.after for _, check in settings.checks} == {""}


def test_a_gateway_without_credentials_is_pinged_and_not_asked(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "roles: {gateway: 10.20.15.1}")

    assert [check.name for _, check in settings.checks] == ["ping"]


WRONG = {
    "roles: {gatway: 10.1.1.1}": "unknown key 'gatway', did you mean 'gateway'?",
    "roles: {gateway: [10.1.1.1, {address: 10.1.1.2, credentials: routers}]}": "to each of them or to none",
    "roles: {gateway: ' '}": "an address must not be empty",
    "roles: {gateway: {address: 10.1.1.1, credentials: rooters}}": "did you mean 'routers'?",
    "roles: {gateway: {adress: 10.1.1.1}}": "unknown key 'adress', did you mean 'address'?",
    "roles: {resolver: 7}": "resolver",
    "without: [pin]\nroles: {gateway: 10.1.1.1}": "unknown check 'pin', did you mean 'ping'?",
    "roles: {gateway: [10.1.1.1, {address: 10.1.1.2, name: 00898-gateway}]}": "names must differ",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_slip_is_one_line(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as failed:
        loaded(tmp_path, text)

    (line,) = failed.value.problems
    assert WRONG[text] in line
