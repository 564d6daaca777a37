"""The shipped dashboards: made of the present sources, known to Grafana's types, never green for want of data."""

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards import look
from dashboards.shipped import FOLDER, files

BOARDS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))
}
PANELS = [pytest.param(panel, id=f"{uid}-{panel['id']}") for uid, board in BOARDS.items() for panel in board["panels"]]
COLOURS = {look.UP, look.DEGRADED, look.DOWN, look.UNKNOWN, look.MAINTENANCE, look.PLAIN}
VARIABLE = re.compile(r"\$\{?([A-Za-z_]+)")
BUILT_IN = {"__rate_interval", "__range", "__interval", "__url_time_range", "__data"}


def values(thing: Any, key: str) -> Iterator[Any]:
    """Everything under this key, however deep."""
    if isinstance(thing, dict):
        for name, value in thing.items():
            if name == key:
                yield value
            yield from values(value, key)
    elif isinstance(thing, list):
        for value in thing:
            yield from values(value, key)


def test_the_json_is_what_the_sources_make() -> None:
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")} == files()


def test_the_eight_pages_are_there() -> None:
    pages = {"wall", "map", "hub", "site", "sla", "oncall", "agents", "meta"}

    assert set(BOARDS) == {f"phusong-{page}" for page in pages}
    assert {board["uid"] for board in BOARDS.values()} == set(BOARDS)


@pytest.mark.parametrize("uid", sorted(BOARDS))
def test_grafanas_types_know_every_key(uid: str) -> None:
    """A key that they do not know is lost on the way through them."""
    register_default_plugins()
    through = json.loads(json.dumps(Dashboard.from_json(BOARDS[uid]), cls=JSONEncoder))

    assert through == BOARDS[uid]


def test_a_wrong_key_would_be_seen() -> None:
    register_default_plugins()
    board = json.loads(json.dumps(BOARDS["phusong-wall"]))
    board["panels"][0]["options"]["colourMode"] = "background_solid"

    assert json.loads(json.dumps(Dashboard.from_json(board), cls=JSONEncoder)) != board


@pytest.mark.parametrize("uid", sorted(BOARDS))
def test_a_page_loads_wherever_it_is_provisioned(uid: str) -> None:
    board = BOARDS[uid]
    sources = [source["uid"] for source in values(board, "datasource")]
    known = {variable["name"] for variable in board["templating"]["list"]} | BUILT_IN
    (link,) = board["links"]

    assert "__inputs" not in board
    assert set(sources) == {"${datasource}"}
    assert set(VARIABLE.findall(json.dumps(board))) <= known
    assert board["templating"]["list"][0]["name"] == "datasource"
    assert board["timezone"] == "Asia/Ho_Chi_Minh", "times are the province's"
    assert (link["keepTime"], link["includeVars"], link["tags"]) == (True, True, board["tags"])


@pytest.mark.parametrize("uid", sorted(BOARDS))
def test_links_of_a_page_lead_to_pages_and_keep_time_and_source(uid: str) -> None:
    links = [url for url in values(BOARDS[uid], "url") if url.startswith("/d/")]

    for url in links:
        assert url.split("/")[2].split("?")[0] in BOARDS
        assert "${__url_time_range}" in url
        assert "${datasource:queryparam}" in url


@pytest.mark.parametrize("uid", sorted(BOARDS))
def test_panels_have_numbers_of_their_own_and_do_not_overlap(uid: str) -> None:
    panels = BOARDS[uid]["panels"]
    cells = [
        (x, y)
        for panel in panels
        for x, y in itertools.product(
            range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"]),
            range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"]),
        )
    ]

    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


@pytest.mark.parametrize("uid", sorted(BOARDS))
def test_every_page_begins_by_saying_whether_it_can_be_believed(uid: str) -> None:
    titles = [panel["title"].split(" · ")[1] for panel in BOARDS[uid]["panels"][:3]]

    assert titles == ["Data age", "Sites known", "Alerts firing"]


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_says_what_it_shows_and_never_shows_missing_data_as_good(panel: dict[str, Any]) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    (missing,) = [one for one in defaults["mappings"] if one["type"] == "special"]

    assert panel["title"]
    assert panel["description"].endswith(".")
    assert defaults["noValue"] == look.NO_DATA
    assert missing["options"]["match"] == "null+nan"
    assert missing["options"]["result"]["color"] == look.UNKNOWN
    lowest = defaults["thresholds"]["steps"][0]
    assert (lowest["value"], lowest["color"]) == (None, look.UNKNOWN)
    assert defaults["color"]["mode"] == ("palette-classic" if panel["type"] == "timeseries" else "thresholds")


@pytest.mark.parametrize("panel", PANELS)
def test_colours_are_those_that_colour_blind_people_tell_apart(panel: dict[str, Any]) -> None:
    text = json.dumps({key: panel.get(key) for key in ("fieldConfig", "options")}, ensure_ascii=False)

    assert set(re.findall(r"#[0-9A-Fa-f]{6}", text)) <= COLOURS
    assert not re.search(r'"[a-z-]*(green|red|yellow|orange)"', text)


@pytest.mark.parametrize("panel", PANELS)
def test_the_present_is_asked_for_at_an_instant(panel: dict[str, Any]) -> None:
    """Over a range the last value that there was is painted for the present one."""
    over_time = panel["type"] in {"timeseries", "status-history"}
    targets = panel["targets"]

    assert len({target["refId"] for target in targets}) == len(targets)
    for target in targets:
        assert target["instant"] is not over_time
        assert target["range"] is over_time
    if panel["type"] == "stat":
        assert panel["options"]["reduceOptions"]["calcs"] == ["last"]
        assert panel["options"]["colorMode"] == "background_solid"
    if panel["type"] == "timeseries":
        assert panel["fieldConfig"]["defaults"]["custom"]["spanNulls"] is False


@pytest.mark.parametrize("panel", PANELS)
def test_a_row_is_coloured_whole_by_its_state(panel: dict[str, Any]) -> None:
    cells = panel["fieldConfig"]["overrides"]
    found = [one["value"] for rule in cells for one in rule["properties"] if one["id"] == "custom.cellOptions"]
    states = {"Trạng thái · State", "Mức · Severity"}
    has_state = panel["type"] == "table" and any(rule["matcher"]["options"] in states for rule in cells)

    assert bool(found) is has_state
    assert all(cell["applyToRow"] and cell["type"] == "color-background" for cell in found)


def test_no_request_leaves_the_network() -> None:
    """Grafana's own ground of a map asks for tiles outside."""
    text = "".join(path.read_text(encoding="utf-8") for path in Path(FOLDER).glob("*.json"))

    assert "http://" not in text
    assert "https://" not in text
    (found,) = [panel for panel in BOARDS["phusong-map"]["panels"] if panel["type"] == "geomap"]
    assert found["options"]["basemap"]["type"] == "xyz"
    assert found["options"]["basemap"]["config"]["url"].startswith("/public/")
