"""The command ``phusong-agent``: reads its arguments and hands over; it does nothing itself."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.commands.byhand import list_probes, run_probe
from agent.commands.join import join, rotate_key
from agent.commands.letters import dead_letters
from agent.commands.options import add_options
from agent.commands.run import check_config, run
from agent.probes import load_probes
from shared.arguments import ArgumentParser
from shared.output import hush
from shared.release import release
from shared.shielding import forbid_dumps

_TEXT = argparse.RawDescriptionHelpFormatter


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry of ``phusong-agent``: 0 done, 1 failed, 2 the input is wrong."""
    forbid_dumps()
    given = _parser().parse_args(arguments)
    try:
        code = _do(given)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 1
    except BrokenPipeError:
        hush()
        return 1
    return code


def _do(given: argparse.Namespace) -> int:  # noqa: PLR0911 - a line a command
    if given.command == "run":
        return run(given.config, given.log_level)
    if given.command == "check-config":
        return check_config(given.config)
    if given.command == "dead-letters":
        return dead_letters(given.config, resend=given.resend)
    if given.command == "probes":
        return list_probes(load_probes())
    if given.command == "join":
        return join(given.code, given.state, given.proxy)
    if given.command == "rotate":
        return rotate_key(given.state, given.proxy)
    return run_probe(given, load_probes()[given.kind])


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="phusong-agent",
        description="Measures links and routers and forwards what it measured.",
        epilog="example:\n  phusong-agent run --config /etc/phusong/agent.yaml",
        formatter_class=_TEXT,
    )
    parser.add_argument("--version", action="version", version=f"phusong-agent {release()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    running = _command(commands, "run", "run until stopped", "run --config /etc/phusong/agent.yaml")
    running.add_argument("--config", type=Path, required=True, metavar="FILE", help="the agent's settings")
    levels = ("DEBUG", "INFO", "WARNING", "ERROR")
    running.add_argument("--log-level", choices=levels, default="INFO", help="how much to log (INFO)")
    checking = _command(commands, "check-config", "check a settings file", "check-config --config agent.yaml")
    checking.add_argument("--config", type=Path, required=True, metavar="FILE", help="the agent's settings")
    example = "dead-letters --resend --config /etc/phusong/agent.yaml"
    buried = _command(
        commands, "dead-letters", "what the collector refused for good; not while the agent runs", example
    )
    buried.add_argument("--config", type=Path, required=True, metavar="FILE", help="the agent's settings")
    buried.add_argument("--resend", action="store_true", help="let them wait again")
    _add_identity(commands)
    _command(commands, "probes", "list the kinds of probes", "probes")
    _add_probe(commands)
    return parser


def _add_identity(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    example = "join --state /var/lib/phusong-agent"
    joining = _command(commands, "join", "enrol this machine with a one-time join code", example)
    joining.add_argument("code", nargs="*", metavar="CODE", help="as it stands on the sheet; asked for where not given")
    example = "rotate --state /var/lib/phusong-agent"
    rotating = _command(commands, "rotate", "give this machine a new key in the place of its present one", example)
    for each in (joining, rotating):
        each.add_argument("--state", type=Path, required=True, metavar="DIR", help="folder of the agent's state")
        through = "http://host:port of an HTTP proxy; with a password: in the environment variable PHUSONG_PROXY"
        each.add_argument("--proxy", metavar="URL", help=through)


def _add_probe(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    probing = _command(commands, "probe", "run one probe by hand", "probe icmp 192.0.2.1 --count 5 --json")
    kinds = probing.add_subparsers(dest="kind", required=True, metavar="KIND")
    for kind, probe in load_probes().items():
        example = f"example:\n  phusong-agent probe {kind} {probe.example or 'TARGET'}"
        each = kinds.add_parser(
            kind, help=probe.summary, description=probe.summary, epilog=example, formatter_class=_TEXT
        )
        each.add_argument("target", metavar="TARGET", help="address or name of what to measure")
        each.add_argument("--json", action="store_true", help="print one JSON object")
        add_options(each, probe)


def _command(
    commands: "argparse._SubParsersAction[ArgumentParser]", name: str, text: str, example: str
) -> ArgumentParser:
    epilog = f"example:\n  phusong-agent {example}"
    return commands.add_parser(name, help=text, description=text, epilog=epilog, formatter_class=_TEXT)


if __name__ == "__main__":
    sys.exit(main())
