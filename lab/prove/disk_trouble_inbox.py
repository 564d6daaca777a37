"""The collector's disk gets full, by others or by itself, has no inodes, turns read-only, fails: nothing is lost."""

import json
import os
import subprocess
import sys
from collections import Counter
from typing import Any

from lab.prove import Finding, Proof, Trial

_TOLD = 3
_AN_EPISODE_SECONDS = 120


def _run(trial: Trial) -> Finding:
    words = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
    how = [*(["--careless"] if trial.sabotage else []), *(f"--only={kind}" for kind in trial.only)]
    command = [sys.executable, "-m", "lab.prove.troubled_collector", "--count", str(trial.count), *how]
    done = subprocess.run(
        ["unshare", *words, *command, "--seed", str(trial.seed)],
        capture_output=True,
        text=True,
        timeout=_AN_EPISODE_SECONDS * trial.count,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        return Finding(0, 1, (f"no run: {last}",))
    told = [json.loads(line) for line in done.stdout.splitlines()]
    episodes = [each for each in told if "absent" not in each]
    broken = [each for each in episodes if not _held(each)]
    kinds = Counter(each["kind"] for each in episodes)
    names = ("acknowledged", "lost", "twice", "forgotten", "unsent", "refused")
    acknowledged, lost, twice, forgotten, unsent, refused = (sum(each[name] for each in episodes) for name in names)
    nights = sum((Counter(each["nights"]) for each in episodes), Counter[str]())
    seen = (
        ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())),
        f"{acknowledged:,} records acknowledged: {lost} lost, {twice} twice",
        f"{refused:,} batches answered 503",
        f"{forgotten:,} batches forgotten early, {unsent} of them before they were forwarded, all counted",
        f"{nights.total()} backups begun, {nights['good']} good",
        f"{sum(not each['home'] for each in episodes)} did not heal",
        *(f"not here: {each['kind']} ({each['absent']})" for each in told if "absent" in each),
        *map(str, broken[:_TOLD]),
    )
    return Finding(len(episodes), len(broken), seen)


def _held(episode: dict[str, Any]) -> bool:
    """Acknowledged is there, once; what was forgotten is counted; nobody got a wrong answer; it healed by itself."""
    return (
        not episode["lost"]
        and not episode["twice"]
        and episode["forgotten"] == episode["forgotten_counted"]
        and episode["unsent"] <= episode["unsent_counted"]
        and not episode["said"]
        and bool(episode["home"])
    )


PROOF = Proof(
    "disk-trouble-inbox",
    "the collector's disk full, without inodes, read-only, failing: acknowledged is there, once; it heals by itself",
    300,
    6,
    _run,
)
