"""A map that is looked at: it moves with the province, costs next to nothing, covers itself when it hears nothing."""

import json
from functools import partial

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.collector.wall.test_in_the_hand_in_a_browser import OUTSIDE, OVERLAPPING
from tests.collector.wall.test_wall_in_a_browser import (  # noqa: F401 - fixtures
    COVERED,
    LIMIT_MS,
    UNCOVERED,
    Server,
    browser,
    kept,
    page,
    server,
)

pytestmark = pytest.mark.browser
AGAIN_MS = 10_500
MARKS = "**/wall/map/marks"
SHOWN = """() => ['up', 'degraded', 'down', 'unknown', 'maintenance'].map(state => [state,
  document.querySelectorAll('.marker.' + state).length,
  document.querySelectorAll('[data-layer=' + state + '] a').length,
  Number(document.querySelector('[data-count=' + state + '] b').textContent)])"""
COVER = "document.getElementById('cover').className"
WEIGHT = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .filter(part => !part.name.endsWith('/events')).reduce((sum, part) => sum + part.transferSize, 0)"""
FIRST_LOAD_BYTES = 150_000
"""As sent, heads included: the collector compresses nothing, a proxy may."""
QUIET_MINUTE_BYTES = 10_000


def opened(page: Page, server: Server, query: str = "") -> None:  # noqa: F811
    """A map that has heard once; its clock is the test's."""
    page.clock.install()
    page.goto(f"{server.url}/wall/map{query}", wait_until="load")
    server.scene()  # another evaluation
    with page.expect_response(MARKS):
        page.clock.fast_forward(AGAIN_MS)
    page.wait_for_function(f"() => {COVER} === 'held-b'")


def test_markers_and_counts_change_with_the_province_and_the_page_stays(page: Page, server: Server) -> None:  # noqa: F811
    opened(page, server, "?lang=en")
    before = page.evaluate(SHOWN)
    loaded: list[str] = []
    page.on("framenavigated", lambda frame: loaded.append(frame.url))
    lost = page.locator("[data-layer=down] a").first
    title = lost.locator("title").text_content() or ""
    site = lost.get_attribute("data-site")
    lost.focus()
    server.scene(down=0)
    page.clock.fast_forward(AGAIN_MS)
    expect(page.locator("[data-count=up] b")).to_have_text("193")

    assert [(state, shown) for state, shown, *_ in before] == [
        ("up", 179), ("degraded", 3), ("down", 6), ("unknown", 3), ("maintenance", 2)
    ]  # fmt: skip
    for state, *numbers in page.evaluate(SHOWN):
        assert set(numbers) == {193 if state == "up" else 0}
    again = page.locator(f"[data-layer=up] a[data-site='{site}']")
    expect(again).to_be_focused()
    assert again.locator("title").text_content() == title.replace("Down", "Up")
    server.scene(down=14)
    page.clock.fast_forward(AGAIN_MS)
    expect(page.locator("[data-count=down] b")).to_have_text("6")
    assert page.evaluate(SHOWN) == before
    assert loaded == []


def test_a_quiet_minute_of_a_map_costs_a_few_kilobytes(page: Page, server: Server) -> None:  # noqa: F811
    opened(page, server)
    asked: list[Request] = []
    page.on("requestfinished", lambda request: asked.append(request))  # noqa: PLW0108 - it marks what it is given
    for _ in range(6):
        server.scene()  # another evaluation
        with page.expect_response(MARKS):
            page.clock.fast_forward(AGAIN_MS)
    page.wait_for_timeout(50)
    sizes = [one.sizes() for one in asked]
    spent = sum(sum(size.values()) for size in sizes)  # type: ignore[call-overload]

    assert len(asked) >= 5
    assert {one.url for one in asked} == {f"{server.url}/wall/map/marks"}
    assert spent < QUIET_MINUTE_BYTES, sizes


@pytest.mark.parametrize("path", ["/wall", "/wall/map", "/wall/map?units=now"])
def test_the_first_load_is_light(page: Page, server: Server, path: str) -> None:  # noqa: F811
    server.scene(down=75, folds=2)
    page.goto(f"{server.url}{path}", wait_until="load")

    assert 10_000 < page.evaluate(WEIGHT) < FIRST_LOAD_BYTES


