"""A report as rows for spreadsheets and JSON: seconds and ratios, nothing rounded away; it writes no file."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo

from collector.availability.account import OWNERS, Account, Interval, Outage, Owner
from collector.availability.report import Line, Report

_SECOND_NS = 1_000_000_000
_BOM = "\ufeff"
"""Without it a spreadsheet takes UTF-8 for something else."""
Figure = str | float | int | bool | None

LINE_COLUMNS = (
    "from",
    "until",
    "site",
    "name",
    "link",
    "provider",
    "kind",
    "contract",
    "agreed_availability_ratio",
    "promise",
    "contracted_availability_least_ratio",
    "contracted_availability_most_ratio",
    "availability_least_ratio",
    "availability_most_ratio",
    "period_seconds",
    "up_seconds",
    "degraded_seconds",
    "down_seconds",
    "down_by_provider_seconds",
    "down_by_others_seconds",
    "down_open_seconds",
    "unknown_seconds",
    "maintenance_seconds",
    "outages",
    "longest_outage_seconds",
)
OUTAGE_COLUMNS = (
    "site",
    "name",
    "link",
    "provider",
    "contract",
    "from",
    "until",
    "seconds",
    "cause",
    "confidence",
    "owner",
    "incident",
)


def line_rows(report: Report, zone: tzinfo) -> Iterator[dict[str, Figure]]:
    """A row a line, by :data:`LINE_COLUMNS`; None where nothing is known."""
    for line in report.lines:
        head = _head(line)
        found: dict[str, Figure] = {
            "from": _moment(report.period.from_ns, zone),
            "until": _moment(report.period.until_ns, zone),
            **head,
            "kind": line.link.kind if line.link is not None else "",
            "agreed_availability_ratio": line.link.agreed_availability_ratio if line.link is not None else None,
            "promise": line.promise.value,
            **_figures(line.account),
        }
        yield {column: found[column] for column in LINE_COLUMNS}


def outage_rows(report: Report, zone: tzinfo) -> Iterator[dict[str, Figure]]:
    """A row an outage, by :data:`OUTAGE_COLUMNS`: the evidence behind the lines."""
    for line in report.lines:
        for outage in line.account.outages if line.account is not None else ():
            found = {**_head(line), **_outage(outage, zone)}
            yield {column: found[column] for column in OUTAGE_COLUMNS}


def csv_text(columns: Iterable[str], rows: Iterable[dict[str, Figure]], separator: str = ",") -> str:
    """Headings and rows; with ``;`` numbers have a decimal comma, as spreadsheets that want it read them."""
    out = io.StringIO()
    write = csv.writer(out, delimiter=separator, lineterminator="\r\n").writerow
    write(list(columns))
    for row in rows:
        write([_cell(value, "," if separator == ";" else ".") for value in row.values()])
    return _BOM + out.getvalue()


def _cell(value: Figure, decimal: str) -> str:
    if value is None:
        return ""
    return f"{value:.9g}".replace(".", decimal) if isinstance(value, float) else str(value)


def _head(line: Line) -> dict[str, Figure]:
    link = line.link
    return {
        "site": line.site.id,
        "name": line.site.name,
        "link": link.name if link is not None else "",
        "provider": line.provider,
        "contract": link.contract if link is not None else "",
    }


def _figures(found: Account | None) -> dict[str, Figure]:
    if found is None:
        return dict.fromkeys(LINE_COLUMNS[10:])
    contracted, whole = found.contracted(), found.availability()
    return {
        **_ends("contracted_availability", contracted),
        **_ends("availability", whole),
        "period_seconds": _seconds(found.period_ns),
        "up_seconds": _seconds(found.up_ns),
        "degraded_seconds": _seconds(found.degraded_ns),
        "down_seconds": _seconds(found.down_ns),
        "down_by_provider_seconds": _seconds(found.down_of(Owner.PROVIDER)),
        "down_by_others_seconds": _seconds(found.down_of(Owner.OTHERS)),
        "down_open_seconds": _seconds(found.down_of(Owner.OPEN)),
        "unknown_seconds": _seconds(found.unknown_ns),
        "maintenance_seconds": _seconds(found.maintenance_ns),
        "outages": len(found.outages),
        "longest_outage_seconds": _seconds(max((one.lasts_ns for one in found.outages), default=0)),
    }


def _outage(outage: Outage, zone: tzinfo) -> dict[str, Figure]:
    return {
        "from": _moment(outage.from_ns, zone),
        "until": _moment(outage.until_ns, zone),
        "seconds": _seconds(outage.lasts_ns),
        "cause": outage.cause.value,
        "confidence": outage.confidence.value if outage.incident is not None else "",
        "owner": OWNERS[outage.cause].value,
        "incident": outage.incident,
    }


def _ends(name: str, share: Interval | None) -> dict[str, Figure]:
    least, most = (None, None) if share is None else (share.least, share.most)
    return {f"{name}_least_ratio": least, f"{name}_most_ratio": most}


def _seconds(nanoseconds: int) -> float:
    return nanoseconds / _SECOND_NS


def _moment(wall_ns: int, zone: tzinfo) -> str:
    """ISO 8601 with the province's offset: spreadsheets and people read it alike."""
    return datetime.fromtimestamp(wall_ns // _SECOND_NS, zone).isoformat(timespec="seconds")
