"""What Grafana's own library makes of every stat, bar and table that is shipped; needs node and npm, no Grafana."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab.prove import Finding, Proof, Trial

_DASHBOARDS = Path(__file__).parents[2] / "dashboards"
_INSTALL_SECONDS = 300
_VERSIONS = ("10.4.19", "11.6.0", "12.4.10", "13.2.3")
"""Of Grafana's library: one of each major that a province may have."""
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


def tables(boards: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
    """Every table: which, answers of two rows whose later queries know fewer labels and rows, and the heads to come."""
    for board in boards:
        for panel in board["panels"]:
            if panel["type"] == "table":
                (organize,) = [each["options"] for each in panel["transformations"] if each["id"] == "organize"]
                columns = sorted(organize["renameByName"], key=organize["indexByName"].__getitem__)
                labels = [name for name in columns if not name.startswith("Value")]
                frames = [_answer(panel, place, labels) for place in range(len(panel["targets"]))]
                heads = [organize["renameByName"][name] for name in columns]
                yield f"{board['uid']}: {panel['title']}", {**panel, "frames": frames}, heads


def _answer(panel: dict[str, Any], place: int, labels: list[str]) -> dict[str, list[Any]]:
    targets = panel["targets"]
    by = re.search(r"(?:max|min) by \(([^)]*)\)", targets[place]["expr"])
    known = by[1].split(", ") if by else [*(labels if place == 0 else ["site", "hub"]), "instance", "job"]
    rows = 2 if place < 2 else 1
    value = "Value" if len(targets) == 1 else f"Value #{targets[place]['refId']}"
    texts = {name: [f"{name} {row}" for row in range(rows)] for name in known}
    return {"Time": [5] * rows, **texts, value: [10 * place + row for row in range(rows)]}


def _wrongly_joined(name: str, frames: list[list[tuple[str, list[Any]]]], heads: list[str]) -> list[str]:
    fields = frames[0] if len(frames) == 1 else []
    joined = [head for head, _ in fields] == heads and all(len(values) == 2 for _, values in fields)
    return [] if joined else [f"{name}: {frames}"]


def _as_grafana_would(case: dict[str, Any]) -> dict[str, Any]:
    """The sabotage: a panel as Grafana makes it, without a word for what is missing, and well by default."""
    defaults = {**case["fieldConfig"]["defaults"], "mappings": []}
    defaults.pop("noValue")
    steps = [{"value": None, "color": _UP}, *defaults["thresholds"]["steps"][1:]]
    defaults["thresholds"] = {**defaults["thresholds"], "steps": steps}
    return {**case, "fieldConfig": {"defaults": defaults, "overrides": []}}


def _boards() -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((_DASHBOARDS / "json").glob("*.json"))]


def _ask(asked: dict[str, Any], version: str) -> dict[str, Any]:
    verify = _DASHBOARDS / "verify"
    package = json.loads((verify / "package.json").read_text(encoding="utf-8"))
    package["dependencies"] = dict.fromkeys(package["dependencies"], version)
    with tempfile.TemporaryDirectory(prefix="phusong-grafana-") as folder:
        (Path(folder) / "package.json").write_text(json.dumps(package), encoding="utf-8")
        install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=_INSTALL_SECONDS)
        command = ["node", str(verify / "display.mjs"), folder, version]
        done = subprocess.run(
            command, input=json.dumps(asked), capture_output=True, text=True, check=True, timeout=_INSTALL_SECONDS
        )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
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
    listed = list(tables(boards))
    asked = [{"transformations": panel["transformations"], "frames": panel["frames"]} for _, panel, _ in listed]
    question = {"cases": shown, "tables": asked, "units": sorted(units), "transformations": sorted(changes)}
    broken = []
    for version in _VERSIONS:
        wrong = _wrong(_ask(question, version), expected, listed)
        broken += [f"{version}: {line}" for line in wrong]
    for line in broken[:5]:
        trial.tell(line)
    told = f"{len(units)} units and {len(changes)} transformations known to {', '.join(_VERSIONS)}"
    return Finding(len(_VERSIONS) * (len(expected) + len(listed)), len(broken), (told,))


def _wrong(
    found: dict[str, Any], expected: list[Expected], listed: list[tuple[str, dict[str, Any], list[str]]]
) -> list[str]:
    """What one version of the library does not know, or shows otherwise."""
    broken = [f"unknown to Grafana: {name}" for name in (*found["unknownUnits"], *found["unknownTransformations"])]
    for (where, case, word, colour), texts in zip(expected, found["shown"], strict=True):
        if not texts or any(word not in text["text"] or text["color"] != colour for text in texts):
            broken.append(f"{where} {case['frames']}: {texts}")
    for (name, _, heads), frames in zip(listed, found["joined"], strict=True):
        broken += _wrongly_joined(name, frames, heads)
    return broken


PROOF = Proof(
    name="grafana-display",
    promise="in Grafana what is missing is neither good nor a number",
    count=1,
    teeth=1,
    run=run,
)
