"""Panels of the kinds that pages are made of, each with title, description and a word for no data; no queries."""

from collections.abc import Sequence
from typing import TypeVar

from grafana_foundation_sdk.builders import bargauge, common, geomap, prometheus, stat, statushistory, table, timeseries
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as model

from dashboards import look, queries

Query = prometheus.Dataquery
_Panel = TypeVar("_Panel", stat.Panel, table.Panel, statushistory.Panel, timeseries.Panel, geomap.Panel, bargauge.Panel)
SITE_LINK = "/d/phusong-site?var-site=${__data.fields.site}&${datasource:queryparam}&${__url_time_range}"
HUB_LINK = "/d/phusong-hub?var-hub=${__data.fields.hub}&${datasource:queryparam}&${__url_time_range}"


def number(title: str, tells: str, query: Query, limits: build.ThresholdsConfig, unit: str = "none") -> stat.Panel:
    """A big number whose background is its judgement."""
    panel = _dress(stat.Panel(), title, tells, [query]).span(4).height(4).unit(unit)
    panel = panel.mappings(look.missing()).thresholds(limits).color_scheme(look.by_limits())
    return _big(panel)


def word(title: str, tells: str, query: Query, mappings: list[model.ValueMapping]) -> stat.Panel:
    """A state as glyph, word and colour."""
    panel = _dress(stat.Panel(), title, tells, [query]).span(6).height(4)
    return _big(panel.mappings(mappings).thresholds(look.limits()).color_scheme(look.by_limits()))


def _big(panel: stat.Panel) -> stat.Panel:
    # 'last', not 'lastNotNull': the last value that there was is not the present. 'background' alone is a gradient that
    # shifts the hue; solid keeps it.
    reduce = common.ReduceDataOptions().calcs(["last"]).values(values=False).fields("")
    panel = panel.color_mode(kinds.BigValueColorMode.BACKGROUND_SOLID).graph_mode(kinds.BigValueGraphMode.NONE)
    return panel.reduce_options(reduce).text_mode(kinds.BigValueTextMode.AUTO)


def history(title: str, tells: str, query: Query, mappings: list[model.ValueMapping]) -> statushistory.Panel:
    """States over time; a time without a value stays empty instead of being painted on."""
    panel = _dress(statushistory.Panel(), title, tells, [query]).span(24).height(8)
    panel = panel.mappings(mappings).thresholds(look.limits()).color_scheme(look.by_limits())
    return panel.max_data_points(120).show_value(kinds.VisibilityMode.NEVER).row_height(0.9).line_width(1)


def curves(title: str, tells: str, source: Sequence[Query], unit: str) -> timeseries.Panel:
    """Curves with gaps where nothing was measured."""
    panel = _dress(timeseries.Panel(), title, tells, source).span(12).height(8).unit(unit)
    panel = panel.mappings(look.missing()).thresholds(look.plain()).color_scheme(look.by_series())
    tooltip = common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI).sort(kinds.SortOrder.DESCENDING)
    return panel.span_nulls(span_nulls=False).fill_opacity(0).line_width(2).tooltip(tooltip)


def bars(title: str, tells: str, query: Query, limits: build.ThresholdsConfig, unit: str) -> bargauge.Panel:
    """The present as bars, one a series."""
    panel = _dress(bargauge.Panel(), title, tells, [query]).span(12).height(8).unit(unit)
    panel = panel.mappings(look.missing()).thresholds(limits).color_scheme(look.by_limits())
    reduce = common.ReduceDataOptions().calcs(["last"]).values(values=False).fields("")
    return panel.orientation(kinds.VizOrientation.HORIZONTAL).reduce_options(reduce)


