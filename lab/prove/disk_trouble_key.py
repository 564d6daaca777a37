"""Disks get full, run out of inodes, turn read-only, fail under a machine with a key: it is never taken for two."""

from collections import Counter
from typing import Any

from lab.prove import Finding, Proof, Trial
from lab.prove.disk_trouble import episodes_in_a_namespace

_TOLD = 3


def _run(trial: Trial) -> Finding:
    try:
        told = episodes_in_a_namespace("lab.prove.troubled_member", trial)
    except ChildProcessError as error:
        return Finding(0, 1, (f"no run: {error}",))
    episodes = [each for each in told if "absent" not in each]
    broken = [each for each in episodes if not _held(each)]
    kinds = Counter(each["kind"] for each in episodes)
    total = Counter[str]()
    for each in episodes:
        total.update({name: each[name] for name in ("made", "missing", "counted", "doubtful", "twice", "suspects")})
    runs, rotated, late = (sum(each[name] for each in episodes) for name in ("lives", "rotated", "late"))
    found = sum(each["copy_found"] for each in episodes)
    seen = (
        ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())),
        f"{total['made']:,} records: {total['missing']} missing of {total['counted']} counted, {total['twice']} twice",
        f"{total['doubtful']} of which the disk did not say what it did",
        f"{runs:,} runs, {rotated} rotations, {late:,} requests came late: {total['suspects']} suspected",
        f"{found} real copies found",
        *(f"not here: {each['kind']} ({each['absent']})" for each in told if "absent" in each),
        *map(str, broken[:_TOLD]),
    )
    return Finding(len(episodes), len(broken), seen)


def _held(episode: dict[str, Any]) -> bool:
    """Each record once or counted as lost, nobody suspected, and a copy that was made afterwards was."""
    whole = episode["missing"] <= episode["counted"] and not episode["twice"]
    return whole and not episode["suspects"] and not episode["kept_out"] and bool(episode["copy_found"])


PROOF = Proof(
    "disk-trouble-key",
    "an enrolled machine on a troubled disk is never taken for two nor kept out, and a real copy is",
    200,
    8,
    _run,
)
