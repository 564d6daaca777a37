"""The command ``phusong-lab replay``: makes a universe, lets it live and prints what its judge was worth."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import Any

from collector.judgement.settings import JudgementSettings
from lab.terminal import Terminal, open_terminal
from lab.world.backups import with_backups
from lab.world.chance import Chance
from lab.world.draw import draw_faults
from lab.world.fault import Fault
from lab.world.land import make_land
from lab.world.life import Life
from lab.world.link_scoring import link_score
from lab.world.messages import message_score
from lab.world.place import Land
from lab.world.poor_scoring import poor_score
from lab.world.scoring import score
from lab.world.timeline import Timeline
from lab.world.truth import dark_times, happenings
from lab.world.wanted import cut_short, read_faults
from lab.world.when import DAY_SECONDS
from lab.world.witness import Lived
from shared.settings import SettingsError

_DAYS, _MOST_DAYS = 30, 366
_SETTLING_SECONDS = 3600
"""After the last fault of a file: what was kept has arrived, and every limit of time has passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayWishes:
    """The command line."""

    days: float | None
    """None: 30, or as long as the faults of the file last."""
    seed: int
    sites: int
    loss: float
    faults: Path | None
    as_json: bool


def run_replay(wishes: ReplayWishes) -> int:
    """Live through a script and print its score; 0 whatever it is, 1 where it was ended, 2 where the file is wrong."""
    land = make_land(wishes.sites, wishes.seed)
    try:
        faults, seconds = _script(wishes, land)
    except SettingsError as error:
        for problem in error.problems:
            print(f"phusong-lab: {problem}", file=sys.stderr)
        return 2
    if wishes.faults is not None:
        for line in cut_short(faults, seconds):
            print(f"phusong-lab: {wishes.faults}: {line}", file=sys.stderr)
    land = with_backups(land, faults, wishes.seed)
    terminal = open_terminal(sys.stderr)
    try:
        found = replay(wishes, land, faults, seconds, terminal)
        if wishes.as_json:
            print(json.dumps(found, ensure_ascii=False, indent=1), flush=True)
        else:
            _show(found, open_terminal(sys.stdout))
    except KeyboardInterrupt:
        terminal.line("phusong-lab: ended before the last day, nothing is scored")
        return 1
    except BrokenPipeError:
        # Whoever reads has seen enough; what the interpreter still flushes at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _script(wishes: ReplayWishes, land: Land) -> tuple[tuple[Fault, ...], int]:
    """The faults, and how many seconds are lived; raises :class:`shared.settings.SettingsError`."""
    seconds = int((wishes.days or _DAYS) * DAY_SECONDS)
    if wishes.faults is None:
        return draw_faults(land, wishes.seed, seconds), seconds
    faults = read_faults(wishes.faults, land)
    if wishes.days is None and faults:
        last = ceil(max(fault.ends for fault in faults)) + _SETTLING_SECONDS
        seconds = min(last, _MOST_DAYS * DAY_SECONDS)
    return faults, seconds


def replay(
    wishes: ReplayWishes, land: Land, faults: Sequence[Fault], seconds: int, terminal: Terminal
) -> dict[str, Any]:
    """What ``--json`` prints."""
    days = round(seconds / DAY_SECONDS, 4)
    timeline = Timeline(land, faults)
    life = Life(land, timeline, Chance(wishes.seed, wishes.loss), JudgementSettings())
    lived = life.run(seconds, lambda now: terminal.progress(f"day {now / DAY_SECONDS:.2f} of {days:g}"))
    truth = happenings(faults, land, timeline, seconds)
    figures = score(truth, lived.versions, dark_times(timeline, seconds), wishes.sites * seconds / 3600)
    messages = message_score(truth, lived.versions, seconds, wishes.loss)
    links = link_score(faults, timeline, lived.versions, seconds)
    poor = poor_score(faults, timeline, lived.versions, seconds)
    return {
        "seed": wishes.seed,
        "days": days,
        "sites": wishes.sites,
        "loss": wishes.loss,
        **_cycles(lived, wishes.sites),
        **asdict(figures),
        **asdict(messages),
        **(asdict(links) if links is not None else {}),
        **(asdict(poor) if poor is not None else {}),
    }


def _cycles(lived: Lived, sites: int) -> dict[str, int]:
    return {
        "seconds_lived": lived.lived_seconds,
        "seconds_skipped": lived.skipped_seconds,
        "site_cycles_simulated": sites * lived.lived_seconds // 10,
        "site_cycles_skipped": sites * lived.skipped_seconds // 10,
        "readings_judged": lived.readings,
    }


def _show(found: dict[str, Any], terminal: Terminal) -> None:
    """Two columns; lists are counted and then given line by line."""
    rows: list[tuple[str, str]] = []
    for name, value in (found | found["causes"]).items():
        if name == "confusion":
            rows += [
                (f"{true} was called", ", ".join(f"{said} {n}" for said, n in row.items()))
                for true, row in value.items()
            ]
        elif isinstance(value, tuple):
            rows += [(name, str(len(value))), *(("", str(one)) for one in value)]
        elif isinstance(value, dict):
            rows += [(name, ", ".join(f"{kind} {n}" for kind, n in value.items()))] if name != "causes" else []
        else:
            rows.append((name, "–" if value is None else str(value)))
    terminal.pairs(rows)
