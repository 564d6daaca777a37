"""``probe`` and ``probes``: one run of one probe, shown as a table or as JSON; nothing is stored or sent."""

import argparse
import asyncio
import os
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import TypeGuard

import msgspec

from agent.commands.options import by_hand, check_from, option_name, option_names
from agent.probe import Check, Credential, Finding, Probe, ProbeFailed, Surroundings, Target
from agent.settings import profile_folder
from shared.clock import SystemClock
from shared.printable import printable
from shared.settings import SettingsError, in_words
from shared.wire.reading import Outcome


def list_probes(probes: Mapping[str, Probe]) -> int:
    """Print each kind with what it does and its options, which its own help explains."""
    width = max(len(kind) for kind in probes)
    for kind, probe in probes.items():
        print(f"{kind.ljust(width)}  {probe.summary}")
        listed = textwrap.wrap(" ".join(option_names(probe)), 96, break_on_hyphens=False)
        for line in (*listed, f"explained by: phusong-agent probe {kind} --help"):
            print(f"{' ' * width}  {line}")
    return 0


def run_probe(given: argparse.Namespace, probe: Probe) -> int:
    """Run once: 0 where the target answered, 1 where it did not, 2 where the input is wrong."""
    try:
        check = check_from(given, probe)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$.")
        option = f"--{option_name(place[:-1])}: " if place else ""
        print(f"phusong-agent probe {probe.kind}: {option}{in_words(what)}", file=sys.stderr)
        return 2
    if not given.target.strip():
        print(f"phusong-agent probe {probe.kind}: TARGET must not be empty", file=sys.stderr)
        return 2
    credentials: dict[str, Credential] = {}
    if probe.by_hand is not None:
        try:
            credentials["by hand"] = probe.by_hand.credential(by_hand(given, probe), os.environ)
        except SettingsError as error:
            for problem in error.problems:
                print(f"phusong-agent probe {probe.kind}: {problem}", file=sys.stderr)
            return 2
    profiles = profile_folder(None)
    for place, what in probe.problems(check, profiles):
        option = f"--{option_name(place)}" if place in type(check).__struct_fields__ else place
        print(f"phusong-agent probe {probe.kind}: {option}: {what}", file=sys.stderr)
        return 2
    target = Target(site="", name=given.target, address=given.target)
    try:
        finding = asyncio.run(_measure(probe, check, target, Surroundings(SystemClock(), credentials, profiles)))
    except SettingsError as error:
        print(str(error), file=sys.stderr)
        return 2
    document = {"kind": probe.kind, "target": given.target, "outcome": finding.outcome.value, **_more(finding)}
    print(msgspec.json.encode(document).decode() if given.json else _table(document))
    return 0 if finding.outcome is Outcome.OK else 1


async def _measure(probe: Probe, check: Check, target: Target, surroundings: Surroundings) -> Finding:
    try:
        async with probe.open(surroundings) as instrument:
            return await instrument.measure(check, target)
    except ProbeFailed as failure:
        return Finding(failure.outcome, reason=failure.reason)


def _more(finding: Finding) -> dict[str, object]:
    said = {"reason": finding.reason, "voided": finding.voided}
    return {**{name: text for name, text in said.items() if text}, **finding.facts}


def _table(document: Mapping[str, object]) -> str:
    rows = {name: value for name, value in document.items() if _is_rows(value) and name != "samples"}
    plain = {name: value for name, value in document.items() if name != "samples" and name not in rows}
    width = max(len(name) for name in plain)
    lines = [f"{name.ljust(width)}  {_cell(value)}" for name, value in plain.items()]
    for name, value in rows.items():
        lines += ["", *_aligned(name, value)]
    samples = document.get("samples")
    if isinstance(samples, list):
        lines += ["", *_samples(samples)]
    return "\n".join(lines)


def _is_rows(value: object) -> TypeGuard[Sequence[dict[str, object]]]:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(row, dict) for row in value)


def _aligned(name: str, rows: Sequence[dict[str, object]]) -> list[str]:
    """A table with the keys for its head."""
    cells = [
        [str(key).removesuffix("_seconds") for key in rows[0]],
        *([_cell(v) for v in row.values()] for row in rows),
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    drawn = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
    return [f"{name}:", *(f"  {line}".rstrip() for line in drawn)]


def _samples(samples: list[dict[str, object]]) -> list[str]:
    rows = []
    for sample in samples:
        labels = sample["labels"]
        inside = ", ".join(f"{k}={_cell(v)}" for k, v in labels.items()) if isinstance(labels, dict) else ""
        rows.append((f"{sample['name']}{{{inside}}}" if inside else str(sample["name"]), _cell(sample["value"])))
    width = min(100, max((len(name) for name, _ in rows), default=0))
    return [f"{name.ljust(width)}  {value}" for name, value in rows]


def _cell(value: object) -> str:
    """Text for a terminal: what a device says must not drive it."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".") if abs(value) < 1e6 else f"{value:.15g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_cell(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return "  ".join(_cell(inner) for inner in value)
    return printable(str(value))
