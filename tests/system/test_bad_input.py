"""Each file in ``bad/`` beside the exact lines that its program must say of it; none of them may end in a traceback."""

import shutil
from pathlib import Path

import pytest

import agent.__main__
import collector.__main__

BAD = Path(__file__).parent / "bad"
CASES = sorted(path for path in BAD.iterdir() if path.stem.split("-")[0] in {"agent", "collector", "import"})
INPUTS = [path for path in CASES if path.suffix in {".yaml", ".csv"}]
GOOD = "state: state\ninventory: inventory.yaml\n"


def said(path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and standard error of the command that a user would type, with the folder taken out."""
    shutil.copytree(BAD, folder, dirs_exist_ok=True)
    kind, file = path.stem.split("-")[0], str(folder / path.name)
    if kind == "agent":
        code = agent.__main__.main(["check-config", "--config", file])
    elif kind == "collector":
        code = collector.__main__.main(["check-config", "--config", file])
    else:
        (folder / "good.yaml").write_text(GOOD, encoding="utf-8")
        code = collector.__main__.main(["import-sites", file, "--config", str(folder / "good.yaml")])
    return code, capsys.readouterr().err.replace(f"{folder}/", "")


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
def test_a_wrong_file_ends_in_the_line_beside_it(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = said(path, tmp_path, capsys)

    assert text == path.with_name(f"{path.name}.message").read_text(encoding="utf-8")
    assert code == 2


def test_every_message_has_its_file() -> None:
    messages = {path.name.removesuffix(".message") for path in CASES if path.suffix == ".message"}

    assert messages == {path.name for path in INPUTS}
