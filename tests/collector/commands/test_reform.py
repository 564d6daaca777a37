"""``inventory reform`` on the real list of communes, as somebody types it."""

from pathlib import Path

import pytest

from collector.__main__ import main
from collector.inventory.versions import open_versions

ROOT = Path(__file__).parents[3]


@pytest.fixture
def config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "collector.yaml"
    path.write_text("state: state\n", encoding="utf-8")
    assert main(["import-sites", str(ROOT / "lab" / "data" / "communes.csv"), "--config", str(path)]) == 0
    capsys.readouterr()
    return path


def typed(config: Path, *words: str) -> int:
    return main(["inventory", *words, "--config", str(config)])


def codes(config: Path) -> dict[str, str]:
    with open_versions(config.parent / "state" / "inventory.sqlite") as versions:
        return {site.id: site.code for site in versions.inventory().sites}


def test_a_preview_shows_each_site_and_changes_nothing(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = codes(config)
    assert typed(config, "reform", "--dry-run") == 0

    said = capsys.readouterr().out.splitlines()
    assert "00692  00692 Phường Ngọc Hà" in "\n".join(said)
    assert "00688: stays as it is: '00688' was divided into" in said[-4]
    assert said[-1] == "190 of 193 sites change, 3 must be placed by hand"
    assert codes(config) == before


def test_the_reform_is_one_version_and_the_divided_ones_are_placed_later(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = codes(config)
    assert typed(config, "reform", "--on", "2025-07-01") == 0
    assert typed(config, "reform") == 2
    assert "was made as version 2: 'inventory undo 2' takes it back" in capsys.readouterr().err
    assert typed(config, "reform", "--place", "00688=00700") == 2
    assert "--place 00688=00700: it cannot be in '00700'" in capsys.readouterr().err

    assert typed(config, "reform", *(f"--place={one}" for one in ("00688=00694", "00967=00913", "00988=00994"))) == 0
    after = codes(config)
    assert len(set(after.values())) == 73
    assert after.keys() == before.keys()
    assert typed(config, "undo", "3") == 0
    assert typed(config, "undo", "2") == 0
    assert codes(config) == before
    assert typed(config, "reform") == 0, "what was taken back can be done again"


def test_for_a_file_of_somebodys_the_reform_is_a_sheet(config: Path, tmp_path: Path) -> None:
    config.write_text(f"state: state\ninventory: {ROOT / 'lab' / 'data' / 'communes.csv'}\n", encoding="utf-8")
    out = tmp_path / "new.csv"

    assert typed(config, "reform") == 2
    assert typed(config, "reform", "--out", str(out)) == 0
    assert "\n00692,00691,Phường Hà Giang 2,Phường,,," in out.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--on", "2025-07-02"), "there is no reform on 2025-07-02: known are 2025-07-01"),
        (("--on", "1.7.2025"), "'1.7.2025' is no date like 2025-07-01"),
        (("--place", "00688"), "--place 00688: write SITE=CODE"),
        (("--place", "x=00694"), "--place: there is no site 'x'"),
        (("--units", "/nonexistent"), "No such file or directory"),
    ],
)
def test_what_is_wrong_is_one_line(
    config: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], why: str
) -> None:
    assert typed(config, "reform", *words) == 2
    assert why in capsys.readouterr().err
