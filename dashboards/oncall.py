"""For whoever is on duty: what fires, what comes and goes, whether messages arrive; acknowledging is done elsewhere."""

from grafana_foundation_sdk.builders import dashboard as build

from dashboards import look, panels, queries
from dashboards.frame import Panel, page


def oncall() -> build.Dashboard:
    """Uid ``phusong-oncall``."""
    body = [*_numbers(), _firing(), _flapping(), _messages(), _often(), _waiting()]
    tells = "What wants somebody, and whether telling works."
    return page("phusong-oncall", "phusong · Trực ban · On-call", tells, body, span="now-24h")


def _severity(word: str) -> str:
    return (
        f'count(ALERTS{{alertstate="firing", severity="{word}"}})'
        ' or 0 * count(ALERTS{alertname="PhusongWatchdog", alertstate="firing"})'
    )


def _numbers() -> list[Panel]:
    proven = "time() - max(phusong_alert_path_proven_timestamp_seconds)"
    untold = (
        "time() - min(phusong_notifications_oldest_untold_timestamp_seconds) or 0 * max(phusong_notifications_waiting)"
    )
    return [
        panels.number(
            "Khẩn cấp · Critical", "Alerts that wake somebody.", queries.now(_severity("critical")), look.none_is_well()
        ),
        panels.number(
            "Cảnh báo · Warning",
            "Alerts for working hours.",
            queries.now(_severity("warning")),
            look.limits((0, look.UP), (1, look.DEGRADED)),
        ),
        panels.number(
            "Watchdog",
            "1 while Prometheus evaluates its rules: an alert that always fires.",
            queries.now('count(ALERTS{alertname="PhusongWatchdog", alertstate="firing"})'),
            look.limits((0, look.DOWN), (1, look.UP)),
        ),
        panels.number(
            "Tin chưa gửi · Oldest message untold",
            "How long the oldest message waits in the collector.",
            queries.now(untold),
            look.limits((-60, look.UP), (60, look.DEGRADED), (600, look.DOWN)),
            "s",
        ),
        panels.number(
            "Đường báo đã thử · Alert path proven",
            "Since the last trial message came through to a telephone.",
            queries.now(proven),
            look.limits((-60, look.UP), (90_000, look.DEGRADED), (129_600, look.DOWN)),
            "s",
        ).span(8),
    ]


def _firing() -> Panel:
    columns = {
        "severity": "Mức · Severity",
        "alertname": "Cảnh báo · Alert",
        "scope": "Phạm vi · Scope",
        "site": "site",
        "hub": "hub",
        "agent": "agent",
        "alertstate": "Trạng thái · State",
    }
    table = panels.listing(
        "Đang báo · Firing and pending",
        "Alerts of Prometheus, those that Alertmanager silences or inhibits too. What to do: docs/runbooks.",
        [queries.rows('ALERTS{severity!="none"}')],
        columns,
    )
    severities = look.words(
        ("critical", "✖ critical", look.DOWN), ("warning", "▲ warning", look.DEGRADED), ("info", "i info", look.PLAIN)
    )
    return panels.coloured(table, "Mức · Severity", severities)


def _flapping() -> Panel:
    changes = "topk(10, changes((phusong_site_status_code == bool 2)[1h:1m]) > 0)"
    return panels.bars(
        "Chập chờn · Flapping",
        "Changes to or from down within the hour, the ten most; nothing here is good.",
        queries.now(f"sort_desc({changes})", "{{site}}"),
        look.limits((0, look.DEGRADED), (6, look.DOWN)),
        "none",
    )


def _messages() -> Panel:
    return panels.curves(
        "Tin nhắn · Messages",
        "Messages an hour by channel and what became of them.",
        [
            queries.curve(
                "sum by (channel, result) (increase(phusong_notifications_total[1h]))", "{{channel}} {{result}}"
            ),
            queries.curve(
                "sum by (integration) (increase(alertmanager_notifications_total[1h]))",
                "Alertmanager {{integration}}",
                "B",
            ),
        ],
        "none",
    )


def _often() -> Panel:
    # ALERTS is 1 while an alert fires: its samples count time, and time by the hour is what wears people out.
    return panels.bars(
        "Cảnh báo nhiều nhất · Alerts by time fired",
        "Share of the time that is looked at in which each alert fired for somebody.",
        queries.now(
            "sort_desc(topk(10, sum by (alertname)"
            ' (count_over_time(ALERTS{alertstate="firing", severity!="none"}[$__range:1m]))'
            " / scalar(count_over_time(vector(1)[$__range:1m]))))",
            "{{alertname}}",
        ),
        look.plain(),
        "percentunit",
    )


def _waiting() -> Panel:
    return panels.curves(
        "Tin đang chờ · Messages that wait",
        "Stored and not told yet.",
        [queries.curve("phusong_notifications_waiting", "{{channel}}")],
        "none",
    )
