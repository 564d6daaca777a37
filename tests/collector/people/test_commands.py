"""People and walls by command: what is typed counts, what is wrong is told in a line, all of it stands in the log."""

import io
import sqlite3
import sys
from pathlib import Path

import pytest
import yaml

from collector.__main__ import main
from collector.people.book import open_people
from collector.people.passwords import Passwords, weakness
from collector.people.person import Person, Role
from collector.people.proofs import wall_identity

PASSWORD = "đường về Hà Giang 1"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "sites.csv").write_text("code,name\n1,a\n", encoding="utf-8")
    path = tmp_path / "collector.yaml"
    path.write_text(yaml.safe_dump({"state": str(tmp_path / "state"), "inventory": "sites.csv"}), encoding="utf-8")
    return path


def typed(config: Path, monkeypatch: pytest.MonkeyPatch, *words: str, stdin: str = "") -> int:
    monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
    try:
        return main([*words, "--config", str(config)])
    except SystemExit as ended:
        return int(ended.code or 0)


def test_a_person_is_added_changed_and_disabled_and_the_log_tells_by_whom(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*words: str, stdin: str = "") -> int:
        return typed(config, monkeypatch, *words, stdin=stdin)

    assert run("user", "add", "ha", "--role", "operator", stdin=f"{PASSWORD}\n") == 0
    with open_people(config.parent / "state" / "people.sqlite") as book, book.transaction():
        account = book.find("ha")
        assert account is not None
        assert account.password.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
        assert Passwords().right(account.password, PASSWORD)
        book.begin_session(b"1", "ha", 5, 0)
    assert run("user", "role", "ha", "--role", "admin") == 0
    with open_people(config.parent / "state" / "people.sqlite") as book:
        found = book.session(b"1")
        assert found is not None
        assert found.person == Person("ha", Role.ADMIN)
    assert run("user", "disable", "ha") == 0
    with open_people(config.parent / "state" / "people.sqlite") as book:
        assert book.session(b"1") is None
    assert run("user", "enable", "ha") == 0
    assert run("user", "password", "ha", stdin="another 12345\n") == 0
    assert run("user", "list") == 0
    assert run("audit") == 0

    said = capsys.readouterr().out
    for action in ("user-add", "user-role", "user-disable", "user-enable", "user-password"):
        assert action in said
    assert said.count("console:") == 5
    assert "operator to admin" in said
    assert PASSWORD not in said
    assert "argon2" not in said


