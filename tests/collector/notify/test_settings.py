"""What stands wrong in the settings of telling is told before anybody relies on it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from collector.__main__ import main

GOOD = """state: state
inventory: sites.csv
notify:
  roster: roster.yaml
  channels:
    - {kind: webhook, name: sms, url: "https://sms.example/x", secret: s, urgency: critical}
    - {kind: email, name: mail, server: mail.example, sender: a@b.example, security: tls}
"""
ROSTER = "people:\n  ha: {name: Hà}\nduties:\n  - {people: [ha], from: '07:00', until: '19:00'}\n"


@pytest.fixture
def check(tmp_path: Path) -> Callable[[str, str], int]:
    (tmp_path / "sites.csv").write_text("code,name\n00898,Quản Bạ\n", encoding="utf-8")

    def run(text: str, roster: str = ROSTER) -> int:
        (tmp_path / "collector.yaml").write_text(text, encoding="utf-8")
        (tmp_path / "roster.yaml").write_text(roster, encoding="utf-8")
        return main(["check-config", "--config", str(tmp_path / "collector.yaml")])

    return run


def test_what_is_right_is_good_and_gaps_of_the_roster_are_told(
    check: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(GOOD) == 0

    told = capsys.readouterr()
    assert "nobody is on duty from 19:00" in told.out
    assert "and " in told.out.splitlines()[-1]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: webhook", "kind: webhok", "notify.channels[0]"),
        ("secret: s,", "", "give 'secret' or 'secret_file'"),
        ("secret: s,", "secret: s, secret_file: f,", "give one of 'secret' and 'secret_file'"),
        ("secret: s,", "secret_file: nowhere,", "nowhere: no such file or directory"),
        ("https://sms.example/x", "sms.example", "is no URL like"),
        ("https://sms.example/x", "https://user:pw@sms.example/x", "user and password have keys of their own"),
        ("name: mail", "name: sms", "each channel needs a name of its own"),
        ("  roster:", "  hosts: ['*.hagiang.example']\n  roster:", "host 'sms.example' is not among notify.hosts"),
        ("  roster:", "  trial_at: '9'\n  roster:", "'9' is no time of day: write HH:MM"),
        ("  roster:", "  trial_at: '09:00'\n  roster:", "no channel has 'trial: true'"),
        ("a@b.example", "'a@b.example\\n'", "is no address"),
        ("security: tls", "security: none, user: u, password: p", "a password goes over no line that is not encrypted"),
        ("  roster:", "  rules: {grown: 1}\n  roster:", "must be more than 1"),
        ("  roster:", "  adress: x\n  roster:", "did you mean 'address'?"),
        ("roster.yaml", "nowhere.yaml", "nowhere.yaml: no such file or directory"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(
    check: Callable[..., int], capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    assert check(GOOD.replace(old, new, 1)) == 2

    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") >= 1
    assert "Traceback" not in told


def test_a_mistake_in_the_roster_is_told_with_its_line(
    check: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(GOOD, ROSTER.replace("[ha]", "[haa]")) == 2

    assert "roster.yaml:4: duties[0].people: there is no 'haa' in people, did you mean 'ha'?" in capsys.readouterr().err
