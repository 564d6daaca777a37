"""``export-sites`` and ``import-sites`` as somebody types them."""

from pathlib import Path

import pytest

from collector.__main__ import main

HEAD = "code,name,hub,link1_name,link1_provider,link1_committed_down_megabits,device1_name,device1_role\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "collector.yaml"
    path.write_text("state: state\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("separator", [",", ";"])
def test_what_was_exported_is_imported_without_a_change(
    config: Path, capsys: pytest.CaptureFixture[str], separator: str
) -> None:
    first, second, hubs = (config.parent / name for name in ("first.csv", "second.csv", "hubs.csv"))
    first.write_text(f"{HEAD}1,Xã Đồng Văn,h,main,VNPT,62.5,ups1,ups\n2,b,h,,,,,\n", encoding="utf-8")
    hubs.write_text("hub,parent\nh,top\ntop,\n", encoding="utf-8")
    said = ["--config", str(config)]

    assert main(["import-sites", str(first), "--hubs", str(hubs), *said]) == 0
    assert main(["export-sites", "--out", str(second), "--separator", separator, *said]) == 0
    assert "hubs is not in it: --hubs FILE writes it" in capsys.readouterr().err
    assert main(["import-sites", str(second), *said]) == 0

    assert "2 sites: 0 new, 0 gone, 0 altered" in capsys.readouterr().out
    assert second.read_bytes().startswith(b"\xef\xbb\xbf")


def test_without_a_file_the_sheet_goes_to_standard_output(
    config: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (config.parent / "sites.csv").write_text("code,name\n1,Đồng Văn\n", encoding="utf-8")
    assert main(["import-sites", str(config.parent / "sites.csv"), "--config", str(config)]) == 0
    capfdbinary.readouterr()

    assert main(["export-sites", "--config", str(config)]) == 0

    assert "\r\n1,1,Đồng Văn,".encode() in capfdbinary.readouterr().out


def test_a_folder_that_is_not_there_is_one_line(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = config.parent / "none" / "sites.csv"

    assert main(["export-sites", "--out", str(out), "--config", str(config)]) == 1

    assert capsys.readouterr().err == f"phusong-collector: {out}: no such file or directory\n"
