"""The map: which outlines it draws, where sites lie on them, and what it tells a screen that looks at it."""

import json
import logging
import re
from pathlib import Path

import msgspec
import pytest

from collector.commands.run import check_config
from collector.inventory.site import Inventory
from collector.pages.atlas import Atlas, read_sheet
from collector.pages.outline import FOLDER, GRAIN, HEIGHT, Feature, outlines, projection, read_outlines, rings
from shared.clock import SystemClock
from shared.logs import Limited
from tests.peers.shown import shown
from tests.peers.story import Story, communes

SQUARE = [[108.0, 15.0], [108.4, 15.0], [108.4, 15.4], [108.0, 15.4], [108.0, 15.0]]
BAD = [
    ("", "no GeoJSON FeatureCollection"),
    ("[]", "no GeoJSON FeatureCollection"),
    ('{"type": "Feature", "geometry": null}', "Invalid value 'Feature' - at `$.type`"),
    ('{"type": "FeatureCollection", "features": []}', "no outline in the file"),
    ('{"type": "FeatureCollection", "x": ' + "[" * 99_999 + "]" * 99_999 + "}", "maximum recursion depth"),
    ('{"type": "FeatureCollection"}', "missing required field `features`"),
    ({"type": "LineString", "coordinates": SQUARE}, "at `$.features[0].geometry.type`"),
    ({"type": "Polygon", "coordinates": [SQUARE[:2]]}, "$.features[0]: a ring has three points or more"),
    ({"type": "Polygon", "coordinates": SQUARE}, "at `$.features[0].geometry.coordinates[0][0]`"),
    ({"type": "Polygon", "coordinates": [[point[::-1] for point in SQUARE]]}, "[longitude, latitude] in degrees"),
    ({"type": "Polygon", "coordinates": [[[580123.5, 1658211.0]] * 4]}, "[longitude, latitude] in degrees"),
    ({"type": "Polygon", "coordinates": [[[108.0]] * 4]}, "[longitude, latitude] in degrees"),
    ({"type": "Polygon", "coordinates": [[*SQUARE] * 5000]}, "25,000 points, and at most 20,000 are drawn"),
]


def placed(*places: tuple[float, float]) -> Inventory:
    """Sites at (longitude, latitude)."""
    sites = communes(len(places)).sites
    return Inventory(
        tuple(
            msgspec.structs.replace(site, longitude=longitude, latitude=latitude)
            for site, (longitude, latitude) in zip(sites, places, strict=True)
        )
    )


def written(folder: Path, content: object) -> Path:
    file = folder / "outlines.geojson"
    if isinstance(content, dict):
        feature = {"type": "Feature", "properties": {"code": 7, "name": "Huyện Tây Giang"}, "geometry": content}
        content = json.dumps({"type": "FeatureCollection", "features": [feature]})
    file.write_text(str(content), encoding="utf-8")
    return file


def drawn(path: str) -> list[tuple[float, float]]:
    """The points of a path, in pixels."""
    found = []
    for ring in path.split("z")[:-1]:
        numbers = [int(number) for number in re.findall(r"-?\d+", ring)]
        x = y = 0
        for step_x, step_y in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + step_x, y + step_y
            found.append((x / GRAIN, y / GRAIN))
    return found


def test_every_shipped_outline_lies_within_the_sheet_and_where_its_file_says() -> None:
    sheet = read_sheet(placed((105.0, 22.8)))
    features = read_outlines(FOLDER / "communes_2025.geojson")
    then = read_outlines(FOLDER / "districts.geojson")
    onto = projection(point for feature in then for ring in rings(feature) for point in ring)

    assert (len(sheet.then), len(sheet.now)) == (11, 73)
    for outline, feature in zip(sheet.now, features, strict=True):
        points = drawn(outline.path)
        assert all(-20 <= y <= HEIGHT + 20 and -20 <= x <= sheet.width + 20 for x, y in points)
        late = [ring[-2] for ring in rings(feature)]
        assert all(onto.point(*place) in points for place in late), "no error adds up from step to step"
    assert all(0 < x < sheet.width and 0 < y < HEIGHT for x, y in sheet.places.values())


def test_another_province_draws_its_own_outlines_and_leaves_out_what_lies_elsewhere(tmp_path: Path) -> None:
    own = written(tmp_path, {"type": "MultiPolygon", "coordinates": [[SQUARE]]})
    sheet = read_sheet(placed((108.2, 15.2), (105.0, 22.8)), own)

    assert [(one.code, one.name) for one in sheet.then] == [("7", "Huyện Tây Giang")]
    assert sheet.now == ()
    assert len(sheet.places) == 1
    ((x, y),) = sheet.places.values()
    assert (x, y) == pytest.approx((sheet.width / 2, HEIGHT / 2), abs=0.2)


def test_a_file_of_another_program_may_have_a_mark_and_features_without_properties(tmp_path: Path) -> None:
    square = json.dumps({"type": "Polygon", "coordinates": [SQUARE]})
    said = ('{"name": null, "code": 7}', '{"name": 12, "other": [1]}', "null")
    features = ",".join(f'{{"type": "Feature", "geometry": {square}, "properties": {one}}}' for one in said)
    own = written(tmp_path, f'\ufeff{{"type": "FeatureCollection", "features": [{features}]}}')

    assert [(one.code, one.name) for one in read_sheet(placed((108.2, 15.2)), own).then] == [
        ("7", ""),
        ("", "12"),
        ("", ""),
    ]


