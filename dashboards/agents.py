"""The agents: who was heard, with what version, backlog, clock and losses; sites' states are on other pages."""

from grafana_foundation_sdk.builders import dashboard as build

from dashboards import look, panels, queries
from dashboards.frame import Panel, page

_OURS = f"{{{queries.PRESENT}}}"


def agents() -> build.Dashboard:
    """Uid ``phusong-agents``."""
    body = [*_numbers(), _all(), _ages(), _versions(), _backlog(), _clocks(), _bytes()]
    tells = "The programs at the sites. An agent that is silent has no series of its own: its last report remains."
    return page("phusong-agents", "phusong · Máy trạm · Agents", tells, body)


def _numbers() -> list[Panel]:
    silent = "count(agent:phusong_report_age:seconds > 300) or 0 * count(agent:phusong_report_age:seconds)"
    lost = 'sum(phusong_agent_gap_records{kind="hard"})'
    oldest = f"min(phusong_agent_spool_oldest_timestamp_seconds{_OURS})"
    behind = f"time() - {oldest} or 0 * max(phusong_agent_spool_records{_OURS})"
    skewed = f"max(abs(phusong_agent_clock_offset_seconds{_OURS}))"
    return [
        panels.number(
            "Máy trạm · Agents",
            "Agents that were ever heard.",
            queries.now("count(agent:phusong_report_age:seconds)"),
            look.plain(),
        ),
        panels.number("Im lặng · Silent", "Not heard for five minutes.", queries.now(silent), look.none_is_well()),
        panels.number(
            "Tồn lâu nhất · Oldest backlog",
            "Age of the oldest reading that waits on an agent's disk.",
            queries.now(behind),
            look.limits((-60, look.UP), (900, look.DEGRADED), (86_400, look.DOWN)),
            "s",
        ),
        panels.number(
            "Mất hẳn · Records lost",
            "Lost for good, by the agents' own statements.",
            queries.now(lost),
            look.none_is_well(),
        ),
        panels.number(
            "Lệch giờ lớn nhất · Worst clock",
            "Greatest difference of an agent's clock from the collector's.",
            queries.now(skewed),
            look.limits((0, look.UP), (5, look.DEGRADED), (3600, look.DOWN)),
            "s",
        ).span(8),
    ]


def _all() -> Panel:
    columns = {
        "agent": "agent",
        "Value #A": "Báo lần cuối · Heard",
        "Value #B": "Tồn · Backlog",
        "Value #C": "Lệch giờ · Clock",
        "Value #D": "Đầy đủ · Complete",
        "site": "site",
    }
    table = panels.listing(
        "Mọi máy trạm · Every agent",
        "Those not heard for longest first.",
        [
            queries.rows("max by (agent, site) (agent:phusong_report_age:seconds)", "A"),
            queries.rows(f"max by (agent, site) (phusong_agent_spool_records{_OURS})", "B"),
            queries.rows(f"max by (agent, site) (phusong_agent_clock_offset_seconds{_OURS})", "C"),
            queries.rows("min by (agent, site) (phusong_agent_completeness_ratio)", "D"),
        ],
        columns,
    )
    for column, unit, decimals in (
        ("Báo lần cuối · Heard", "s", 0),
        ("Lệch giờ · Clock", "s", 3),
        ("Đầy đủ · Complete", "percentunit", 3),
    ):
        table = panels.measured(table, column, unit, decimals)
    return panels.sorted_by(table, "Báo lần cuối · Heard", falling=True).height(12)


def _ages() -> Panel:
    return panels.curves(
        "Báo lần cuối theo điểm · Silence over time",
        "The ten agents that were silent longest.",
        [queries.curve("topk(10, agent:phusong_report_age:seconds)", "{{agent}}")],
        "s",
    )


def _versions() -> Panel:
    return panels.bars(
        "Phiên bản · Versions",
        "Agents by the release that they run.",
        queries.now(f"count by (version) (phusong_agent_info{_OURS})", "{{version}}"),
        look.plain(),
        "none",
    )


def _backlog() -> Panel:
    return panels.curves(
        "Dữ liệu chờ gửi · Backlog",
        "The ten agents with most records on their disks.",
        [queries.curve(f"topk(10, phusong_agent_spool_records{_OURS})", "{{agent}}")],
        "none",
    )


def _clocks() -> Panel:
    return panels.curves(
        "Lệch giờ · Clocks",
        "The ten clocks that are furthest from the collector's.",
        [queries.curve(f"topk(10, abs(phusong_agent_clock_offset_seconds{_OURS}))", "{{agent}}")],
        "s",
    )


def _bytes() -> Panel:
    return panels.bars(
        "Dung lượng tháng này · Bytes this month",
        "The ten agents that used most of their line this month, both ways.",
        queries.now(f"sort_desc(topk(10, max by (agent) (phusong_agent_uplink_month_bytes{_OURS})))", "{{agent}}"),
        look.plain(),
        "bytes",
    ).span(24)
