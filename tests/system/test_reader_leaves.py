"""Commands behind ``| head -1``: nobody is shown a traceback, and what was done is in the log of who did what."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.peers.enrolled import command
from tests.peers.programs import PYTHON, ROOT
from tests.peers.settings_files import write

pytestmark = pytest.mark.system


@pytest.fixture
def config(tmp_path: Path) -> Path:
    write(tmp_path / "sites.yaml", {"sites": [{"id": f"{n:05}", "name": f"Xã {n}"} for n in range(300)]})
    content = {"state": "state", "inventory": "sites.yaml", "enrolment": {"address": "https://phusong.example"}}
    write(
        tmp_path / "agent.yaml", {"agent": "a", "site": "s", "uplink": {"url": "http://c", "token": "t"}, "state": "s"}
    )
    return write(tmp_path / "collector.yaml", content)


def left(*words: str) -> tuple[int, str]:
    """Exit code (below zero: by that signal) and what was said to whoever reads errors; nobody reads the output."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [PYTHON, "-m", *words], cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    finally:
        os.close(writer)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "words", ["export-sites", "inventory history", "user list", "maintenance list", "audit", "check-config"]
)
def test_a_collectors_command_ends_without_a_word(words: str, config: Path) -> None:
    assert command("invite", "00007", "--config", str(config)).returncode == 0
    code, said = left("collector", *words.split(), "--config", str(config))

    assert said == ""
    assert code != 2


@pytest.mark.parametrize("words", ["probes", "probe tcp 127.0.0.1:1 --json", "check-config"])
def test_an_agents_command_ends_without_a_word(words: str, config: Path) -> None:
    more = ["--config", str(config.with_name("agent.yaml"))] if words == "check-config" else []
    code, said = left("agent", *words.split(), *more)

    assert (code, said) == (1, "")


def test_an_invitation_of_which_only_the_code_was_read_is_in_the_log(config: Path) -> None:
    _, said = left("collector", "invite", "00007", "--config", str(config))
    log = command("audit", "--config", str(config)).stdout

    assert said == ""
    assert log.split()[4:6] == ["agent-invite", "00007"]
