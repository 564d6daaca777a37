"""Settings of destinations: each fault one line with its place, secrets never printed."""

from pathlib import Path

import pytest
import yaml

from collector.forward.post import unusable
from collector.forward.settings import authorization
from collector.settings import load_collector_settings
from shared.settings import SettingsError

URL = "http://127.0.0.1:9090/api/v1/write"


def load(folder: Path, *destinations: dict[str, object]) -> object:
    path = folder / "collector.yaml"
    path.write_text(yaml.safe_dump({"state": "state", "forward": list(destinations)}), encoding="utf-8")
    return load_collector_settings(path)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"url": "127.0.0.1:9090"}, "is no URL like"),
        ({"url": "http://127.0.0.1:9090"}, "has no path"),
        ({"url": "http://127.0.0.1:99999/x"}, "is no URL"),
        ({"url": "http://u:p@127.0.0.1/x"}, "keys of their own"),
        ({"name": "A b"}, "is no name"),
        ({"labels": {"site": "x"}}, "label of the readings"),
        ({"labels": {"a-b": "x"}}, "no name of a label"),
        ({"token": "secret-1", "token_file": "f"}, "one of"),
        ({"user": "u"}, "goes with one of"),
        ({"user": "u", "password": "secret-1", "token": "secret-2"}, "not both"),
        ({"samples_per_request": 0}, "from 1 to 10000"),
        ({"timeout_seconds": 0}, "at most 300"),
        ({"retry_first_seconds": 9, "retry_cap_seconds": 2}, "retry_cap_seconds"),
        ({"patience_seconds": 0}, "at most 86400"),
        ({"protocol": "3.0"}, "3.0"),
        ({"tocken": "secret-1"}, "token"),
    ],
)
def test_each_fault_is_one_line_that_names_the_place(tmp_path: Path, wrong: dict[str, object], word: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(tmp_path, {"name": "p", "url": URL} | wrong)

    assert len(raised.value.problems) == 1
    assert word in raised.value.problems[0]
    assert "forward" in raised.value.problems[0]
    assert "secret-" not in raised.value.problems[0]


def test_two_destinations_of_one_name_would_share_a_cursor(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="stands 2 times"):
        load(tmp_path, {"name": "p", "url": URL}, {"name": "p", "url": URL})


def test_a_secret_is_spent_in_one_header_and_printed_nowhere(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("pässword\n", encoding="utf-8")
    loaded = load(tmp_path, {"name": "p", "url": URL, "user": "u", "password_file": str(tmp_path / "password")})
    each = loaded.forward[0]  # type: ignore[attr-defined]

    header = authorization(each)

    assert header is not None
    assert header.reveal() == "Basic dTpww6Rzc3dvcmQ="
    assert "pässword" not in repr(loaded)
    assert unusable(each) == ""


@pytest.mark.parametrize("key", ["token_file", "ca_file"])
def test_a_file_that_is_not_there_is_named_before_anything_starts(tmp_path: Path, key: str) -> None:
    gone = str(tmp_path / "gone")
    loaded = load(tmp_path, {"name": "p", "url": URL.replace("http:", "https:"), key: gone})

    assert unusable(loaded.forward[0]) == f"{gone}: no such file or directory"  # type: ignore[attr-defined]
