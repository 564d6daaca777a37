"""The command ``phusong-collector``: reads its arguments and hands over; it does nothing itself."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from collector.commands.access import accept, invite, revoke
from collector.commands.audit import audit
from collector.commands.authority import make_authority, renew_certificate
from collector.commands.export import export_sites
from collector.commands.inventory import inventory
from collector.commands.maintenance import maintenance
from collector.commands.people import user, wall_token
from collector.commands.report import report
from collector.commands.restore import restore
from collector.commands.run import check_config, run
from collector.commands.stock import import_sites
from shared.arguments import ArgumentParser
from shared.output import end_with_reader
from shared.release import release
from shared.shielding import forbid_dumps

_TEXT = argparse.RawDescriptionHelpFormatter
_ABOUT_SITES = {
    "invite": "print a one-time join code for a machine at a site",
    "revoke": "end the access of a site's machines at once",
    "accept": "vouch for a site's key that is suspected of being copied; 'all' after a restore",
}
_ABOUT_TLS = {
    "make-authority": ("make an authority of your own and the server's certificate", "+"),
    "renew-certificate": ("a new server's certificate by the same authority: pins stay", "*"),
}
_BY_NAME: Mapping[str, Callable[[argparse.Namespace], int]] = MappingProxyType(
    {
        "export-sites": export_sites,
        "inventory": inventory,
        "maintenance": maintenance,
        "report": report,
        "user": user,
        "wall-token": wall_token,
    }
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry of ``phusong-collector``: 0 done, 1 failed, 2 the input is wrong."""
    forbid_dumps()
    given = _parser().parse_args(arguments)
    if arguments is None and given.command != "run":
        end_with_reader()
    try:
        return _do(given)
    except KeyboardInterrupt:
        return 1


