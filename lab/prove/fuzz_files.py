"""Settings and spreadsheets, spoiled: each file is read, or refused with lines for its author."""

import re
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import yaml

from agent.probes import load_probes
from agent.settings import load_agent_settings
from collector.inventory.csv_file import read_csv
from collector.settings import load_collector_settings
from lab.prove import Finding, Proof, Trial
from lab.prove.fuzzing import Decoder, fuzz
from shared.settings import SettingsError

_JOINED = b"""
agent: quan-ba
site: "00898"
uplink: {url: "https://collector.example", token: "a token of at least sixteen"}
"""
"""What ``phusong-agent join`` would have written elsewhere."""
_EXAMPLES = Path(__file__).parents[2] / "config" / "examples"


def _at_home(example: bytes) -> bytes:
    """With the folders of the machine at hand instead of those of an installation."""
    return re.sub(
        rb"(?m)^state: .*$", b"state: state", re.sub(rb"/run/credentials/[^\s]*", b"credentials.yaml", example)
    )


def _file(example: str, load: Callable[[Path], object], naive: Callable[[Path], object], trial: Trial) -> Finding:
    good = _at_home((_EXAMPLES / example).read_bytes()) + (_JOINED if example == "agent.yaml" else b"")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, example)
        for beside in _EXAMPLES.iterdir():
            shutil.copy(beside, folder)

        def taste(data: bytes) -> str:
            path.write_bytes(data)
            try:
                load(path)
            except SettingsError:
                return "refused"
            return "taken"

        def careless(data: bytes) -> str:
            path.write_bytes(data)
            return type(naive(path)).__name__

        if taste(good) != "taken":
            return Finding(0, 1, ("the file is refused before it is spoiled",))
        return fuzz(Decoder([good], taste, careless), trial)


def _careless_yaml(path: Path) -> object:
    return yaml.safe_load(path.read_text("utf-8"))["state"]


def _careless_csv(path: Path) -> object:
    return [line.split(",")[1] for line in path.read_text("utf-8").splitlines()]


def _agent_settings(path: Path) -> object:
    return load_agent_settings(path, load_probes())


_FILES: dict[str, tuple[str, Callable[[Path], object], Callable[[Path], object]]] = {
    "fuzz-agent-settings": ("agent.yaml", _agent_settings, _careless_yaml),
    "fuzz-collector-settings": ("collector.yaml", load_collector_settings, _careless_yaml),
    "fuzz-sites": ("sites.csv", read_csv, _careless_csv),
}

PROOFS = tuple(
    Proof(name, f"{example} is read, or refused in words", 20_000, 1_000, partial(_file, example, load, naive))
    for name, (example, load, naive) in _FILES.items()
)
