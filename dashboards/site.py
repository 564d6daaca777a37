"""One site: its state, its links as measured, its devices and its agent; what was concluded stands elsewhere."""

from grafana_foundation_sdk.builders import dashboard as build

from dashboards import look, panels, queries
from dashboards.frame import Panel, page, source
from dashboards.frame import site as choice

_OF = '{site="$site"}'
_MEASURED = '{site="$site", job=~"$source"}'


def site() -> build.Dashboard:
    """Uid ``phusong-site``."""
    body = [
        *_present(),
        _history(),
        _loss(),
        _delay(),
        _interfaces(),
        _signal(),
        _power(),
        _agent(),
        _facts(),
        _alerts(),
    ]
    tells = "Everything that is measured about one site. Its evidence and incidents: the collector's page of the site."
    return page(
        "phusong-site", "phusong · Một điểm · Site", tells, body, variables=[choice(), source()], span="now-24h"
    )


def _present() -> list[Panel]:
    state = queries.now(queries.judged(f"phusong_site_status_code{_OF}"))
    since = queries.now(queries.judged(f"time() - phusong_site_status_since_timestamp_seconds{_OF}"))
    report = queries.now(f"time() - max(phusong_agent_last_report_timestamp_seconds{_OF})")
    share = look.limits((0, look.DOWN), (0.99, look.DEGRADED), (0.995, look.UP))
    named = (("1d", "24 giờ · 24 h"), ("7d", "7 ngày · 7 days"), ("30d", "30 ngày · 30 days"))
    return [
        panels.word("Trạng thái · State", "What the collector says of the site now.", state, look.states()),
        panels.number("Kéo dài · For", "Since the site entered its state.", since, look.plain(), "s").span(3),
        panels.number(
            "Máy trạm báo · Agent heard",
            "Since the site's own agent was last heard; no data where it has none.",
            report,
            look.limits((-60, look.UP), (60, look.DEGRADED), (300, look.DOWN)),
            "s",
        ).span(3),
        *(
            panels.number(
                f"Khả dụng {name}",
                "Share of the known, unplanned time in which the site was up.",
                queries.now(queries.availability(window, _OF)),
                share,
                "percentunit",
            )
            .span(4)
            .decimals(3)
            for window, name in named
        ),
    ]


def _history() -> Panel:
    return panels.history(
        "Lịch sử · States over time",
        "An empty cell is time without any evaluation.",
        queries.curve(f"phusong_site_status_code{_OF}", "{{site}}", interval="1m"),
        look.states(),
    ).height(4)


def _loss() -> Panel:
    lost = (
        f"1 - sum by (instance, probe) (rate(phusong_ping_replies_total{_MEASURED}[$__rate_interval]))"
        f" / sum by (instance, probe) (rate(phusong_ping_requests_total{_MEASURED}[$__rate_interval]))"
    )
    return panels.curves(
        "Mất gói · Packet loss",
        "By target and by who looked: where the site's own agent and the province's disagree, the line is at fault.",
        [queries.curve(lost, "{{instance}} ← {{probe}}")],
        "percentunit",
    )


def _delay() -> Panel:
    ends = (("min", "A"), ("median", "B"), ("max", "C"))
    return panels.curves(
        "Độ trễ · Round-trip time",
        "Shortest, median and longest of each train.",
        [
            queries.curve(f"phusong_ping_train_rtt_{end}_seconds{_MEASURED}", f"{{{{instance}}}} {end}", ref)
            for end, ref in ends
        ],
        "s",
    )


def _interfaces() -> Panel:
    return panels.curves(
        "Lưu lượng cổng · Interfaces",
        "Received above, sent as its own curve; windows in which a counter was not continuous are left out.",
        [
            queries.curve(f"interface:ifHCInOctets:bits_per_second5m{_OF}", "{{instance}} {{ifName}} ↓", "A"),
            queries.curve(f"interface:ifHCOutOctets:bits_per_second5m{_OF}", "{{instance}} {{ifName}} ↑", "B"),
        ],
        "bps",
    )


def _power() -> Panel:
    return panels.word(
        "Nguồn điện · Power",
        "What feeds the load of the site's UPS (RFC 1628, upsOutputSource).",
        queries.now(f'max(upsOutputSource{{site="$site", {queries.PRESENT}}})'),
        look.words(
            ("2", "✖ KHÔNG CÓ · NONE", look.DOWN),
            ("3", "✔ ĐIỆN LƯỚI · MAINS", look.UP),
            ("4", "▲ BYPASS", look.DEGRADED),
            ("5", "▲ ẮC QUY · BATTERY", look.DEGRADED),
        ),
    ).height(8)


def _signal() -> Panel:
    return panels.curves(
        "Tín hiệu · Optical and LTE power",
        "Power received, where the device tells it. 3 dB less than usual before a loss speaks for the line.",
        [
            queries.curve(f"phusong_optical_rx_dbm{_MEASURED}", "{{instance}} quang · optical", "A"),
            queries.curve(f"phusong_lte_rsrp_dbm{_MEASURED}", "{{instance}} LTE", "B"),
        ],
        "dBm",
    )


def _agent() -> Panel:
    return panels.curves(
        "Máy trạm · Agent's backlog",
        "Readings that wait on the agent's disk.",
        [queries.curve(f"phusong_agent_spool_records{_MEASURED}", "{{agent}}")],
        "none",
    ).span(6)


def _facts() -> Panel:
    columns = {"name": "Tên · Name", "code": "Mã · Code", "kind": "Loại · Kind", "district": "Huyện cũ", "hub": "hub"}
    what = "What the inventory says."
    return (
        panels.listing("Danh mục · Inventory", what, [queries.rows(f"phusong_site_info{_OF}")], columns)
        .span(12)
        .height(8)
    )


def _alerts() -> Panel:
    columns = {"alertname": "Cảnh báo · Alert", "severity": "Mức · Severity", "alertstate": "Trạng thái · State"}
    return panels.listing(
        "Cảnh báo · Alerts", "Alerts about this site now.", [queries.rows('ALERTS{site="$site"}')], columns
    ).height(6)
