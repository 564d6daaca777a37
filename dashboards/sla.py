"""Agreed availability: what was lost, where, and how much of the time is known at all; whose fault is not here."""

from grafana_foundation_sdk.builders import dashboard as build

from dashboards import look, panels, queries
from dashboards.frame import Panel, districts, page

_AGREED = 0.995
"""Where the inventory has no agreement of its own."""
_SHARE = look.limits((0, look.DOWN), (0.99, look.DEGRADED), (_AGREED, look.UP))


def sla() -> build.Dashboard:
    """Uid ``phusong-sla``."""
    body = [*_numbers(), _worst(), _course(), _sites()]
    tells = (
        f"Availability of the known, unplanned time against {_AGREED:.1%}. "
        "Unknown time is not up: look at the share that is known."
    )
    return page("phusong-sla", "phusong · Cam kết dịch vụ · SLA", tells, body, variables=[districts()], span="now-30d")


def _chosen(expr: str) -> str:
    return f'({expr}) and on (site) phusong_site_info{{district=~"$district"}}'


def _numbers() -> list[Panel]:
    mean = f"avg({_chosen(queries.availability('$__range'))})"
    left = f"1 - (1 - {mean}) / {1 - _AGREED:g}"
    sites = _chosen(queries.availability("$__range"))
    missed = (
        f"count(({sites}) < on (site) ({queries.AGREED} or on (site) {_AGREED} + 0 * ({sites}))) or 0 * count({sites})"
    )
    known = f"avg({_chosen(queries.known('$__range'))})"
    return [
        panels.number("Khả dụng · Availability", "Mean over the sites.", queries.now(mean), _SHARE, "percentunit")
        .span(6)
        .decimals(3),
        panels.number(
            "Hạn mức còn lại · Budget left",
            "Of the time that may be lost. Below 0 % more was lost than agreed.",
            queries.now(left),
            look.limits((-1e9, look.DOWN), (0, look.DEGRADED), (0.25, look.UP)),
            "percentunit",
        )
        .span(6)
        .decimals(1),
        panels.number(
            "Điểm không đạt · Sites that miss it",
            f"Sites below what their contracts agree in this time, or {_AGREED:.1%} where none does.",
            queries.now(missed),
            look.limits((0, look.UP), (1, look.DEGRADED)),
        ).span(6),
        panels.number(
            "Thời gian đo được · Time known",
            "Share of the time that Prometheus ran for which states are known. The rest is in no figure of this page.",
            queries.now(known),
            look.limits((0, look.DOWN), (0.9, look.DEGRADED), (0.99, look.UP)),
            "percentunit",
        )
        .span(6)
        .decimals(1),
    ]


def _worst() -> Panel:
    lowest = queries.with_names(f"bottomk(20, {_chosen(queries.availability('$__range'))})")
    return panels.bars(
        "20 điểm kém nhất · Worst 20 sites",
        "Availability in the time that is looked at.",
        queries.now(f"sort({lowest})", "{{name}}"),
        _SHARE,
        "percentunit",
    ).height(12)


def _course() -> Panel:
    return panels.curves(
        "Tỷ lệ mất kết nối · Share of sites down",
        "Of the sites whose state is known.",
        [queries.curve("province:phusong_unavailability:ratio", "toàn tỉnh · province", interval="5m")],
        "percentunit",
    ).height(12)


def _sites() -> Panel:
    columns = {
        "name": "Tên · Name",
        "district": "Huyện cũ · District",
        "Value #A": "Khả dụng · Availability",
        "Value #B": "Số lần · Outages",
        "Value #C": "Đo được · Known",
        "Value #D": "Cam kết · Agreed",
        "site": "site",
    }
    outages = "sum_over_time(site:phusong_down:starts5m[$__range])"
    table = panels.listing(
        "Từng điểm · Every site",
        "Outages between two evaluations of Prometheus are missed. For print: menu Inspect, Data, CSV.",
        [
            queries.rows(queries.with_names(_chosen(queries.availability("$__range"))), "A"),
            queries.rows(_chosen(outages), "B"),
            queries.rows(_chosen(queries.known("$__range")), "C"),
            queries.rows(_chosen(queries.AGREED), "D"),
        ],
        columns,
    )
    table = panels.measured(table, "Khả dụng · Availability", "percentunit", 3)
    table = panels.measured(table, "Đo được · Known", "percentunit", 1)
    table = panels.measured(table, "Cam kết · Agreed", "percentunit", 2)
    return panels.sorted_by(table, "Khả dụng · Availability", falling=False).height(16)
