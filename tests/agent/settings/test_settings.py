"""The agent's file: each mistake has its exact line, and what is shipped as an example is right."""

from pathlib import Path

import pytest

import agent.__main__
from agent.probes import load_probes
from agent.settings import load_agent_settings
from shared.settings import SettingsError

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
BAD = sorted((HERE / "bad").glob("*.yaml"))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_each_mistake_has_its_exact_lines(path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_agent_settings(path, load_probes())

    said = "".join(f"{problem.replace(f'{path.parent}/', '')}\n" for problem in caught.value.problems)
    assert said == path.with_suffix(".message").read_text(encoding="utf-8")


def test_there_are_bad_files() -> None:
    """An empty list would pass everything."""
    assert len(BAD) > 20


def test_the_example_is_right_and_uses_every_part() -> None:
    settings = load_agent_settings(ROOT / "config" / "agent.example.yaml", load_probes())

    assert {kind for kind, _ in settings.checks} >= {"icmp", "snmp"}
    assert settings.targets
    assert settings.credentials


def test_a_probe_that_is_new_needs_no_other_edit(tmp_path: Path) -> None:
    """The union of checks is made of what lies in the folder of probes."""
    probes = {"icmp": load_probes()["icmp"]}
    (tmp_path / "agent.yaml").write_text(
        "agent: a\nsite: s\nuplink: {url: 'http://c', token: t}\nstate: /s\nchecks: [{kind: tcp}]\n", encoding="utf-8"
    )

    with pytest.raises(SettingsError, match=r"unknown kind 'tcp', there are icmp"):
        load_agent_settings(tmp_path / "agent.yaml", probes)
    load_agent_settings(tmp_path / "agent.yaml", {**probes, "tcp": load_probes()["tcp"]})


def test_no_secret_is_printed_with_the_settings(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text(
        "agent: a\nsite: s\nuplink: {url: 'http://c', token: canary}\nstate: /s\n", encoding="utf-8"
    )

    assert "canary" not in repr(load_agent_settings(tmp_path / "agent.yaml", load_probes()))


@pytest.mark.parametrize(("content", "what"), [("a\nb\n", "in one line"), ("mã", "ASCII"), (" \n", "no secret")])
def test_a_token_file_that_no_header_can_carry_is_one_line(
    content: str, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "token").write_text(content, encoding="utf-8")
    (tmp_path / "agent.yaml").write_text(
        "agent: a\nsite: s\nuplink: {url: 'http://c', token_file: token}\nstate: state\n", encoding="utf-8"
    )

    assert agent.__main__.main(["check-config", "--config", str(tmp_path / "agent.yaml")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert what in line
    assert content.strip() == "" or content.strip() not in line
