"""At a start: the inventory at hand beside the one that was accepted last; what is missing is told and never hidden."""

import logging
import sqlite3

import msgspec

from collector.commands.stock import last_accepted, open_book
from collector.inventory.change import DrasticError, RefusedError, compare
from collector.inventory.site import Inventory
from collector.inventory.versions import Deed
from collector.settings import CollectorSettings
from shared.clock import Clock
from shared.settings import SettingsError


def admit(settings: CollectorSettings, inventory: Inventory, clock: Clock, log: logging.Logger) -> Inventory:
    """Take a new version of the file into the history; the inventory to run with.

    Where more than a fifth of the sites accepted last are missing, the smaller inventory is used and not accepted:
    those that are missing are still expected until somebody vouches for it.
    """
    deed = Deed(at_wall_ns=clock.wall_ns(), who="", deed="file", why=str(settings.inventory or ""))
    try:
        with open_book(settings, clock) as versions:
            number, change = versions.accept(inventory, deed)
        if not change.nothing:
            log.info("the inventory is version %d: %s", number, change.words)
    except DrasticError as error:
        log.error("%s", shrunk(error))  # noqa: TRY400 - nothing to trace
        return msgspec.structs.replace(inventory, missing=len(error.change.removed))
    except (RefusedError, SettingsError, OSError, sqlite3.Error) as error:
        log.error("the history of the inventory was not written: %s", error)  # noqa: TRY400 - nothing to trace
    return inventory


def shrunk(error: DrasticError) -> str:
    """What is told of an inventory that lost much."""
    gone = ", ".join(error.change.removed[:5])
    return (
        f"the inventory has shrunk: {len(error.change.removed)} of the {error.change.before} sites accepted last are"
        f" missing ({gone}…): mend the file, or 'phusong-collector inventory accept' where that is meant; then reload"
    )


def missing(settings: CollectorSettings, inventory: Inventory) -> str:
    """What :func:`admit` would complain of; empty where it would not."""
    try:
        change = compare(last_accepted(settings), inventory)
    except SettingsError as error:
        return str(error)
    return shrunk(DrasticError(change)) if change.drastic else ""
