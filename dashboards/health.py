"""The monitoring itself: collector, stores, Prometheus, Alertmanager and screens; the network is on other pages."""

from grafana_foundation_sdk.builders import dashboard as build

from dashboards import look, panels, queries
from dashboards.frame import Panel, page


def health() -> build.Dashboard:
    """Uid ``phusong-meta``."""
    body = [
        *_numbers(),
        _targets(),
        _evaluations(),
        _ingest(),
        _refused(),
        _forward(),
        _scrapes(),
        _screens(),
        _certificates(),
    ]
    tells = "Who watches the watchmen."
    return page("phusong-meta", "phusong · Hệ thống giám sát · Monitor health", tells, body)


def _numbers() -> list[Panel]:
    backup = "time() - max(phusong_collector_backup_verified_timestamp_seconds)"
    rules = "sum(increase(prometheus_rule_evaluation_failures_total[1h]))"
    told = "sum(increase(alertmanager_notifications_failed_total[1h]))"
    faults = "sum(increase(phusong_collector_evaluation_faults_total[1h]))"
    dropped = "sum(increase(prometheus_notifications_dropped_total[1h]))"
    zero = look.limits((0, look.UP), (0.5, look.DOWN))
    return [
        panels.number(
            "Lỗi luật · Rule failures", "Failed evaluations of rules within the hour.", queries.now(rules), zero
        ),
        panels.number(
            "Lỗi gửi · Failed sendings", "Alertmanager's notifications that failed.", queries.now(told), zero
        ),
        panels.number(
            "Rơi cảnh báo · Alerts dropped", "Alerts that Prometheus could not hand over.", queries.now(dropped), zero
        ),
        panels.number("Lỗi đánh giá · Faults", "The collector's evaluations that failed.", queries.now(faults), zero),
        panels.number(
            "Bản sao lưu · Backup",
            "Age of the newest backup that was read back.",
            queries.now(backup),
            look.limits((-60, look.UP), (90_000, look.DEGRADED), (129_600, look.DOWN)),
            "s",
        ).span(8),
    ]


def _targets() -> Panel:
    return panels.history(
        "Đích thu thập · Scrape targets",
        "Whether Prometheus reaches the collector, itself and Alertmanager.",
        queries.curve("up", "{{job}} {{instance}}", interval="1m"),
        look.words(("0", "✖ KHÔNG · DOWN", look.DOWN), ("1", "✔ CÓ · UP", look.UP)),
    ).height(6)


def _evaluations() -> Panel:
    return panels.curves(
        "Thời gian đánh giá · Evaluation",
        "How long the collector needs to judge all sites.",
        [queries.curve("phusong_collector_evaluation_duration_seconds", "{{instance}}")],
        "s",
    )


def _ingest() -> Panel:
    return panels.curves(
        "Nhận dữ liệu · Ingest",
        "Batches a second by lane, and new readings.",
        [
            queries.curve("sum by (lane) (rate(phusong_collector_ingest_batches_total[$__rate_interval]))", "{{lane}}"),
            queries.curve("sum(rate(phusong_collector_ingest_readings_total[$__rate_interval]))", "readings", "B"),
        ],
        "cps",
    )


def _refused() -> Panel:
    return panels.curves(
        "Từ chối · Refused",
        "Batches refused, connections ended, readings put aside.",
        [
            queries.curve(
                "sum by (reason) (rate(phusong_collector_ingest_rejected_total[$__rate_interval]))", "{{reason}}", "A"
            ),
            queries.curve(
                "sum by (reason) (rate(phusong_collector_connections_refused_total[$__rate_interval]))",
                "connection {{reason}}",
                "B",
            ),
            queries.curve("sum(rate(phusong_collector_readings_foreign_total[$__rate_interval]))", "foreign", "C"),
        ],
        "cps",
    )


def _forward() -> Panel:
    return panels.curves(
        "Chuyển tiếp · Forwarding",
        "Batches that are still to go to each store.",
        [queries.curve("phusong_forward_pending_parcels", "{{destination}}")],
        "none",
    )


def _scrapes() -> Panel:
    return panels.curves(
        "Thu thập · Scrapes",
        "How long Prometheus needs for the collector's page.",
        [queries.curve('scrape_duration_seconds{job="phusong-collector"}', "{{instance}}")],
        "s",
    )


def _screens() -> Panel:
    return panels.bars(
        "Màn hình · Screens",
        "Since each wall screen said last that it has drawn a frame.",
        queries.now("time() - phusong_screen_last_ack_timestamp_seconds", "{{screen}}"),
        look.limits((-60, look.UP), (60, look.DEGRADED), (300, look.DOWN)),
        "s",
    )


def _certificates() -> Panel:
    return panels.bars(
        "Chứng chỉ · Certificates",
        "Time until the certificates that probes saw end.",
        queries.now(
            f"sort(min by (instance) (probe_ssl_earliest_cert_expiry{{{queries.PRESENT}}}) - time())", "{{instance}}"
        ),
        look.limits((-1e10, look.DOWN), (604_800, look.DEGRADED), (1_209_600, look.UP)),
        "s",
    )