def test_where_no_site_lies_in_the_shipped_outlines_the_map_shows_sites_alone() -> None:
    sheet = read_sheet(placed((108.2, 15.2), (108.3, 15.9), (108.1, 15.4)))

    assert (sheet.then, sheet.now) == ((), ())
    assert len(sheet.places) == 3
    assert all(0 < x < sheet.width and 0 < y < HEIGHT for x, y in sheet.places.values())
    assert read_sheet(placed((108.2, 15.2))).places, "one alone too"
    assert len(read_sheet(communes(3)).then) == 11, "where no site has a place the outlines wait for them"


@pytest.mark.parametrize(("content", "said"), BAD, ids=[said[:30] for _, said in BAD])
def test_outlines_that_cannot_be_drawn_are_one_line_before_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: object, said: str
) -> None:
    own = written(tmp_path, content)
    (tmp_path / "sites.csv").write_text("code,name\n1,Xã A\n", encoding="utf-8")
    config = tmp_path / "collector.yaml"
    config.write_text(
        f"state: {tmp_path / 'state'}\ninventory: {tmp_path / 'sites.csv'}\nwall: {{outlines: {own}}}\n", "utf-8"
    )

    assert check_config(config) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{config}: wall.outlines: {own}: ")
    assert said in line


def test_good_outlines_pass_and_missing_ones_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = written(tmp_path, {"type": "Polygon", "coordinates": [SQUARE]})
    (tmp_path / "sites.csv").write_text("code,name\n1,Xã A\n", encoding="utf-8")
    config = tmp_path / "collector.yaml"
    text = f"state: {tmp_path / 'state'}\ninventory: {tmp_path / 'sites.csv'}\nwall: {{outlines: {own}}}\n"
    config.write_text(text, "utf-8")
    assert check_config(config) == 0
    own.unlink()

    assert check_config(config) == 2
    assert capsys.readouterr().err == f"{config}: wall.outlines: {own}: no such file or directory\n"


async def test_the_map_marks_every_site_by_its_state_and_what_is_wrong_lies_on_top() -> None:
    story = Story(placed(*((105.0, 22.6 + 0.05 * n) for n in range(8))))
    story.live(60)
    story.down.add("s5")
    story.live(120)
    with shown(story) as client:
        page = (await client.get("/wall/map")).text
        now = (await client.get("/wall/map?units=now&lang=en")).text
        marks = json.loads((await client.get("/wall/map/marks")).text)
        story.live(60)  # nothing is published meanwhile
        late = await client.get("/wall/map/marks")

    assert page.count('class="marker up"') == 7
    assert page.count('class="marker down"') == 1
    assert page.rindex('class="marker down"') > page.rindex('class="marker up"')
    assert page.count('class="outline"') == 11
    assert now.count('class="outline"') == 73
    assert marks["states"] == {"down": ["s5"]}
    assert marks["counts"] == {"up": 7, "down": 1, "degraded": 0, "unknown": 0, "maintenance": 0}
    assert (marks["sites"], marks["new"]) == (8, True)
    assert (late.status_code, late.text) == (503, "no evaluation is fresh\n")


def test_paths_have_no_step_to_where_they_are() -> None:
    places = [[1, 2], [1, 2], [2, 3], [2, 3], [1, 3]]
    feature = msgspec.convert({"geometry": {"type": "Polygon", "coordinates": [places]}}, Feature)
    onto = projection(point for ring in rings(feature) for point in ring)

    assert len(drawn(outlines([feature], onto)[0].path)) == 3


async def test_outlines_that_are_spoiled_while_it_runs_are_told_and_taken_again_once_they_are_whole(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = {"type": "Polygon", "coordinates": [SQUARE]}
    own, inventory = written(tmp_path, good), placed((108.2, 15.2))
    atlas = Atlas(inventory, own, read_sheet(inventory), Limited(logging.getLogger("map"), SystemClock()))
    whole = await atlas.drawing()
    assert await atlas.drawing() is whole, "an unchanged file is not read again"
    written(tmp_path, "[" * 7)
    spoiled = await atlas.drawing()
    own.unlink()
    gone = await atlas.drawing()
    written(tmp_path, good)
    again = await atlas.drawing()

    assert [len(one.sheet.then) for one in (whole, spoiled, gone, again)] == [1, 1, 1, 1]
    assert [one.is_spoiled for one in (whole, spoiled, gone, again)] == [False, True, True, False]
    assert len({one.number for one in (whole, spoiled, gone, again)}) == 4, "a map that is open loads itself anew"
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2, "one line for what is spoiled, one for what is whole again"
    assert said[0].startswith(
        f"wall.outlines cannot be drawn, the map keeps those that it has: {own}: this is no GeoJSON"
    )
    assert said[1].startswith("wall.outlines: the file is whole again")


async def test_outlines_that_are_spoiled_at_a_start_are_told_on_the_map_too(tmp_path: Path) -> None:
    own, story = written(tmp_path, "[]"), Story(placed((105.0, 22.8)))
    story.live(3)
    with shown(story, own_outlines=own) as client:
        page = (await client.get("/wall/map")).text
        marks = json.loads((await client.get("/wall/map/marks")).text)
        assert "Không vẽ được tệp ranh giới" in page
        assert page.count('class="outline"') == 11, "those of the house stand in"
        assert f'data-build="{marks["build"]}"' in page
        written(
            tmp_path, {"type": "Polygon", "coordinates": [[[104.9, 22.7], [105.1, 22.7], [105.0, 22.9], [104.9, 22.7]]]}
        )
        assert json.loads((await client.get("/wall/map/marks")).text)["build"] != marks["build"]
        mended = (await client.get("/wall/map")).text

    assert "Không vẽ được" not in mended
    assert mended.count('class="outline"') == 1