def test_a_map_that_hears_of_no_newer_evaluation_is_not_held_back(page: Page, server: Server) -> None:  # noqa: F811
    """Nonsense, a count that contradicts itself, an older evaluation, a proxy's page: the cover comes in its time."""
    opened(page, server)
    told = page.evaluate("fetch('/wall/map/marks').then(answer => answer.json())")
    wrong = {**told, "evaluated_at": told["evaluated_at"] + 5, "counts": {**told["counts"], "up": 193}}
    for status, body in (
        (200, "no json"),
        (200, "{}"),
        (200, json.dumps(wrong)),
        (200, json.dumps({**told, "evaluated_at": told["evaluated_at"] - 60})),
        (502, json.dumps({**told, "evaluated_at": told["evaluated_at"] + 5})),
    ):
        page.unroute(MARKS)
        page.route(MARKS, partial(Route.fulfill, status=status, body=body))
        with page.expect_response(MARKS):
            page.clock.fast_forward(AGAIN_MS)
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.evaluate(COVER) == "held-b", body
    page.evaluate("document.getElementById('cover').getAnimations()[0].finish()")
    assert page.evaluate(COVERED)

    page.unroute(MARKS)
    page.clock.fast_forward(AGAIN_MS)
    page.wait_for_function(UNCOVERED)


def test_a_map_of_another_run_of_the_collector_is_loaded_anew(page: Page, server: Server) -> None:  # noqa: F811
    opened(page, server)
    server.scene(build="two")
    page.clock.fast_forward(AGAIN_MS)

    page.wait_for_function("() => document.body.dataset.build === 'two'")


def test_a_rotating_map_is_left_at_once_when_a_problem_is_new(page: Page, server: Server) -> None:  # noqa: F811
    server.scene(down=0)
    opened(page, server, "?rotate=120")
    page.clock.fast_forward(30_000)
    assert "/wall/map" in page.url
    server.scene(down=3)
    page.clock.fast_forward(AGAIN_MS)

    page.wait_for_url("**/wall?rotate=120")


STOPS = "[...document.querySelectorAll('a[data-site]')].filter(one => one.tabIndex === 0).length"
AT = """() => { const one = document.activeElement;
  return [one.dataset?.site ?? '', one.closest('[data-layer]')?.dataset.layer ?? '',
    ...['x', 'y'].map(side => Number(one.querySelector('use')?.getAttribute(side)))]; }"""


def test_a_map_is_one_stop_from_which_keys_reach_every_site(page: Page, server: Server) -> None:  # noqa: F811
    opened(page, server, "?lang=en")
    page.keyboard.press("Tab")
    while page.evaluate("!document.activeElement.closest('svg.province')"):
        assert page.evaluate("document.activeElement !== document.body")
        page.keyboard.press("Tab")
    seen = [page.evaluate(AT)]
    for _ in range(192):
        page.keyboard.press("PageDown")
        seen.append(page.evaluate(AT))
    states = ["down", "unknown", "degraded", "maintenance", "up"]

    assert page.evaluate(STOPS) == 1
    assert len({site for site, *_ in seen}) == 193
    assert [state for _, state, *_ in seen] == sorted((state for _, state, *_ in seen), key=states.index)
    for key, side, sign in (("ArrowUp", 3, -1), ("ArrowRight", 2, 1), ("ArrowDown", 3, 1), ("ArrowLeft", 2, -1)):
        before = page.evaluate(AT)
        page.keyboard.press(key)
        assert (page.evaluate(AT)[side] - before[side]) * sign > 0, key
    page.keyboard.press("Home")
    assert page.evaluate(AT) == seen[0]
    server.scene(down=0)
    page.clock.fast_forward(AGAIN_MS)
    expect(page.locator("[data-count=up] b")).to_have_text("193")
    assert page.evaluate(AT)[0] == seen[0][0], "what is well again keeps the focus"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('svg.province')") is None
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(AT)[0] == seen[0][0]
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/sites/{seen[0][0]}?lang=en")


def test_without_javascript_a_map_is_a_list_of_links(browser: Browser, server: Server) -> None:  # noqa: F811
    server.scene()
    context = browser.new_context(java_script_enabled=False)
    bare = context.new_page()
    bare.goto(f"{server.url}/wall/map")
    markers = bare.locator("svg.province a[data-site]")

    assert markers.count() == 193
    assert bare.locator("svg.province a[tabindex]").count() == 0
    markers.first.focus()
    expect(markers.first).to_be_focused()
    context.close()


@pytest.mark.parametrize("size", [(390, 844), (320, 640), (844, 390)], ids=str)
def test_a_telephone_shows_all_of_the_map(browser: Browser, server: Server, size: tuple[int, int]) -> None:  # noqa: F811
    server.scene(down=75)
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, is_mobile=True, has_touch=True)
    opened = context.new_page()
    opened.set_default_timeout(LIMIT_MS)
    opened.goto(f"{server.url}/wall/map?lang=en", wait_until="load")

    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [what for what in opened.evaluate(OUTSIDE) if "unseen" not in what] == []
    assert opened.evaluate(OVERLAPPING) == []
    opened.evaluate("scrollTo(0, document.body.scrollHeight)")
    box = opened.locator(".province").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= size[1] + 1
    context.close()
