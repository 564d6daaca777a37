"""Operators' files: strict, and every error tells where, what and the nearest right thing."""

import os
from pathlib import Path

import msgspec
import pytest

from shared.secret import Secret
from shared.settings import SettingsError, load


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    port: int = 1
    community: Secret = Secret("x")


class Tcp(msgspec.Struct, forbid_unknown_fields=True, tag_field="kind", tag="tcp"):
    port: int


class Dns(msgspec.Struct, forbid_unknown_fields=True, tag_field="kind", tag="dns"):
    resolver: str


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    inner: Inner = msgspec.field(default_factory=Inner)
    many: list[Inner] = []
    checks: list[Tcp | Dns] = []
    path: Path = Path("/")


CASES = {
    "unknown key": ("name: a\ninner:\n  prot: 3\n", "f.yaml:3: inner.prot: unknown key 'prot', did you mean 'port'?"),
    "unknown key in a list": (
        "name: a\nmany:\n  - port: 1\n  - potr: 3\n",
        "f.yaml:4: many[1].potr: unknown key 'potr', did you mean 'port'?",
    ),
    "unknown key in a union": (
        "name: a\nchecks:\n  - {kind: dns, resolvr: b}\n",
        "f.yaml:3: checks[0].resolvr: unknown key 'resolvr', did you mean 'resolver'?",
    ),
    "far from any key": (
        "name: a\nzzz: 3\n",
        "f.yaml:2: zzz: unknown key 'zzz', known keys are checks, inner, many, name, path",
    ),
    "wrong type": ("name: a\ninner: {port: x}\n", "f.yaml:2: inner.port: expected a whole number, got text"),
    "list for map": ("- a\n", "f.yaml:1: the file: expected a map, got a list"),
    "missing": ("inner: {}\n", "f.yaml:1: the file: the key 'name' is missing"),
    "python object": (
        "name: !!python/object/apply:os.system [id]\n",
        (
            "f.yaml:1: not valid YAML: could not determine a constructor for the tag"
            " 'tag:yaml.org,2002:python/object/apply:os.system'"
        ),
    ),
    "twice": ("name: a\nname: b\n", "f.yaml:2: key 'name' stands twice"),
    "empty": ("", "f.yaml:1: the file is empty"),
    "number for a secret": (
        "name: a\ninner: {community: 5}\n",
        "f.yaml:2: inner.community: expected text, got a whole number: put it in quotes",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_mistake_has_its_exact_line(case: str, tmp_path: Path) -> None:
    text, message = CASES[case]
    (tmp_path / "f.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError) as caught:
        load(tmp_path / "f.yaml", Outer)

    assert caught.value.problems == (f"{tmp_path}/{message}",)


def test_an_alias_bomb_is_refused_quickly(tmp_path: Path) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    (tmp_path / "f.yaml").write_text("\n".join(rows), encoding="utf-8")

    with pytest.raises(SettingsError, match="unfolds to more than"):
        load(tmp_path / "f.yaml", dict[str, list[object]])


def test_not_utf8_and_missing_files_are_one_line_each(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes(b"name: \xff\xfe")

    with pytest.raises(SettingsError, match=r"f\.yaml: is not UTF-8 \(byte 6\)"):
        load(tmp_path / "f.yaml", Outer)
    with pytest.raises(SettingsError, match=r"absent\.yaml: no such file"):
        load(tmp_path / "absent.yaml", Outer)


def test_a_secret_never_prints() -> None:
    inner = Inner(community=Secret("canary"))

    assert "canary" not in f"{inner!r} {inner.community!s} {inner.community!r}"
    assert inner.community.reveal() == "canary"


def test_paths_are_seen_from_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder in which a unit or a shell happens to start the program must not matter."""
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "f.yaml").write_text("name: a\npath: state\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    assert load(Path("there/f.yaml"), Outer).path.resolve() == tmp_path / "there" / "state"
    (tmp_path / "there" / "f.yaml").write_text("name: a\npath: /elsewhere\n", encoding="utf-8")
    assert load(Path("there/f.yaml"), Outer).path == Path("/elsewhere")


def test_an_alias_inside_its_own_anchor_is_refused_quickly(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("name: &a\n  b: *a\n", encoding="utf-8")

    with pytest.raises(SettingsError) as caught:
        load(path, Outer)

    assert caught.value.problems == (f"{path}:1: the file is nested more than 100 deep",)


def test_a_file_cannot_drive_the_terminal_that_shows_its_errors(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text('name: a\n"\\e[31mred": 1\n', encoding="utf-8")

    with pytest.raises(SettingsError) as caught:
        load(path, Outer)

    assert str(caught.value).startswith(f"{path}:2: \\x1b[31mred: unknown key")
    assert str(caught.value).isprintable()


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "f.yaml").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(SettingsError, match="over the limit"):
        load(tmp_path / "f.yaml", Outer)


def test_a_device_without_end_is_refused() -> None:
    with pytest.raises(SettingsError, match="/dev/zero: is not a regular file"):
        load(Path("/dev/zero"), Outer)


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "f.yaml")

    with pytest.raises(SettingsError) as refused:
        load(tmp_path / "f.yaml", Outer)
    assert str(refused.value) == f"{tmp_path / 'f.yaml'}: is not a regular file"


def test_a_place_in_a_mapping_names_its_real_key(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text("good: {port: 1}\nbad: {port: x}\n")
    with pytest.raises(SettingsError) as refused:
        load(tmp_path / "f.yaml", dict[str, Inner])
    assert str(refused.value) == f"{tmp_path / 'f.yaml'}:2: bad.port: expected a whole number, got text"
