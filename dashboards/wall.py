"""The wall in Grafana: counts, hubs, open problems and what changed; the collector's own wall is the better one."""

from grafana_foundation_sdk.builders import dashboard as build

from dashboards import look, panels, queries
from dashboards.frame import Panel, page

_PROBLEMS = {
    "name": "Tên · Name",
    "Value #A": "Trạng thái · State",
    "Value #B": "Kéo dài · For",
    "district": "Huyện · District",
    "hub": "hub",
    "site": "site",
}
_AGE = "time() - phusong_site_status_since_timestamp_seconds"


def wall() -> build.Dashboard:
    """Uid ``phusong-wall``."""
    body = [*_counts(), _problems(), _hubs(), _down_lately(), _changed()]
    return page("phusong-wall", "phusong · Màn hình chung · Wall", "Is anything down, where, since when?", body)


def _counts() -> list[Panel]:
    named = (
        ("Mất kết nối · Down", 2, look.none_is_well(), "Sites that do not answer, while whoever asks is well."),
        ("Không rõ · Unknown", 3, look.limits((0, look.UP), (1, look.UNKNOWN)), "Sites of which nothing is known."),
        ("Suy giảm · Degraded", 1, look.limits((0, look.UP), (1, look.DEGRADED)), "Reachable with loss or delay."),
        ("Hoạt động · Up", 0, look.limits((0, look.DOWN), (1, look.UP)), "Sites whose fresh measurements are good."),
        ("Bảo trì · Maintenance", 4, look.limits((0, look.MAINTENANCE)), "Sites in a maintenance window."),
    )
    counts: list[Panel] = [
        panels.number(title, tells, queries.now(queries.in_state(code)), limits).height(6)
        for title, code, limits, tells in named
    ]
    total = queries.now("max(phusong_inventory_expected_sites)")
    counts.append(panels.number("Tổng số · All sites", "Sites of the inventory.", total, look.plain()).height(6))
    return counts


def _problems() -> Panel:
    faults = queries.with_names(queries.judged("phusong_site_status_code > 0 < 4"))
    ages = f"({_AGE}) and on (site) (phusong_site_status_code > 0 < 4)"
    table = panels.listing(
        "Sự cố đang mở · Open problems",
        "Oldest first. An empty table is good only while the strip above shows fresh data.",
        [queries.rows(faults, "A"), queries.rows(ages, "B")],
        _PROBLEMS,
    )
    table = panels.coloured(table, "Trạng thái · State", look.states())
    table = panels.measured(table, "Kéo dài · For", "s")
    return panels.sorted_by(table, "Kéo dài · For", falling=True).span(14).height(12)


def _hubs() -> Panel:
    return (
        panels.history(
            "Nút · Hubs",
            "The worst of each hub's sites by what matters most: down, unknown, degraded, up, maintenance.",
            queries.curve(queries.worst_of_hub().replace('{hub=~"$hub"}', ""), "{{hub}}", interval="1m"),
            look.states(),
        )
        .span(10)
        .height(12)
    )


def _down_lately() -> Panel:
    return panels.curves(
        "Số điểm theo trạng thái · Sites by state",
        "How many were down, unknown and degraded.",
        [
            queries.curve(
                f"count(phusong_site_status_code == {code}) or 0 * count(phusong_site_status_code)", name, ref
            )
            for code, name, ref in (
                (2, "mất kết nối · down", "A"),
                (3, "không rõ · unknown", "B"),
                (1, "suy giảm · degraded", "C"),
            )
        ],
        "none",
    ).span(14)


def _changed() -> Panel:
    changed = queries.with_names("phusong_site_status_code and on (site) " + f"({_AGE} < 3600)")
    ages = f"{_AGE} < 3600"
    columns = {"name": "Tên · Name", "Value #A": "Trạng thái · State", "Value #B": "Trước · Ago", "site": "site"}
    table = panels.listing(
        "Thay đổi trong một giờ · Changed within the hour",
        "The state that each site entered last, newest first. After a start of the collector all sites stand here.",
        [queries.rows(changed, "A"), queries.rows(ages, "B")],
        columns,
    )
    table = panels.coloured(table, "Trạng thái · State", look.states())
    return panels.sorted_by(panels.measured(table, "Trước · Ago", "s"), "Trước · Ago", falling=False).span(10).height(8)
