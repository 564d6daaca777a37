"""What every page has: its variables, its links to the others, and the strip that says whether it can be believed."""

import json
from collections.abc import Iterator, Sequence

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import stat
from grafana_foundation_sdk.cog import builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from dashboards import look, panels, queries

TAG = "phusong"
ZONE = "Asia/Ho_Chi_Minh"
"""Times are the province's, whoever looks from wherever; in Grafana each person may still choose another."""
_COLUMNS = 24
Panel = builder.Builder[model.Panel]
Variable = builder.Builder[model.VariableModel]


def page(  # noqa: PLR0913 - what a page is
    uid: str,
    title: str,
    tells: str,
    body: Sequence[Panel],
    *,
    variables: Sequence[Variable] = (),
    span: str = "now-6h",
) -> build.Dashboard:
    """A page whose file is ``json/UID.json``; ``span`` is where its time begins."""
    board = build.Dashboard(title).uid(uid).description(tells).tags([TAG]).readonly().timezone(ZONE)
    board = board.time(span, "now").refresh("30s").tooltip(model.DashboardCursorSync.CROSSHAIR)
    board = board.variables([_datasource(), *variables]).link(_others())
    for panel in (*_strip(), *body):
        board = board.with_panel(panel)
    return board


def written(board: build.Dashboard) -> str:
    """The JSON that is shipped. Panels get numbers: the builder gives none, and links to a panel need them."""
    built = board.build()
    for number, (panel, place) in enumerate(_placed(built.panels or ()), 1):
        panel.id_val = number
        panel.grid_pos = place
    content = json.loads(json.dumps(built, cls=JSONEncoder))
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _placed(
    found: Sequence[model.Panel | model.RowPanel],
) -> Iterator[tuple[model.Panel | model.RowPanel, model.GridPos]]:
    """Panels from left to right in rows of 24; a row is as high as its highest."""
    x = y = highest = 0
    for panel in found:
        size = panel.grid_pos or model.GridPos()
        if x + size.w > _COLUMNS:
            x, y, highest = 0, y + highest, 0
        yield panel, model.GridPos(h=size.h, w=size.w, x=x, y=y)
        x += size.w
        highest = max(highest, size.h)


def hubs() -> Variable:
    """Which hubs are shown."""
    return (
        _choice("hub", "Nút · Hub", "label_values(phusong_site_info, hub)")
        .include_all(include_all=True)
        .all_value(".*")
        .multi(multi=True)
    )


def districts() -> Variable:
    """Which districts are shown."""
    query = "label_values(phusong_site_info, district)"
    return (
        _choice("district", "Huyện cũ · District", query)
        .include_all(include_all=True)
        .all_value(".*")
        .multi(multi=True)
    )


def site() -> Variable:
    """One site: shown by its name, asked for by its id."""
    choice = _choice("site", "Điểm · Site", "query_result(phusong_site_info)")
    return choice.regex('/name="(?<text>[^"]+)|site="(?<value>[^"]+)/g')


def source() -> Variable:
    """The present as it was scraped, or the whole history as it was forwarded."""
    choice = build.CustomVariable("source").label("Nguồn · Source")
    return choice.values("trực tiếp · live : phusong-collector, đầy đủ · complete : phusong-forward")


def _choice(name: str, label: str, query: str) -> build.QueryVariable:
    asked: dict[str, object] = {"query": query, "refId": "Variable", "qryType": 5}
    choice = build.QueryVariable(name).label(label).query(asked).datasource(queries.SOURCE)
    return choice.refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(model.VariableSort.ALPHABETICAL_ASC)


def _datasource() -> Variable:
    return build.DatasourceVariable("datasource").label("Kho dữ liệu · Data source").type("prometheus")


def _others() -> build.DashboardLink:
    link = build.DashboardLink("phusong").type(model.DashboardLinkType.DASHBOARDS).tags([TAG])
    return link.as_dropdown(as_dropdown=True).keep_time(keep_time=True).include_vars(include_vars=True)


def _strip() -> tuple[stat.Panel, ...]:
    age = panels.number(
        "Tuổi dữ liệu · Data age",
        "Seconds since the collector judged last. Above two minutes the states on this page are not shown.",
        queries.now("time() - max(phusong_collector_last_evaluation_timestamp_seconds)"),
        # Two machines' clocks differ: a little less than nothing is fresh.
        look.limits((-60, look.UP), (30, look.DEGRADED), (120, look.DOWN)),
        "s",
    )
    reporting = panels.number(
        "Điểm có dữ liệu · Sites known",
        "Share of the inventory's sites whose state is known. Unknown is not up.",
        queries.now(
            queries.judged(
                "(count(phusong_site_status_code != 3) or 0 * count(phusong_site_status_code))"
                " / scalar(max(phusong_inventory_expected_sites))"
            )
        ),
        look.limits((0, look.DOWN), (0.7, look.DEGRADED), (0.99, look.UP)),
        "percentunit",
    )
    alerts = panels.number(
        "Cảnh báo · Alerts firing",
        "Alerts of Prometheus with severity critical or warning. Nothing here means that Prometheus' rules do not run.",
        queries.now(
            'count(ALERTS{alertstate="firing", severity=~"critical|warning"})'
            ' or 0 * count(ALERTS{alertname="PhusongWatchdog"})'
        ),
        look.limits((0, look.UP), (1, look.DEGRADED)),
    )
    return tuple(panel.span(8).height(3) for panel in (age, reporting, alerts))
