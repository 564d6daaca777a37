"""The inventory as the text of a spreadsheet, which reads back without a change; it writes no file."""

import csv
import io

from collector.inventory.sheet_rows import cells, columns_for
from collector.inventory.site import Inventory

BOM = "\ufeff"
"""Without it a spreadsheet takes UTF-8 for something else."""


def sheet_text(inventory: Inventory, separator: str = ",") -> str:
    """Headings and a row a site; with ``;`` numbers have a decimal comma, as spreadsheets that want it read them."""
    columns = columns_for(inventory.sites)
    decimal = "," if separator == ";" else "."
    rows = [[column.heading for column in columns]]
    rows += [cells(site, columns, decimal) for site in inventory.sites]
    return _csv(rows, separator)


def hubs_text(inventory: Inventory, separator: str = ",") -> str:
    """The tree of hubs: a row for each hub of which more is known than its name."""
    return _csv([["hub", "parent"], *([hub.name, hub.parent] for hub in inventory.hubs)], separator)


def _csv(rows: list[list[str]], separator: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return BOM + out.getvalue()
