"""What Grafana's own library shows for every stat and bar of the shipped dashboards; needs node and npm, no Grafana."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab.prove import Finding, Proof, Trial

_DASHBOARDS = Path(__file__).parents[2] / "dashboards"
_INSTALL_SECONDS = 300
_NO_DATA, _UNKNOWN, _UP = "NO DATA", "#CC79A7", "#1D4468"
_MISSING: tuple[list[Any], ...] = ([], [[]], [[None]], [["NaN"]], [[0, None]], [[0, "NaN"]])
"""No series, a series without values, and one whose last value is nothing after a good one."""
_STATES = (("UP", _UP), ("DEGRADED", "#E69F00"), ("DOWN", "#D55E00"), ("UNKNOWN", _UNKNOWN), ("MAINTENANCE", "#7F7F7F"))
_COUNTS = {"Down": "#D55E00", "Unknown": _UNKNOWN, "Degraded": "#E69F00"}

Expected = tuple[str, dict[str, Any], str, str]
"""Which case, what Grafana is given, and the word and colour that must come."""


def cases(boards: list[dict[str, Any]]) -> Iterator[Expected]:
    """Every way to have no data for every panel; every state and count where a panel shows one."""
    for board in boards:
        for panel in board["panels"]:
            if panel["type"] in {"stat", "bargauge"}:
                where = f"{board['uid']}: {panel['title']}"
                for frames in _MISSING:
                    yield where, _case(panel, frames), _NO_DATA, _UNKNOWN
                if panel["title"] == "Trạng thái · State":
                    for code, (word, colour) in enumerate(_STATES):
                        yield where, _case(panel, [[code]]), word, colour
                if (name := panel["title"].split(" · ")[-1]) in _COUNTS and board["uid"] == "phusong-wall":
                    yield where, _case(panel, [[0]]), "0", _UP
                    yield where, _case(panel, [[7]]), "7", _COUNTS[name]


def _case(panel: dict[str, Any], frames: list[Any]) -> dict[str, Any]:
    return {"fieldConfig": panel["fieldConfig"], "options": panel["options"], "frames": frames}


def _as_grafana_would(case: dict[str, Any]) -> dict[str, Any]:
    """The sabotage: a panel as Grafana makes it, without a word for what is missing, and well by default."""
    defaults = {**case["fieldConfig"]["defaults"], "mappings": []}
    defaults.pop("noValue")
    steps = [{"value": None, "color": _UP}, *defaults["thresholds"]["steps"][1:]]
    defaults["thresholds"] = {**defaults["thresholds"], "steps": steps}
    return {**case, "fieldConfig": {"defaults": defaults, "overrides": []}}


def _boards() -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((_DASHBOARDS / "json").glob("*.json"))]


def _ask(asked: dict[str, Any]) -> dict[str, Any]:
    verify = _DASHBOARDS / "verify"
    with tempfile.TemporaryDirectory(prefix="phusong-grafana-") as folder:
        shutil.copy(verify / "package.json", folder)
        install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=_INSTALL_SECONDS)
        command = ["node", str(verify / "display.mjs"), folder]
        done = subprocess.run(
            command, input=json.dumps(asked), capture_output=True, text=True, check=True, timeout=_INSTALL_SECONDS
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def run(trial: Trial) -> Finding:
    """Ask for all at once; a wrong word or colour, and a unit or transformation that is not known, is broken."""
    if not (shutil.which("node") and shutil.which("npm")):
        return Finding(0, 1, ("not tried: apt-get install nodejs npm",))
    boards = _boards()
    expected = list(cases(boards))
    panels = [panel for board in boards for panel in board["panels"]]
    units = {panel["fieldConfig"]["defaults"].get("unit", "none") for panel in panels}
    changes = {each["id"] for panel in panels for each in panel.get("transformations", ())}
    shown = [_as_grafana_would(case) if trial.sabotage else case for _, case, _, _ in expected]
    found = _ask({"cases": shown, "units": sorted(units), "transformations": sorted(changes)})
    broken = [f"unknown to Grafana: {name}" for name in (*found["unknownUnits"], *found["unknownTransformations"])]
    for (where, case, word, colour), texts in zip(expected, found["shown"], strict=True):
        if not texts or any(word not in text["text"] or text["color"] != colour for text in texts):
            broken.append(f"{where} {case['frames']}: {texts}")
    for line in broken[:5]:
        trial.tell(line)
    return Finding(len(expected), len(broken), (f"{len(units)} units and {len(changes)} transformations known",))


PROOF = Proof(
    name="grafana-display",
    promise="in Grafana what is missing is neither good nor a number",
    count=1,
    teeth=1,
    run=run,
)
