"""The map: every site with coordinates in the colour of its state, and the hubs that lost most; no outlines."""

from grafana_foundation_sdk.builders import dashboard as build

from dashboards import look, panels, queries
from dashboards.frame import page


def province_map() -> build.Dashboard:
    """Uid ``phusong-map``."""
    places = 'phusong_site_info{latitude!="", longitude!=""}'
    markers = panels.province_map(
        "Bản đồ · Map",
        "Sites by state. No tiles are shipped and none are asked for outside; the collector's own map has outlines.",
        queries.rows(f"phusong_site_status_code * on (site) group_left (name, district, latitude, longitude) {places}"),
    )
    hubs = panels.bars(
        "Tỷ lệ điểm mất kết nối theo nút · Share of sites down by hub",
        "Hubs with the greatest share of sites down; below 80 % single sites, above it the hub itself.",
        queries.now("sort_desc(topk(20, hub:phusong_sites_down:ratio))", "{{hub}}"),
        look.limits((0, look.UP), (0.001, look.DEGRADED), (0.8, look.DOWN)),
        "percentunit",
    )
    return page(
        "phusong-map", "phusong · Bản đồ · Map", "Where it is.", [markers, hubs.span(8).height(20).min(0).max(1)]
    )