def listing(title: str, tells: str, source: Sequence[Query], columns: dict[str, str]) -> table.Panel:
    """A table of merged queries with these columns in this order, under these heads; other columns are dropped.

    The labels 'site' and 'hub' keep their names, for the links.
    """
    panel = _dress(table.Panel(), title, tells, source).span(24).height(10).filterable(filterable=True)
    panel = panel.mappings(look.missing()).thresholds(look.plain()).color_scheme(look.by_limits())
    panel = panel.with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
    keep = {"names": list(columns)}
    panel = panel.with_transformation(
        model.DataTransformerConfig(id_val="filterFieldsByName", options={"include": keep})
    )
    order = {"indexByName": {name: place for place, name in enumerate(columns)}, "renameByName": columns}
    panel = panel.with_transformation(model.DataTransformerConfig(id_val="organize", options=order))
    for name, link in (("site", SITE_LINK), ("hub", HUB_LINK)):
        if name in columns:
            target = model.DashboardLink(title=f"Mở · Open {name}", type_val=None, url=link)
            panel = panel.override_by_name(columns[name], [_property("links", [target])])
    return panel


def coloured(panel: table.Panel, column: str, mappings: list[model.ValueMapping]) -> table.Panel:
    """The whole row in the colour of this column's state."""
    cell = {"type": "color-background", "applyToRow": True, "mode": "basic"}
    return panel.override_by_name(column, [_property("mappings", mappings), _property("custom.cellOptions", cell)])


def measured(panel: table.Panel, column: str, unit: str, decimals: int = 0) -> table.Panel:
    """A column of numbers with a unit."""
    return panel.override_by_name(column, [_property("unit", unit), _property("decimals", decimals)])


def sorted_by(panel: table.Panel, column: str, *, falling: bool) -> table.Panel:
    """The order of the rows."""
    return panel.sort_by([common.TableSortByFieldState().display_name(column).desc(desc=falling)])


def province_map(title: str, tells: str, query: Query) -> geomap.Panel:
    """Markers by latitude and longitude in the colour of their state, without anybody's tiles."""
    panel = _dress(geomap.Panel(), title, tells, [query]).span(16).height(20)
    panel = panel.mappings(look.states()).thresholds(look.limits()).color_scheme(look.by_limits())
    numbers = [{"targetField": name, "destinationType": "number"} for name in ("latitude", "longitude")]
    panel = panel.with_transformation(
        model.DataTransformerConfig(id_val="convertFieldType", options={"conversions": numbers, "fields": {}})
    )
    place = common.FrameGeometrySource().mode(kinds.FrameGeometrySourceMode.COORDS)
    place = place.latitude("latitude").longitude("longitude")
    style = {
        "color": {"field": "Value", "fixed": look.UNKNOWN},
        "opacity": 1,
        "size": {"fixed": 8, "min": 2, "max": 15},
        "symbol": {"fixed": "img/icons/marker/circle.svg", "mode": "fixed"},
        "text": {"field": "name", "fixed": "", "mode": "field"},
        "textConfig": {"fontSize": 11, "offsetX": 0, "offsetY": 14, "textAlign": "center", "textBaseline": "top"},
    }
    markers = common.MapLayerOptions().type("markers").name("Điểm · Sites").location(place).tooltip(tooltip=True)
    markers = markers.config({"style": style, "showLegend": True})
    # No request leaves the network: whoever has tiles of his own puts them there.
    ground = common.MapLayerOptions().type("xyz").name("Nền · Ground")
    ground = ground.config({"url": "/public/phusong/{z}/{x}/{y}.png", "attribution": ""})
    view = geomap.MapViewConfig().id("fit").all_layers(all_layers=True).padding(5)
    return panel.basemap(ground).layers([markers]).view(view)


def _property(name: str, value: object) -> model.DynamicConfigValue:
    return model.DynamicConfigValue(id_val=name, value=value)


def _dress(panel: _Panel, title: str, tells: str, source: Sequence[Query]) -> _Panel:
    panel = panel.title(title).description(tells).no_value(look.NO_DATA).datasource(queries.SOURCE)
    for query in source:
        panel = panel.with_target(query)
    return panel
