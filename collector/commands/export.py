"""``export-sites``: the inventory as a spreadsheet's CSV, to be edited and imported again; it changes nothing."""

import sys
from argparse import Namespace
from pathlib import Path

from collector.commands.staging import load_whole_settings
from collector.commands.stock import load_inventory
from collector.inventory.sheet_text import hubs_text, sheet_text
from shared.settings import SettingsError

_INPUT_IS_WRONG = 2


def export_sites(given: Namespace) -> int:
    """Write to a file, or to standard output; 0 done, 1 failed, 2 the input is wrong."""
    config: Path = given.config
    out: Path | None = given.out
    hubs: Path | None = given.hubs
    try:
        inventory = load_inventory(load_whole_settings(config), config)
    except SettingsError as error:
        print("\n".join(error.problems), file=sys.stderr)
        return _INPUT_IS_WRONG
    text = sheet_text(inventory, given.separator)
    try:
        if hubs is not None:
            hubs.write_bytes(hubs_text(inventory, given.separator).encode())
        if out is not None:
            out.write_bytes(text.encode())
            print(f"{out}: {len(inventory.sites)} sites")
        else:
            sys.stdout.buffer.write(text.encode())
            sys.stdout.buffer.flush()
    except OSError as error:
        print(f"phusong-collector: {error.filename or 'output'}: {(error.strerror or '').lower()}", file=sys.stderr)
        return 1
    if inventory.hubs and hubs is None:
        print(f"note: the tree of {len(inventory.hubs)} hubs is not in it: --hubs FILE writes it", file=sys.stderr)
    return 0
