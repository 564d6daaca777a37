"""The command says in one line what is wrong with what was typed, and starts nothing then."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lab(*words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lab", *words]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("demo", "--sites", "0"), "--sites: '0' is not a whole number from 1 to 193"),
        (("demo", "--sites", "many"), "--sites: 'many' is not a whole number from 1 to 193"),
        (("demo", "--port", "99999"), "--port: '99999' is not a whole number from 1 to 65535"),
        (("demo", "--duration", "-1"), "--duration: '-1' is not a time in seconds above 0"),
        (("demo", "--duration", "nan"), "--duration: 'nan' is not a time in seconds above 0"),
        (("dance",), "invalid choice: 'dance'"),
        ((), "the following arguments are required: COMMAND"),
    ],
)
def test_wrong_words_are_exit_code_2_and_one_line_that_names_them(words: tuple[str, ...], what: str) -> None:
    done = lab(*words)

    assert done.returncode == 2
    assert what in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("--help",), ("demo", "--help")])
def test_help_shows_an_example(words: tuple[str, ...]) -> None:
    done = lab(*words)

    assert done.returncode == 0
    assert "phusong-lab demo --sites 12 --duration 60" in done.stdout


def test_a_port_in_use_is_one_line_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = lab("demo", "--port", str(port), folder=tmp_path)

    assert done.returncode == 1
    assert done.stderr == f"phusong-lab: port {port} is in use: phusong-lab demo --port {port + 1}\n"
    assert done.stdout == ""
