"""Disks get full, run out of inodes, turn read-only, fail, are spoiled: losses are counted, and it heals by itself."""

import json
import os
import subprocess
import sys
from collections import Counter
from typing import Any

from lab.prove import Finding, Proof, Trial

_TOLD = 3
_AN_EPISODE_SECONDS = 60


def episodes_in_a_namespace(module: str, trial: Trial) -> list[dict[str, Any]]:
    """What the module printed in a mount namespace of its own, a line of JSON each; raises ChildProcessError."""
    words = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
    careless = ["--careless"] if trial.sabotage else []
    command = [sys.executable, "-m", module, "--count", str(trial.count), "--seed", str(trial.seed)]
    done = subprocess.run(
        ["unshare", *words, *command, *careless],
        capture_output=True,
        text=True,
        timeout=_AN_EPISODE_SECONDS * trial.count,
        check=False,
    )
    if done.returncode:
        raise ChildProcessError((done.stderr.strip().splitlines() or ["no word"])[-1])
    return [json.loads(line) for line in done.stdout.splitlines()]


def _run(trial: Trial) -> Finding:
    try:
        told = episodes_in_a_namespace("lab.prove.troubled", trial)
    except ChildProcessError as error:
        return Finding(0, 1, (f"no run: {error}",))
    episodes = [each for each in told if "absent" not in each]
    broken = [each for each in episodes if not _held(each)]
    kinds = Counter(each["kind"] for each in episodes)
    made, missing = (sum(each[name] for each in episodes) for name in ("made", "missing"))
    beyond = sum(each["missing"] for each in episodes if _is_beyond_counting(each))
    seen = (
        ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())),
        f"memory stood in {sum(each['away'] for each in episodes)} times",
        f"{made:,} records: {missing:,} missing, {beyond} of them in files that were spoiled while closed",
        f"{sum(each['twice'] for each in episodes)} twice",
        *(f"not here: {each['kind']} ({each['absent']})" for each in told if "absent" in each),
        *map(str, broken[:_TOLD]),
    )
    return Finding(len(episodes), len(broken), seen)


def _held(episode: dict[str, Any]) -> bool:
    """Each record once, every loss counted, and of what was counted as lost only what nobody confirmed arrived."""
    counted = episode["missing"] <= episode["counted"] <= episode["missing"] + episode["unheard"]
    return (
        (counted or _is_beyond_counting(episode))
        and not episode["twice"]
        and not episode["refused"]
        and bool(episode["home"])
    )


def _is_beyond_counting(episode: dict[str, Any]) -> bool:
    """A file that is spoiled while nobody has it open tells nobody what it held."""
    return episode["kind"] == "damaged" and bool(episode["closed"])


PROOF = Proof(
    "disk-trouble",
    "disk full, without inodes, read-only, failing, spoiled: loss exact and counted, it heals by itself",
    500,
    10,
    _run,
)
