"""``inventory reform``: an administrative reform as one change of data, shown before it is made; it draws no border."""

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

from collector.commands.console import console
from collector.commands.stock import demand_ours, load_inventory, open_book, told
from collector.inventory.change import RefusedError
from collector.inventory.sheet_text import sheet_text
from collector.inventory.site import Inventory
from collector.inventory.unit_file import read_units
from collector.inventory.units import Units, moved
from collector.inventory.versions import Deed, Versions
from collector.settings import CollectorSettings
from shared.clock import Clock

_ALL = 1_000_000


def reform(given: Namespace, settings: CollectorSettings, clock: Clock) -> None:
    """Show what the reform does; store it as a version, or write it as a sheet. Raises what the inventory refuses."""
    units = read_units(_folder(given.units))
    day = _day(given.on, units)
    chosen = _chosen(given.place)
    before = load_inventory(settings, given.config)
    made = 0
    if settings.inventory is None:
        with open_book(settings, clock) as versions:
            made = _applied(versions, day)
    if made and not chosen:
        back = f"'inventory undo {made}' takes it back"
        raise RefusedError(
            [f"the reform of {day} was made as version {made}: {back}, --place SITE=CODE goes on with it"]
        )
    after, unclear = moved(before, units, day - timedelta(days=1), day, chosen, only=chosen.keys() if made else None)
    _demand_placed(before, chosen, unclear)
    for line in _table(before, after, unclear):
        print(line)
    if given.out is not None:
        given.out.write_bytes(sheet_text(after).encode())
        print(f"{given.out}: {len(after.sites)} sites; nothing was changed yet")
    elif not given.dry_run:
        _store(given, settings, clock, after, day)
    if unclear:
        print("sites to place by hand: --place SITE=CODE, several times", file=sys.stderr)


def _store(given: Namespace, settings: CollectorSettings, clock: Clock, after: Inventory, day: date) -> None:
    demand_ours(settings, given.config)
    deed = Deed(at_wall_ns=clock.wall_ns(), who=console(), deed="reform", why=str(day))
    with open_book(settings, clock) as versions:
        number, change = versions.accept(after, deed)
    print(f"version {number}: {change.words}")
    told(settings, given.config, "inventory-reform", str(day), change)


def _applied(versions: Versions, day: date) -> int:
    """The version that made the reform and was not taken back; 0 where there is none."""
    history = versions.history(_ALL)
    undone = {version.why.removeprefix("version ") for version in history if version.deed == "undo"}
    made = [one for one in history if one.deed == "reform" and one.why == str(day) and str(one.number) not in undone]
    return made[0].number if made else 0


def _table(before: Inventory, after: Inventory, unclear: Mapping[str, str]) -> Iterator[str]:
    old, new = before.by_id(), after.by_id()
    rows = [
        (
            name,
            f"{was.code} {was.name}",
            f"{new[name].code} {new[name].name}",
            was.district or "-",
            new[name].district or "-",
        )
        for name, was in old.items()
        if new[name] != was
    ]
    head = ("site", "was", "becomes", "district", "then")
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows) if rows else ():
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield from (f"{name}: stays as it is: {why}" for name, why in unclear.items())
    yield f"{len(rows)} of {len(old)} sites change, {len(unclear)} must be placed by hand"


def _demand_placed(before: Inventory, chosen: Mapping[str, str], unclear: Mapping[str, str]) -> None:
    wrong = [f"--place: there is no site '{name}'" for name in chosen.keys() - before.by_id().keys()]
    wrong += [f"--place {name}={code}: {unclear[name]}" for name, code in chosen.items() if name in unclear]
    if wrong:
        raise RefusedError(sorted(wrong))


def _chosen(places: list[str]) -> dict[str, str]:
    wrong = [place for place in places if not all(place.partition("="))]
    if wrong:
        raise RefusedError([f"--place {wrong[0]}: write SITE=CODE"])
    return dict(place.split("=", 1) for place in places)


def _day(given: str | None, units: Units) -> date:
    known = ", ".join(map(str, units.reforms)) or "none"
    try:
        day = date.fromisoformat(given) if given else max(units.reforms, default=None)
    except ValueError:
        raise RefusedError([f"--on: '{given}' is no date like 2025-07-01"]) from None
    if day not in units.reforms:
        raise RefusedError([f"--on: there is no reform on {given or 'any day'}: known are {known}"])
    return day


def _folder(given: Path | None) -> Path:
    """Where the units are: as given, in the checkout, or where the wheel put them."""
    if given is not None:
        return given
    checkout = Path(__file__).parents[2] / "config" / "units"
    return checkout if checkout.is_dir() else Path(sys.prefix) / "share" / "phusong" / "units"
