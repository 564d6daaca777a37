"""The whole demo with real programs: a commune goes down and comes back, its history arrives, and nothing is left."""

import os
import re
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.stage import set_stage
from tests.peers.demo import left_over, pids, running_demo
from tests.peers.sites import namespace

pytestmark = pytest.mark.system

HOST = set_stage(12, 1).faults(0)[0].sites[0]
AS_ROOT = os.geteuid() == 0
POWERLESS = ("setpriv", "--bounding-set=-net_admin,-sys_admin", "--inh-caps=-all") if AS_ROOT else ()
"""Root as good as an ordinary user: only a user namespace of its own gives it a network."""
SMALL = ("--sites", "12", "--seed", "1")


def state_of(status: dict[str, Any], site: str) -> str:
    return next(found["state"] for found in status["sites"] if found["site"] == site)


def journal_of(status: dict[str, Any], site: str) -> list[tuple[str, str]]:
    return [(change["before"], change["after"]) for change in reversed(status["transitions"]) if change["site"] == site]


@pytest.fixture
def folder() -> Iterator[Path]:
    """With a short name: what listens on a socket of the file system has a hundred characters for its path."""
    with tempfile.TemporaryDirectory(prefix="demo-") as name:
        yield Path(name)


def test_a_commune_goes_down_and_comes_back_with_its_history_and_nothing_is_left_behind(folder: Path) -> None:
    namespace()
    with running_demo(folder, *SMALL, "--duration", "24") as demo:
        demo.until(60, lambda status: state_of(status, HOST) == "down")
        last = demo.until(60, lambda status: state_of(status, HOST) == "up")
        page = demo.page(f"/sites/{HOST}")
        output, _ = demo.process.communicate(timeout=60)

    assert demo.process.returncode == 0, output
    assert [after for _, after in journal_of(last, HOST) if after == "down"] == ["down"]
    back = re.search(r"(\d+) readings of (\d+) s without uplink have arrived", output)
    assert back is not None, output
    assert int(back[1]) >= 10
    assert int(back[2]) >= 10
    assert len(pids(output)) == 6
    assert left_over(output, folder) == []
    assert "\033" not in output
    assert last["alert_path"]["proven"], "the trial of the alerts came through"
    assert "sms   to Nguyễn Văn Mẫu: phusong THU NGHIEM" in output
    assert re.findall(r'href="tel:0900000\d{3}"', page), "somebody can be called"
    assert "MAU-2026-" in page
    assert str(folder) not in page


@pytest.mark.parametrize(
    ("number", "prefix", "way"),
    [
        (signal.SIGINT, (), "network namespace"),
        (signal.SIGTERM, POWERLESS, "behind a TUN device in a user's own network namespace"),
    ],
    ids=["at once", "as an ordinary user"],
)
def test_it_can_be_ended_at_any_moment_and_leaves_nothing(
    folder: Path, number: signal.Signals, prefix: tuple[str, ...], way: str
) -> None:
    namespace()
    with running_demo(folder, *SMALL, prefix=prefix) as demo:
        demo.until(60, lambda status: status["counts"]["up"] > 0)
        demo.process.send_signal(number)
        output, _ = demo.process.communicate(timeout=60)

    assert demo.process.returncode == 0, output
    assert way in output
    assert output.rstrip().endswith("Ended: no process, namespace or file is left behind.")
    assert left_over(output, folder) == []


def test_where_no_tun_device_may_be_made_it_says_so_and_shows_what_it_can(folder: Path) -> None:
    """Without any power over networks, not even in a namespace of its own: SNMP alone tells that a commune is cut."""
    if not AS_ROOT:
        pytest.skip("only root can give up every power, and so be sure to have none")
    with running_demo(folder, *SMALL, prefix=("setpriv", "--bounding-set=-all", "--inh-caps=-all")) as demo:
        demo.until(60, lambda status: state_of(status, HOST) == "down")
        output = demo.end()

    assert demo.process.returncode == 0, output
    assert re.match(r"No TUN device may be made here \(.+\): SNMP over loopback stands in, without ICMP\.\n", output)
    assert left_over(output, folder) == []


def test_a_demo_that_is_killed_takes_its_programs_with_it(folder: Path) -> None:
    with running_demo(folder, *SMALL) as demo:
        demo.until(60, lambda status: status["counts"]["up"] > 0)
        demo.process.kill()
        output, _ = demo.process.communicate(timeout=60)
        deadline = time.monotonic() + 30
        while any(Path(f"/proc/{pid}").exists() for pid in pids(output)) and time.monotonic() < deadline:
            time.sleep(0.1)

    assert [pid for pid in pids(output) if Path(f"/proc/{pid}").exists()] == []
