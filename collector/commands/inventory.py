"""``inventory``: what was changed, taking it back, vouching for a smaller file; it edits no site."""

from argparse import Namespace
from datetime import datetime
from zoneinfo import ZoneInfo

from collector.commands.console import console
from collector.commands.reform import reform
from collector.commands.staging import load_whole_settings
from collector.commands.stock import demand_ours, load_inventory, open_book, refusals, told
from collector.inventory.change import RefusedError
from collector.inventory.versions import Deed, Version
from collector.settings import CollectorSettings
from shared.clock import Clock, SystemClock

_SECOND_NS = 1_000_000_000
_NAMED = 8


def inventory(given: Namespace, clock: Clock | None = None) -> int:
    """Do one of the deeds; 0 done, 1 failed, 2 the input is wrong."""
    clock = clock or SystemClock()
    with refusals() as refused:
        settings = load_whole_settings(given.config)
        {"history": _history, "undo": _undo, "accept": _accept, "reform": reform}[given.deed](given, settings, clock)
    return refused.code


def _history(given: Namespace, settings: CollectorSettings, clock: Clock) -> None:
    zone = ZoneInfo(settings.retention.time_zone)
    with open_book(settings, clock) as versions:
        found = versions.history(given.last, given.site)
    for version in reversed(found):
        print(_row(version, zone))
    if not found:
        print(f"nothing is known of site '{given.site}'" if given.site else "there is no version yet")


def _undo(given: Namespace, settings: CollectorSettings, clock: Clock) -> None:
    if given.number is None:
        raise RefusedError(["say which version: 'inventory history' shows them"])
    demand_ours(settings, given.config)
    deed = Deed(at_wall_ns=clock.wall_ns(), who=console(), deed="undo", why=f"version {given.number}")
    with open_book(settings, clock) as versions:
        number, change = versions.undo(given.number, deed, sure=given.yes)
    print(f"version {number}: {change.words}")
    told(settings, given.config, "inventory-undo", str(given.number), change)


def _accept(given: Namespace, settings: CollectorSettings, clock: Clock) -> None:
    after = load_inventory(settings, given.config)
    deed = Deed(at_wall_ns=clock.wall_ns(), who=console(), deed="file", why=str(settings.inventory or ""))
    with open_book(settings, clock) as versions:
        number, change = versions.accept(after, deed, sure=True)
    print(f"version {number}: {len(after.sites)} sites: {change.words}")
    told(settings, given.config, "inventory-accept", str(number), change)


def _row(version: Version, zone: ZoneInfo) -> str:
    at = datetime.fromtimestamp(version.at_wall_ns / _SECOND_NS, zone)
    touched = [
        f"{mark}{_names(names)}"
        for mark, names in (("+", version.added), ("-", version.removed), ("~", version.altered))
        if names
    ]
    words = f"{version.number:>4}  {at:%Y-%m-%d %H:%M}  {version.who or '-'}  {version.deed}  {version.sites} sites"
    return "  ".join([words, *touched, *([version.why] if version.why else [])])


def _names(names: tuple[str, ...]) -> str:
    return ",".join(names) if len(names) <= _NAMED else f"{','.join(names[:3])}… ({len(names)})"
