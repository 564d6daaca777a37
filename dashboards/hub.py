"""Hubs and districts: the sites behind each, their history, loss, delay and traffic; no causes."""

from grafana_foundation_sdk.builders import dashboard as build

from dashboards import look, panels, queries
from dashboards.frame import Panel, districts, hubs, page

_SITES = 'phusong_site_info{hub=~"$hub", district=~"$district"}'
_COLUMNS = {
    "name": "Tên · Name",
    "Value #A": "Trạng thái · State",
    "Value #B": "Kéo dài · For",
    "Value #C": "Mất gói · Loss",
    "district": "Huyện · District",
    "Value #D": "Gấp · Urgency",
    "hub": "hub",
    "site": "site",
}


def hub() -> build.Dashboard:
    """Uid ``phusong-hub``."""
    body = [_history(), _loss(), _delay(), _traffic(), _worst(), _sites()]
    tells = "What stands behind a hub or in a district."
    return page("phusong-hub", "phusong · Nút và huyện · Hub", tells, body, variables=[hubs(), districts()])


def _chosen(expr: str) -> str:
    return f"({expr}) and on (site) {_SITES}"


def _history() -> Panel:
    named = f"({_chosen('phusong_site_status_code')}) * on (site) group_left (name) phusong_site_info"
    return panels.history(
        "Lịch sử các điểm · Sites over time",
        "Each site's state; an empty cell is time without any evaluation.",
        queries.curve(named, "{{name}}", interval="1m"),
        look.states(),
    ).height(14)


def _loss() -> Panel:
    return panels.curves(
        "Mất gói · Packet loss",
        "Share of echo requests without a reply over five minutes, the worst look at each site.",
        [queries.curve(_chosen("max by (site) (target:phusong_ping_loss:ratio5m)"), "{{site}}")],
        "percentunit",
    )


def _delay() -> Panel:
    trains = f"phusong_ping_train_rtt_median_seconds{{{queries.PRESENT}}}"
    return panels.curves(
        "Độ trễ · Round-trip time",
        "Median of each train, the longest of each site.",
        [queries.curve(_chosen(f"max by (site) ({trains})"), "{{site}}")],
        "s",
    )


def _traffic() -> Panel:
    return panels.curves(
        "Lưu lượng · Traffic",
        "Received by the busiest interface of each site; windows in which a counter was not continuous are left out.",
        [queries.curve(_chosen("max by (site) (interface:ifHCInOctets:bits_per_second5m)"), "{{site}}")],
        "bps",
    )


def _worst() -> Panel:
    return panels.bars(
        "Điểm mất gói nhiều nhất · Worst loss now",
        "The ten sites that lose most.",
        queries.now(f"sort_desc(topk(10, {_chosen('max by (site) (target:phusong_ping_loss:ratio5m)')}))", "{{site}}"),
        look.limits((0, look.UP), (0.05, look.DEGRADED), (0.5, look.DOWN)),
        "percentunit",
    )


def _sites() -> Panel:
    states = queries.with_names(_chosen("phusong_site_status_code"))
    ages = _chosen("time() - phusong_site_status_since_timestamp_seconds")
    table = panels.listing(
        "Các điểm · Sites",
        "Every site of the choice, whatever its state.",
        [
            queries.rows(states, "A"),
            queries.rows(ages, "B"),
            queries.rows(_chosen("max by (site, hub) (target:phusong_ping_loss:ratio5m)"), "C"),
            queries.rows(_chosen(queries.URGENCY), "D"),
        ],
        _COLUMNS,
    )
    table = panels.coloured(table, "Trạng thái · State", look.states())
    table = panels.measured(table, "Mất gói · Loss", "percentunit", 1)
    return panels.sorted_by(panels.measured(table, "Kéo dài · For", "s"), "Gấp · Urgency", falling=True).height(14)
