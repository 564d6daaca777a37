"""The shipped units, judged by systemd's own tools without a running systemd."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.peers.presence import require

FOLDER = Path(__file__).parents[2] / "config" / "systemd"
UNITS = sorted(FOLDER.glob("*.service"))
EXPOSURE = 20
"""Tenths of systemd's exposure level: 2.0."""


def lines(unit: Path) -> list[str]:
    return unit.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_exposes_little(unit: Path) -> None:
    program = require("systemd-analyze", "systemd")
    command = [program, "security", "--no-pager", "--offline=yes", f"--threshold={EXPOSURE}", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout[-300:] + done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_knows_every_word_of_a_unit(unit: Path, tmp_path: Path) -> None:
    program = require("systemd-analyze", "systemd")
    text = unit.read_text(encoding="utf-8").replace("ExecStart=/opt/phusong/bin/", "ExecStart=/bin/true ")
    (tmp_path / unit.name).write_text(text, encoding="utf-8")
    command = [program, "verify", "--man=no", "--recursive-errors=no", str(tmp_path / unit.name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert unit.name not in done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_program_runs_as_a_user_of_its_own_and_is_started_again(unit: Path) -> None:
    found = lines(unit)

    assert "DynamicUser=yes" in found
    assert "Restart=always" in found
    assert "StartLimitIntervalSec=0" in found
    assert any(line.startswith(f"ExecStart=/opt/phusong/bin/{unit.stem} run --config ") for line in found)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_program_says_when_it_is_up_and_one_that_hangs_is_started_again(unit: Path) -> None:
    """What the programs say, and when: tests/system/test_watchdog.py."""
    found = lines(unit)

    assert "Type=notify" in found
    assert "WatchdogSec=120" in found


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_what_is_secret_is_handed_over_by_systemd(unit: Path) -> None:
    """A user that exists only while it runs cannot read a file of mode 0600, and others must not."""
    secret = {"phusong-agent": {"credentials.yaml"}, "phusong-collector": {"collector.yaml"}}
    given = {line.rpartition("/")[2] for line in lines(unit) if line.startswith("LoadCredential=")}

    assert given == secret[unit.stem]


def test_only_the_agent_may_send_raw_packets() -> None:
    agent, collector = lines(FOLDER / "phusong-agent.service"), lines(FOLDER / "phusong-collector.service")

    assert "CapabilityBoundingSet=CAP_NET_RAW" in agent
    assert "CapabilityBoundingSet=" in collector


def test_the_agent_may_listen_for_the_page_at_the_site() -> None:
    found = lines(FOLDER / "phusong-agent.service")

    assert "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX" in found
    assert "SystemCallFilter=@system-service" in found, "bind, listen and accept are in it"
    assert [line for line in found if line.startswith(("IPAddress", "SocketBind", "PrivateNetwork"))] == []


def test_the_drop_in_takes_the_agents_last_capability_away(tmp_path: Path) -> None:
    """With ping sockets it pings all the same: tests/agent/program/test_bare_user.py."""
    program = require("systemd-analyze", "systemd")
    unit, drop_in = FOLDER / "phusong-agent.service", FOLDER / "phusong-agent-no-capability.conf"
    folder = tmp_path / f"{unit.name}.d"
    folder.mkdir()
    shutil.copy(unit, tmp_path)
    shutil.copy(drop_in, folder)

    def exposure(path: Path) -> float:
        done = subprocess.run(
            [program, "security", "--no-pager", "--offline=yes", str(path)], capture_output=True, text=True, check=False
        )
        return float(done.stdout.split("Overall exposure level for")[1].split(":")[1].split()[0])

    assert exposure(tmp_path / unit.name) < exposure(unit) <= EXPOSURE / 10
