"""The example settings are right as they are shipped, for the programs that they are meant for."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.identity.card import Card, finish
from agent.probes.icmp import IcmpCheck
from lab.world.lookout import CHECK
from tests.peers.programs import PYTHON, ROOT

COLLECTOR = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
EXAMPLES = ROOT / "config" / "examples"
INSTALLED = {
    "/var/lib/phusong-agent": "state",
    "/run/credentials/phusong-agent.service/credentials": "credentials.yaml",
    "/etc/phusong/sites.csv": "sites.csv",
    "/etc/phusong/roster.yaml": "roster.yaml",
}
"""Where the examples expect things, and where the test has them."""


@pytest.mark.parametrize("commented", [False, True], ids=["as it stands", "with all that is commented out"])
@pytest.mark.parametrize(("program", "name"), [("agent", "agent"), ("agent", "province"), ("collector", "collector")])
def test_an_example_can_be_started_from(program: str, name: str, commented: bool, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    for path in tmp_path.glob("*.*"):
        path.chmod(0o600)
    card = Card(
        agent="quan-ba", site="00898", url="https://phusong.hagiang.example", key=bytes(32), collector_key=bytes(32)
    )
    finish(tmp_path / "state", card, "0" * 32)
    file = tmp_path / f"{name}.yaml"
    text = file.read_text(encoding="utf-8")
    for installed, here in INSTALLED.items():
        text = text.replace(installed, str(tmp_path / here))
    if commented:
        # A word behind the sign itself is a setting, a space behind it is prose.
        text = re.sub(r"(?m)^#(?=\S|  )", "", text)
    file.write_text(text, encoding="utf-8")
    command = [PYTHON, "-m", program, "check-config", "--config", str(file)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=dict(os.environ), timeout=60, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_replays_figures_stand_for_the_province_agent_as_the_example_has_it() -> None:
    file = yaml.safe_load((EXAMPLES / "province.yaml").read_text(encoding="utf-8"))
    (check,) = file["checks"]
    fields = {name: value for name, value in check.items() if name not in {"kind", "roles"}}

    assert msgspec.convert(fields, IcmpCheck) == CHECK
    assert file["commit_seconds"] == 1
