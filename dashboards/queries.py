"""Queries as Grafana sends them, and PromQL that several pages share; rules and alerts stand elsewhere."""

from grafana_foundation_sdk.builders import prometheus as build
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import prometheus as kinds

SOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
SITES = 'phusong_site_info{hub=~"$hub"}'
IN_HUB = '{hub=~"$hub"}'
PRESENT = 'job!="phusong-forward"'
"""What was scraped: the forwarded history has the same names and its own times."""
_FRESH = "time() - max(phusong_collector_last_evaluation_timestamp_seconds) < 120"


def now(expr: str, legend: str = "", ref: str = "A") -> build.Dataquery:
    """The present value: a stat over a range would paint the last one that there was."""
    query = build.Dataquery().expr(expr).instant().ref_id(ref).datasource(SOURCE)
    return query.legend_format(legend) if legend else query


def rows(expr: str, ref: str = "A") -> build.Dataquery:
    """The present as a table, a row a series."""
    return now(expr, ref=ref).format(kinds.PromQueryFormat.TABLE)


def curve(expr: str, legend: str, ref: str = "A", interval: str = "") -> build.Dataquery:
    """Values over the time that is looked at; ``interval`` is the least step, such as ``1m``."""
    query = build.Dataquery().expr(expr).range().ref_id(ref).legend_format(legend).datasource(SOURCE)
    return query.interval(interval) if interval else query


def judged(expr: str) -> str:
    """The expression while the collector decides; nothing when its last evaluation is older than two minutes."""
    return f"({expr}) and on () ({_FRESH})"


def in_state(code: int, where: str = "") -> str:
    """How many sites are in a state: 0 where there are sites and none is, nothing where there are no sites."""
    series = f"phusong_site_status_code{where}"
    return judged(f"count({series} == {code}) or 0 * count({series})")


def with_names(expr: str) -> str:
    """The series of sites with the names of the inventory."""
    return f"({expr}) * on (site) group_left (name, district) phusong_site_info"


def worst_of_hub() -> str:
    """One code a hub, by what matters most: down, unknown, degraded, up, maintenance; not the greatest number."""
    return " or ".join(f'max by (hub) (phusong_site_status_code{{hub=~"$hub"}} == {code})' for code in (2, 3, 1, 0, 4))


URGENCY = " + ".join(
    f"{weight} * (phusong_site_status_code == bool {code})" for code, weight in ((2, 5), (3, 4), (1, 3), (0, 2), (4, 1))
)
"""By what matters most: down 5, unknown 4, degraded 3, up 2, maintenance 1; the codes themselves do not order so."""
AGREED = "max by (site) (phusong_link_agreed_availability_ratio)"
"""The strictest agreement of a site's links, where the inventory has one."""


def availability(window: str, where: str = "") -> str:
    """Share of the known, unplanned time in which a site was up, from recorded sums."""
    up, known = f"site:phusong_up:sum5m{where}[{window}]", f"site:phusong_known:count5m{where}[{window}]"
    return f"sum_over_time({up}) / sum_over_time({known})"


def known(window: str) -> str:
    """Share of the time that Prometheus ran in which a site's state was known and nothing planned; 0 for no time."""
    ran = f"scalar(sum_over_time(province:phusong_evaluation:count5m[{window}]))"
    return f"sum_over_time(site:phusong_known:count5m[{window}]) / {ran} or on (site) 0 * phusong_site_status_code"