WRONG = {
    "no name": (("user", "add", "--role", "viewer"), "wants a name"),
    "no role": (("user", "add", "an"), "say --role"),
    "unknown role": (("user", "add", "an", "--role", "root"), "invalid choice"),
    "capital": (("user", "add", "An", "--role", "viewer"), "is no name"),
    "hostile name": (("user", "add", "a\x1b[31m", "--role", "viewer"), "is no name"),
    "taken": (("user", "add", "ha", "--role", "viewer"), "there is a 'ha' already"),
    "weak": (("user", "add", "an", "--role", "viewer"), "fewer than 12"),
    "nobody": (("user", "disable", "hà"), "there is no person 'hà'"),
    "nearly": (("user", "disable", "haa"), "did you mean 'ha'?"),
    "no wall": (("wall-token", "revoke", "hall"), "there is no wall 'hall'"),
    "no head": (("audit", "--head", "12:xy"), "is no head"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_word_is_told_in_one_line_and_changes_nothing(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    words, told = WRONG[name]
    with open_people(config.parent / "state" / "people.sqlite") as book:
        database = sqlite3.connect(config.parent / "state" / "people.sqlite", isolation_level=None)
        database.execute("INSERT INTO person VALUES ('ha', 'viewer', 'no hash', 0, 0)")
        database.close()

        assert typed(config, monkeypatch, *words, stdin="short\n") == 2

        said = capsys.readouterr().err
        assert told in said
        assert said.count("\n") == 1
        assert [each.name for each in book.everybody()] == ["ha"]
        assert book.head().number == 0


def test_a_wall_gets_a_link_once_and_the_file_does_not_give_it_away(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(config, monkeypatch, "wall-token", "create", "hall") == 0
    link = capsys.readouterr().out.strip()
    token = link.partition("?token=")[2]
    assert len(token) == 43
    path = config.parent / "state" / "people.sqlite"
    with open_people(path) as book:
        assert book.has_wall(wall_identity(token))
        assert token.encode() not in path.read_bytes() + path.with_name("people.sqlite-wal").read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert typed(config, monkeypatch, "wall-token", "create", "hall") == 2
    assert typed(config, monkeypatch, "wall-token", "list") == 0
    assert "hall" in capsys.readouterr().out
    assert typed(config, monkeypatch, "wall-token", "revoke", "hall") == 0
    with open_people(path) as book:
        assert not book.has_wall(wall_identity(token))


def test_verify_ends_with_1_and_names_the_row_that_was_touched(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("hall", "stairs", "gate"):
        typed(config, monkeypatch, "wall-token", "create", name)
    capsys.readouterr()
    assert typed(config, monkeypatch, "audit", "--verify") == 0
    head = capsys.readouterr().out.splitlines()[-1]
    assert typed(config, monkeypatch, "audit", "--head", head) == 0
    with sqlite3.connect(config.parent / "state" / "people.sqlite") as database:
        database.execute("DROP TRIGGER audit_stays")
        database.execute("UPDATE audit SET actor = 'console:nobody' WHERE number = 2")
    database.close()

    assert typed(config, monkeypatch, "audit", "--verify") == 1
    assert "row 2 was changed" in capsys.readouterr().err


def test_the_end_of_an_agents_access_stands_in_the_log(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    content = yaml.safe_load(config.read_text(encoding="utf-8")) | {"enrolment": {"address": "https://phusong.example"}}
    config.write_text(yaml.safe_dump(content), encoding="utf-8")

    assert typed(config, monkeypatch, "invite", "1") == 0
    assert typed(config, monkeypatch, "revoke", "1") == 0
    assert typed(config, monkeypatch, "revoke", "1") == 1
    capsys.readouterr()
    assert typed(config, monkeypatch, "audit") == 0

    said = capsys.readouterr().out.splitlines()
    assert [line.split()[4:] for line in said] == [["agent-invite", "1", "-"], ["agent-revoke", "1", "-"]]


def test_planned_work_and_new_sites_stand_in_the_log(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    window = ("--site", "1", "--until", "2099-01-01 00:00", "--who", "Hà", "--why", "thay cáp")

    assert typed(config, monkeypatch, "maintenance", "add", "cable", *window) == 0
    assert typed(config, monkeypatch, "maintenance", "list") == 0
    assert typed(config, monkeypatch, "maintenance", "end", "cable") == 0
    assert typed(config, monkeypatch, "import-sites", str(config.parent / "sites.csv")) == 0
    capsys.readouterr()
    assert typed(config, monkeypatch, "audit") == 0

    said = [line.split(maxsplit=4)[4] for line in capsys.readouterr().out.splitlines()]
    assert said == [
        "maintenance-add cable Hà thay cáp",
        "maintenance-end cable -",
        "sites-import 1 1 new, 0 gone, 0 altered",
    ]


def test_a_log_that_cannot_be_written_is_told_and_undoes_nothing(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (config.parent / "state" / "people.sqlite").mkdir(parents=True)

    assert typed(config, monkeypatch, "import-sites", str(config.parent / "sites.csv")) == 0

    assert "done, but the log of who did what was not written" in capsys.readouterr().err
    assert (config.parent / "state" / "inventory.sqlite").exists()


def test_a_password_that_anybody_guesses_is_not_taken() -> None:
    assert weakness("12345678901", "an") is not None
    assert weakness("aaaaaaaaaaaaaaaa", "an") is not None
    assert weakness("Nguyenvanan2026", "nguyenvanan") is not None
    assert weakness("x" * 1025, "an") is not None
    assert weakness(PASSWORD, "an") is None


def test_a_password_is_the_same_however_a_keyboard_composes_it() -> None:
    cheap = Passwords(passes=1, memory_kib=64, lanes=1)
    made = cheap.make("du\u031bo\u031b\u0300ng về nhà mình")

    assert cheap.right(made, "dường về nhà mình")
    assert not cheap.right(made, "dương về nhà mình")
    assert cheap.right(cheap.make("\udcff lone"), "\udcff lone")


def test_a_name_that_does_not_exist_costs_the_same_work_as_one_that_does() -> None:
    """The hash that stands in has the parameters of real ones and is worked through; nothing matches it."""
    passwords = Passwords()

    assert not passwords.outdated(passwords._decoy)
    assert not passwords.right(None, PASSWORD)
    assert not Passwords(passes=1, memory_kib=64, lanes=1).right(None, "")
    assert Passwords(passes=1, memory_kib=64, lanes=1).outdated(passwords._decoy)
