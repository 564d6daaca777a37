"""The command ``phusong-lab``: reads its arguments and hands over; it simulates nothing itself."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from lab.demo import Wishes, run_demo
from lab.fleet import FleetWishes, run_fleet, write_settings
from lab.stage import all_communes
from lab.world.command import ReplayWishes, run_replay
from shared.arguments import ArgumentParser

_EXAMPLES = """examples:
  phusong-lab demo                              all communes; the wall at http://127.0.0.1:8080/wall
  phusong-lab demo --sites 12 --duration 60     a small one that ends by itself
  phusong-lab fleet --agents 193 --collector http://127.0.0.1:8080 --duration 60
  phusong-lab replay --days 30 --seed 1 --json  a month of faults in minutes, and how well they were told
"""
_DEMO_EXAMPLES = """examples:
  phusong-lab demo
  phusong-lab demo --port 9000 --seed 7         another port, another province
  phusong-lab demo --sites 12 --duration 60     a small one that ends by itself
"""
_FLEET_EXAMPLES = """examples:
  phusong-lab fleet --agents 193 --settings /tmp/fleet          settings of a collector that knows them
  phusong-lab fleet --agents 193 --collector http://127.0.0.1:8080 --duration 60
"""
_REPLAY_EXAMPLES = """examples:
  phusong-lab replay --days 1                   a day of all communes
  phusong-lab replay --days 30 --seed 7 --json  a month of another universe, for programs
  phusong-lab replay --days 1 --faults mine.yaml
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry of ``phusong-lab``: 0 done, 1 failed, 2 the input is wrong."""
    given = _parser().parse_args(arguments)
    if given.command == "fleet":
        return _fleet(given)
    if given.command == "replay":
        return _replay(given)
    return run_demo(Wishes(sites=given.sites, port=given.port, duration_seconds=given.duration, seed=given.seed))


def _parser() -> ArgumentParser:
    text = argparse.RawDescriptionHelpFormatter
    parser = ArgumentParser(
        prog="phusong-lab", description="A province in a box.", epilog=_EXAMPLES, formatter_class=text
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser(
        "demo",
        help="show phusong at work on simulated sites",
        description="Shows phusong at work: simulated communes, real packets, real programs, and the wall.",
        epilog=_DEMO_EXAMPLES,
        formatter_class=text,
    )
    _add_demo_options(demo)
    fleet = commands.add_parser(
        "fleet",
        help="many simulated agents against a running collector",
        description="Many simulated agents that send real batches to a running collector, which must know them.",
        epilog=_FLEET_EXAMPLES,
        formatter_class=text,
    )
    _add_fleet_options(fleet)
    replay = commands.add_parser(
        "replay",
        help="score the judgement on a virtual province",
        description="A virtual province with faults and their truth, on virtual time: how well was it told?",
        epilog=_REPLAY_EXAMPLES,
        formatter_class=text,
    )
    _add_replay_options(replay)
    return parser


def _add_demo_options(demo: ArgumentParser) -> None:
    most = len(all_communes())
    demo.add_argument("--sites", type=_whole(1, most), default=most, metavar="N", help=f"communes, 1 to {most}")
    demo.add_argument("--port", type=_whole(1, 65535), default=8080, metavar="P", help="port of the wall (8080)")
    demo.add_argument("--duration", type=_seconds, metavar="S", help="end S seconds after the script began")
    demo.add_argument("--seed", type=_whole(0, 2**63), default=1, metavar="K", help="another number, another province")


def _add_fleet_options(fleet: ArgumentParser) -> None:
    fleet.add_argument("--agents", type=_whole(1, 99_999), required=True, metavar="N", help="how many")
    where = fleet.add_mutually_exclusive_group(required=True)
    where.add_argument("--collector", type=_url, metavar="URL", help="http://ADDRESS:PORT of the collector")
    where.add_argument("--settings", type=Path, metavar="FOLDER", help="write a collector's settings that know them")
    fleet.add_argument("--duration", type=_seconds, metavar="S", help="end after S seconds")
    fleet.add_argument("--every", type=_seconds, default=30.0, metavar="S", help="a batch of each every S seconds (30)")
    fleet.add_argument("--readings", type=_whole(1, 10_000), default=60, metavar="R", help="readings in a batch (60)")


def _add_replay_options(replay: ArgumentParser) -> None:
    most = len(all_communes())
    replay.add_argument(
        "--days", type=_days, metavar="D", help="virtual days, at most 366 (30; with --faults until an hour after them)"
    )
    replay.add_argument(
        "--seed", type=_whole(0, 2**63), default=1, metavar="K", help="another number, another universe"
    )
    replay.add_argument("--sites", type=_whole(1, most), default=most, metavar="N", help=f"communes, 1 to {most}")
    replay.add_argument("--faults", type=Path, metavar="FILE", help="faults from a file instead of the seed's")
    replay.add_argument(
        "--loss", type=_share, default=0.02, metavar="R", help="share of echoes that never have a reply (0.02)"
    )
    replay.add_argument("--json", action="store_true", help="print one JSON object")


def _replay(given: argparse.Namespace) -> int:
    return run_replay(
        ReplayWishes(
            days=given.days,
            seed=given.seed,
            sites=given.sites,
            loss=given.loss,
            faults=given.faults,
            as_json=given.json,
        )
    )


def _fleet(given: argparse.Namespace) -> int:
    if given.settings is not None:
        print(f"phusong-collector run --config {write_settings(given.settings.resolve(), given.agents, 8080)}")
        return 0
    return run_fleet(
        FleetWishes(
            agents=given.agents,
            collector=given.collector,
            duration_seconds=given.duration,
            every_seconds=given.every,
            readings=given.readings,
        )
    )


class _whole:  # noqa: N801 - argparse names it in its messages
    def __init__(self, low: int, high: int) -> None:
        self._low = low
        self._high = high

    def __call__(self, text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = self._low - 1
        if not self._low <= number <= self._high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {self._low} to {self._high}")
        return number


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        known = parts.scheme == "http" and parts.hostname is not None and (parts.port or 80) > 0
    except ValueError:
        known = False
    if not known:
        raise argparse.ArgumentTypeError(f"{text!r} is not http://ADDRESS:PORT")
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time in seconds above 0")
    return seconds


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = 0.0
    if not 0 < days <= 366:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days above 0 and up to 366")
    return days


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share from 0 to below 1")
    return share


if __name__ == "__main__":
    sys.exit(main())
