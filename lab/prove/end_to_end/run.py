"""The end-to-end proof: starts itself in a network namespace of its own and reads the rows; it opens no socket."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

from lab.children import die_with_parent, environment, module
from lab.prove import Finding, Proof, Trial
from lab.prove.end_to_end.scenes import SCENES

_NEEDED = {
    "prometheus": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "ip": "iproute2",
    "unshare": "util-linux",
    "nsenter": "util-linux",
}
_START_SECONDS, _SCENE_SECONDS = 400, 240
HEAD = (
    "| scenario | messages: new, update, end | cause in the end | s to message | rules that fired, unheard |\n"
    "|---|---|---|---|---|"
)


def run(trial: Trial) -> Finding:
    """One try a scenario; ``count`` says how many of them where none is named."""
    missing = [package for program, package in _NEEDED.items() if shutil.which(program) is None]
    if missing:
        return Finding(0, 1, (f"not tried: apt-get install {' '.join(missing)}",))
    unknown = [name for name in trial.only if name not in SCENES]
    if unknown:
        return Finding(0, 1, (f"no scenario is called {unknown[0]!r}; there are: {', '.join(SCENES)}",))
    names = list(trial.only) or list(SCENES)[: trial.count]
    if trial.sabotage:
        names = names[: trial.count]
    rows = list(_rows(names, trial))
    for line in (HEAD, *map(_line, rows)):
        trial.tell(line)
    for row in rows:
        trial.note(row)
    broken = [row for row in rows if row["wrong"]] + [name for name in names if name not in _told(rows)]
    seen = [f"{row['scenario']}: {wrong}" for row in rows for wrong in row["wrong"]][:5]
    slowest = max((second for row in rows for second in row["seconds_to_message"]), default=0.0)
    return Finding(len(names), len(broken), (*seen, f"slowest message after {slowest:g} s"))


def _told(rows: list[dict[str, Any]]) -> set[str]:
    return {row["scenario"] for row in rows}


def _rows(names: list[str], trial: Trial) -> Iterator[dict[str, Any]]:
    own = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    sabotage = ["--sabotage"] if trial.sabotage else []
    process = subprocess.Popen(
        ["unshare", *own, "--net", "--mount", *module("lab.prove.end_to_end.inside", *sabotage, *names)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), preexec_fn=die_with_parent(),  # noqa: PLW1509 - loaded before the fork
    )  # fmt: skip
    watch = threading.Timer(_START_SECONDS + _SCENE_SECONDS * len(names), process.terminate)
    watch.start()
    try:
        for line in process.stderr or ():
            trial.tell(line.rstrip())
        yield from map(json.loads, process.stdout or ())
    finally:
        watch.cancel()
        process.terminate()
        process.wait(timeout=60)


def _line(row: dict[str, Any]) -> str:
    """As it goes into docs/measurements.md."""
    causes = ", ".join(row["causes"]) or "–"
    seconds = ", ".join(f"{second:g}" for second in row["seconds_to_message"]) or "–"
    rules = ", ".join(row["rules_fired"]) or "none"
    return f"| {row['scenario']} | {row['new']}, {row['updates']}, {row['resolved']} | {causes} | {seconds} | {rules} |"


PROOF = Proof(
    name="end-to-end",
    promise="one fault is one message with its cause, and what is none is none, through real programs in namespaces",
    count=len(SCENES),
    teeth=1,
    run=run,
)
