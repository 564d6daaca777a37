"""The end-to-end proof in its own namespace: plays scenarios and prints a line of JSON for each; it is no entry."""

import argparse
import json
import os
import sys
import time
from collections.abc import Collection, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from lab.prove.end_to_end.cables import open_country
from lab.prove.end_to_end.devices import open_devices
from lab.prove.end_to_end.ear import open_ear
from lab.prove.end_to_end.land import CENTRE_ADDRESS
from lab.prove.end_to_end.play import Play, Set, ready
from lab.prove.end_to_end.programs import open_programs, wait
from lab.prove.end_to_end.scenes import SCENES

_SETTLE_SECONDS = 240.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry of ``python -m lab.prove.end_to_end.inside``; the proof starts it under ``unshare``."""
    parser = argparse.ArgumentParser(prog="lab.prove.end_to_end.inside")
    parser.add_argument("names", nargs="+", choices=tuple(SCENES))
    parser.add_argument("--sabotage", action="store_true", help="nobody is told: Alertmanager's receivers are deaf")
    given = parser.parse_args(arguments)
    names: list[str] = given.names
    if Path("/proc/self/ns/net").readlink() == Path(f"/proc/{os.getppid()}/ns/net").readlink():
        parser.error("started in somebody's network: packets go only where the proof made the namespace")
    with ExitStack() as stack:
        country = stack.enter_context(open_country())
        devices = stack.enter_context(open_devices(country, CENTRE_ADDRESS))
        ear = stack.enter_context(open_ear(deaf=given.sabotage))
        stage = Set(country, devices, stack.enter_context(open_programs(country)), ear)
        ready(stage)
        plays = {name: played(stage, name) for name in names}
        _settle(plays.values())
        for name, play in plays.items():
            play.wrong += play.unsettled()
            print(json.dumps({"scenario": name, **row(play)}), flush=True)
    return 0


def played(stage: Set, name: str) -> Play:
    """One scenario from calm to calm."""
    play = Play(stage)
    try:
        SCENES[name](play)
        play.all_well()
    except (TimeoutError, OSError, RuntimeError) as error:
        play.wrong.append(str(error) or type(error).__name__)
    play.ended, play.ended_wall_ns = time.monotonic(), time.time_ns()
    play.wrong += [f"{each} ended by itself" for each in stage.programs.dead()]
    play.wrong += [f"{each} left a traceback" for each in stage.programs.stumbled()]
    print(f"{name}: {'; '.join(play.wrong) or 'holds'}", file=sys.stderr, flush=True)
    return play


def _settle(plays: Collection[Play]) -> None:
    """Wait until every backlog is there and each verdict final, or a while."""
    with suppress(TimeoutError):
        wait("all verdicts are final", lambda: not any(play.unsettled() for play in plays), _SETTLE_SECONDS)


def row(play: Play) -> dict[str, Any]:
    """What the proof tells of a scenario."""
    return {
        "wrong": play.wrong,
        "new": play.faults_told(),
        "updates": len(play.firing()) - play.faults_told(),
        "resolved": play.ends(),
        "said": [message.words() for message in play.heard],
        "causes": play.causes,
        "seconds_to_message": [round(seconds, 1) for seconds in play.seconds],
        "rules_fired": sorted(play.rules),
        "seconds": round(play.ended - play.begun, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