def _do(given: argparse.Namespace) -> int:  # noqa: PLR0911 - a line a command
    if given.command == "run":
        return run(given.config, given.log_level)
    if given.command == "check-config":
        return check_config(given.config)
    if given.command == "import-sites":
        return import_sites(given.csv, given.config, given.hubs, sure=given.yes)
    if given.command == "restore":
        return restore(given.backup, given.config)
    if given.command == "make-authority":
        return make_authority(given.host, given.folder, given.days)
    if given.command == "renew-certificate":
        return renew_certificate(given.host, given.folder, given.days, by_next=given.next)
    if given.command in _BY_NAME:
        return _BY_NAME[given.command](given)
    if given.command == "audit":
        return audit(given.config, verify=given.verify, head=given.head, last=given.last)
    return {"invite": invite, "revoke": revoke, "accept": accept}[given.command](given.site, given.config)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="phusong-collector",
        description="Remembers what agents measured, decides and tells.",
        epilog="example:\n  phusong-collector run --config /etc/phusong/collector.yaml",
        formatter_class=_TEXT,
    )
    parser.add_argument("--version", action="version", version=f"phusong-collector {release()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    running = _command(commands, "run", "run until stopped", "run --config /etc/phusong/collector.yaml")
    levels = ("DEBUG", "INFO", "WARNING", "ERROR")
    running.add_argument("--log-level", choices=levels, default="INFO", help="how much to log (INFO)")
    _command(commands, "check-config", "check settings and inventory", "check-config --config collector.yaml")
    _inventory(commands)
    example = "restore backups/inbox-20261123T023000.sqlite --config /etc/phusong/collector.yaml"
    restoring = _command(commands, "restore", "put a night's backup back; what is there is moved aside", example)
    restoring.add_argument("backup", type=Path, metavar="BACKUP", help="copy of the inbox; the others come along")
    _maintenance(commands)
    _report(commands)
    _people(commands)
    for name, text in _ABOUT_SITES.items():
        about = _command(commands, name, text, f"{name} 00898 --config /etc/phusong/collector.yaml")
        about.add_argument("site", metavar="SITE", help="the site's id")
    for name, (text, many) in _ABOUT_TLS.items():
        example = f"example:\n  phusong-collector {name} phusong.hagiang.example --folder /etc/phusong"
        about = commands.add_parser(name, help=text, description=text, epilog=example, formatter_class=_TEXT)
        about.add_argument("host", metavar="HOST", nargs=many, help="the server's names and addresses")
        about.add_argument("--folder", type=Path, required=True, metavar="FOLDER", help="where the files are")
        about.add_argument("--days", type=int, default=3650, metavar="N", help="how long it holds for browsers (3650)")
        if name == "renew-certificate":
            about.add_argument("--next", action="store_true", help="by next-ca.pem, where the first authority is lost")
    return parser


def _inventory(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    example = "import-sites communes.csv --config /etc/phusong/collector.yaml"
    one = _command(commands, "import-sites", "load or update the inventory from a spreadsheet's CSV", example)
    one.add_argument("csv", type=Path, metavar="CSV", help="columns code, name, and more where known")
    one.add_argument("--hubs", type=Path, metavar="CSV", help="the tree of hubs: columns hub and parent")
    one.add_argument("--yes", action="store_true", help="even where more than a fifth of the sites would go")
    example = "export-sites --out communes.csv --config /etc/phusong/collector.yaml"
    one = _command(commands, "export-sites", "the inventory as a spreadsheet's CSV, to be imported again", example)
    one.add_argument("--out", type=Path, metavar="CSV", help="a file; standard output where none is named")
    one.add_argument("--hubs", type=Path, metavar="CSV", help="a file for the tree of hubs")
    one.add_argument("--separator", choices=(",", ";"), default=",", help="';' comes with a decimal comma (,)")
    example = (
        "inventory history --site 00898 --config FILE\n  phusong-collector inventory undo 7 --config FILE\n"
        "  phusong-collector inventory accept --config FILE\n"
        "  phusong-collector inventory reform --dry-run --config FILE"
    )
    about = "its versions: show them, take one back, vouch for a smaller file, move it through a reform"
    one = _command(commands, "inventory", about, example)
    deeds = ("history", "undo", "accept", "reform")
    one.add_argument("deed", choices=deeds, metavar="|".join(deeds), help="what to do")
    one.add_argument("number", nargs="?", type=int, metavar="N", help="undo: the version whose change is taken back")
    one.add_argument("--site", default="", metavar="SITE", help="history: versions that touched this site")
    one.add_argument("--last", type=int, default=50, metavar="N", help="history: so many (50)")
    one.add_argument("--yes", action="store_true", help="undo: even where more than a fifth of the sites would go")
    one.add_argument("--on", metavar="DATE", help="reform: its day; the latest one known where none is given")
    one.add_argument("--units", type=Path, metavar="FOLDER", help="reform: units.csv and succession.csv; those shipped")
    one.add_argument("--place", action="append", default=[], metavar="SITE=CODE", help="reform: where a site is now")
    one.add_argument("--dry-run", action="store_true", help="reform: show what would change, change nothing")
    one.add_argument("--out", type=Path, metavar="CSV", help="reform: a sheet instead of a version")


def _maintenance(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    example = (
        "maintenance add --hub H02 --until '2026-12-02 02:00' --who 'Hà' --why 'thay cáp' --config FILE\n"
        "  phusong-collector maintenance add --site 00898 --days sun --at 01:00 --hours 3 --who H --why W --config F\n"
        "  phusong-collector maintenance list --config FILE\n"
        "  phusong-collector maintenance end 20261201-1 --config FILE"
    )
    one = _command(commands, "maintenance", "maintenance windows: add, list or end them", example)
    one.add_argument("deed", choices=("add", "list", "end"), metavar="add|list|end", help="what to do")
    one.add_argument("id", nargs="?", help="the window's name; made from its date where 'add' is given none")
    one.add_argument(
        "--from", dest="begins", metavar="TIME", help="YYYY-MM-DD HH:MM in the province; now where not given"
    )
    one.add_argument("--until", dest="ends", metavar="TIME", help="needed unless it is weekly")
    one.add_argument("--days", metavar="mon,tue,…", help="weekly: days on which it begins")
    one.add_argument("--at", metavar="HH:MM", help="weekly: when it begins")
    one.add_argument("--hours", type=float, help="weekly: how long it lasts")
    for name in ("site", "hub", "provider", "link"):
        one.add_argument(f"--{name}", action="append", default=[], help="whom it strikes; may be given several times")
    one.add_argument("--who", default="", help="who answers for it")
    one.add_argument("--why", default="", help="what is done")
    one.add_argument("--all", action="store_true", help="list those that are over too")


def _report(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    example = (
        "report --month 2026-11 --provider VNPT --config FILE\n"
        "  phusong-collector report --month 2026-11 --csv lines.csv --outages outages.csv --config FILE"
    )
    one = _command(commands, "report", "how long each line served, and whether its contract was kept", example)
    one.add_argument("--month", default="", metavar="YYYY-MM", help="the present one where none is given")
    one.add_argument("--from", dest="first", default="", metavar="DAY", help="YYYY-MM-DD, with --until")
    one.add_argument("--until", dest="last", default="", metavar="DAY", help="the last day, included")
    one.add_argument("--provider", default="", metavar="NAME", help="lines of this provider only")
    one.add_argument("--site", default="", metavar="SITE", help="lines of this site only")
    one.add_argument("--csv", type=Path, metavar="FILE", help="every line with all figures")
    one.add_argument("--outages", type=Path, metavar="CSV", help="every outage: the evidence behind the figures")
    one.add_argument("--separator", choices=(",", ";"), default=",", help="';' comes with a decimal comma (,)")
    one.add_argument("--json", action="store_true", help="all of it as one JSON object")


def _people(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    example = "user add ha --role operator --config FILE\n  phusong-collector user disable ha --config FILE"
    one = _command(commands, "user", "people who may log in: the password is asked for, or stands in stdin", example)
    deeds = ("add", "list", "role", "password", "disable", "enable")
    one.add_argument("deed", choices=deeds, metavar="|".join(deeds), help="what to do")
    one.add_argument("name", nargs="?", metavar="NAME", help="who")
    one.add_argument("--role", choices=("viewer", "operator", "admin"), help="what they may do")
    example = "wall-token create hall --config FILE\n  phusong-collector wall-token revoke hall --config FILE"
    one = _command(commands, "wall-token", "screens that may show the wall and nothing else", example)
    one.add_argument("deed", choices=("create", "list", "revoke"), metavar="create|list|revoke", help="what to do")
    one.add_argument("name", nargs="?", metavar="NAME", help="the screen")
    one = _command(commands, "audit", "who did what; whether the log was touched", "audit --verify --config FILE")
    one.add_argument("--verify", action="store_true", help="check every row; exit code 1 where one was touched")
    one.add_argument("--head", metavar="N:MARK", help="check also against a head that was kept elsewhere")
    one.add_argument("--last", type=int, default=50, metavar="N", help="rows to show (50)")


def _command(
    commands: "argparse._SubParsersAction[ArgumentParser]", name: str, text: str, example: str
) -> ArgumentParser:
    epilog = f"example:\n  phusong-collector {example}"
    made = commands.add_parser(name, help=text, description=text, epilog=epilog, formatter_class=_TEXT)
    made.add_argument("--config", type=Path, required=True, metavar="FILE", help="the collector's settings")
    return made


if __name__ == "__main__":
    sys.exit(main())
