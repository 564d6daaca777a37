"""An agent's spool is killed in the middle of its work, over and over: what it had told as stored is there, whole."""

import random
import tempfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from agent.spool.opening import open_sqlite_spool
from agent.spool.queue import Spool
from agent.spool.quota import SpoolSettings
from agent.spool.shelter import open_shelter
from lab.prove import Finding, Proof, Trial
from lab.prove.forks import Tell, killed_after

_LONGEST_SECONDS = 0.02
_LIVES_A_FOLDER = 250
_ACKNOWLEDGE_EVERY = 7
_PLENTY = 10**9


@dataclass
class _Ledger:
    """What the lives on one folder told."""

    stored: dict[int, int] = field(default_factory=dict)
    """Which life told a sequence as stored."""
    acknowledged: set[int] = field(default_factory=set)
    epochs: set[str] = field(default_factory=set)
    lost: int = 0
    spoiled: int = 0
    idle: int = 0


def _run(trial: Trial) -> Finding:
    dice = random.Random(trial.seed)
    told = lost = spoiled = idle = 0
    for begun in range(0, trial.count, _LIVES_A_FOLDER):
        with tempfile.TemporaryDirectory() as folder:
            lives = min(_LIVES_A_FOLDER, trial.count - begun)
            ledger = _campaign(Path(folder), dice, lives, careless=trial.sabotage)
        told, lost, spoiled, idle = (
            told + len(ledger.stored),
            lost + ledger.lost,
            spoiled + ledger.spoiled,
            idle + ledger.idle,
        )
        trial.tell(f"{begun + lives} kills, {told:,} records told as stored")
    seen = (
        f"{told:,} records told as stored: {lost} lost, {spoiled} spoiled",
        f"{idle} kills before anything was told",
    )
    return Finding(trial.count, lost + spoiled, seen)


def _campaign(folder: Path, dice: random.Random, lives: int, *, careless: bool) -> _Ledger:
    ledger = _Ledger()
    for life in range(lives):
        lines = killed_after(dice.uniform(0.001, _LONGEST_SECONDS), partial(_work, folder, life, careless=careless))
        ledger.idle += not lines
        for line in lines:
            word, value = line.split()
            if word == "epoch":
                ledger.epochs.add(value)
            elif word == "stored":
                ledger.stored.setdefault(int(value), life)
            else:
                ledger.acknowledged.add(int(value))
    with open_sqlite_spool(folder, SpoolSettings()) as spool:
        kept = {stored.sequence: stored.blob for stored in spool.oldest(_PLENTY, _PLENTY)}
    ledger.lost = len(ledger.stored.keys() - ledger.acknowledged - kept.keys())
    told = ((sequence, life) for sequence, life in ledger.stored.items() if sequence in kept)
    ledger.spoiled = sum(kept[sequence] != _blob(sequence, life) for sequence, life in told)
    ledger.spoiled += len(list(folder.glob("*corrupt*"))) + len(ledger.epochs) - 1
    return ledger


def _work(folder: Path, life: int, tell: Tell, *, careless: bool) -> None:
    opening = partial(open_sqlite_spool, settings=SpoolSettings())
    with open_shelter(folder, opening, lambda *_: None) as spool:
        tell("ready")
        tell(f"epoch {spool.epoch}")
        while True:
            _put(spool, life, tell, careless=careless)


def _put(spool: Spool, life: int, tell: Tell, *, careless: bool) -> None:
    """A record's bytes follow from its sequence and life; what is about to be acknowledged counts as acknowledged."""
    newest = spool.newest()
    following = (newest.sequence if newest else 0) + 1
    if careless:
        tell(f"stored {following}")
    sequence = spool.put(_blob(following, life), following)
    if not careless:
        tell(f"stored {sequence}")
    if sequence % _ACKNOWLEDGE_EVERY == 0:
        tell(f"acknowledged {sequence - 5}")
        spool.acknowledge([sequence - 5], following)


def _blob(sequence: int, life: int) -> bytes:
    return f"record {sequence} of life {life} ".encode() * 50


PROOF = Proof("kill-agent", "acknowledged is never lost: kill -9 of the agent's spool at work", 10_000, 300, _run)
