"""What ``check-config`` says of files that a run does not read and that a person will miss later."""

from pathlib import Path

import pytest

from collector.__main__ import main
from tests.peers.authority import authority
from tests.peers.settings_files import write


@pytest.mark.parametrize(
    ("content", "fault"),
    [(None, "no such file or directory"), ("not in PEM", "no certificate of an authority in PEM"), ("", None)],
)
def test_an_authority_that_no_code_could_pin_is_named_before_the_first_invitation(
    content: str | None, fault: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ca = tmp_path / "ca.pem"
    if fault is None:
        ca = authority(tmp_path, "ca").path
    elif content is not None:
        ca.write_text(content, encoding="utf-8")
    write(tmp_path / "sites.yaml", {"sites": [{"id": "00898", "name": "Xã"}]})
    enrolment = {"address": "https://phusong.example", "ca_file": str(ca)}
    config = {"state": "state", "inventory": "sites.yaml", "enrolment": enrolment}
    file = write(tmp_path / "collector.yaml", config)

    assert main(["check-config", "--config", str(file)]) == 0
    notes = [line for line in capsys.readouterr().out.splitlines() if line.startswith("note: ")]
    expected = f"note: enrolment.ca_file: {ca}: {fault}: 'invite' needs it, a run does not"
    assert notes == ([expected] if fault else [])
