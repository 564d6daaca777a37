"""The wall on screens that nobody hangs up, and by keyboard: all of it can be reached, and none lies over another."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.collector.wall.test_wall_in_a_browser import (  # noqa: F401 - fixtures
    LIMIT_MS,
    LIVE,
    Server,
    browser,
    kept,
    page,
    server,
    show,
)

pytestmark = pytest.mark.browser
TEXTS = """() => [...document.querySelectorAll('body :not(#cover, #cover *, noscript, script)')]
  .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
  .filter(e => parseFloat(getComputedStyle(e).fontSize) > 0)
  .flatMap(e => { const all = document.createRange(); all.selectNodeContents(e);
    return [...all.getClientRects()].filter(box => box.width > 1).map(box => ({
      left: box.left, right: box.right, top: box.top + box.height * .2, bottom: box.bottom - box.height * .2,
      size: parseFloat(getComputedStyle(e).fontSize), what: e.className + ': ' + e.textContent, of: e })) })"""
OUTSIDE = f"""() => ({TEXTS})().filter(box => box.left < 0 || box.right > innerWidth + 1 || box.size < 14)
  .map(box => box.what)"""
OVERLAPPING = f"""() => {{ const all = ({TEXTS})(); return all.flatMap((one, place) => all.slice(place + 1)
  .filter(other => !one.of.contains(other.of) && !other.of.contains(one.of) && one.left < other.right - 1
    && other.left < one.right - 1 && one.top < other.bottom - 1 && other.top < one.bottom - 1)
  .map(other => one.what + ' | ' + other.what)); }}"""
SMALL_TARGETS = """() => [...document.querySelectorAll('.tile, .problems a, .ways a')]
  .map(e => [e, e.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && Math.min(box.width, box.height) < 24).map(([e]) => e.outerHTML.slice(0, 80))"""
FOCUSED = "document.activeElement.getAttribute('href')"
RING = "getComputedStyle(document.activeElement).outlineStyle"


@pytest.fixture(params=[(390, 844), (320, 640), (844, 390)], ids=str)
def hand(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Page]:  # noqa: F811
    """A telephone, upright and across."""
    size = {"width": request.param[0], "height": request.param[1]}
    context = browser.new_context(viewport=size, is_mobile=True, has_touch=True)  # type: ignore[arg-type]
    opened = context.new_page()
    opened.set_default_timeout(LIMIT_MS)
    server.scene(down=75, folds=2, proven=40)
    yield opened
    context.close()


@pytest.mark.parametrize("query", ["", "?lang=en&theme=light"])
def test_a_telephone_shows_all_of_the_wall_in_one_column(hand: Page, server: Server, query: str) -> None:  # noqa: F811
    show(hand, server, query)
    tops = hand.evaluate(
        "['.counts', '.problems', '.districts', '.changes', '.lately']"
        ".map(part => document.querySelector(part).getBoundingClientRect().top)"
    )

    assert hand.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert hand.evaluate(OUTSIDE) == []
    assert hand.evaluate(OVERLAPPING) == []
    assert hand.evaluate(SMALL_TARGETS) == []
    assert tops == sorted(tops), "what is wrong comes before what is well"


def test_a_telephone_scrolls_to_the_end_of_the_wall(hand: Page, server: Server) -> None:  # noqa: F811
    show(hand, server)
    expect(hand.locator("#path")).not_to_be_in_viewport()
    hand.evaluate("scrollTo(0, document.body.scrollHeight)")

    expect(hand.locator("#path")).to_be_in_viewport()


def test_a_wall_shows_no_ring_and_no_ways_until_a_key_asks(page: Page, server: Server) -> None:  # noqa: F811
    show(page, server)
    ways = page.locator(".ways")
    calm = page.screenshot(clip=(top := {"x": 0, "y": 0, "width": 1000, "height": 60}))
    page.mouse.click(300, 400)  # between the tiles
    assert page.screenshot(clip=top) == calm
    assert page.evaluate("document.activeElement === document.body")

    page.keyboard.press("Tab")
    expect(ways.locator("a").first).to_be_focused()
    assert page.evaluate(RING) == "solid"
    assert page.screenshot(clip=top) != calm


def test_keys_lead_past_everything_to_problems_and_tiles_and_on_to_a_site(page: Page, server: Server) -> None:  # noqa: F811
    show(page, server)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "/incidents", "the heading of the problems"
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == page.locator("#problems a").first.get_attribute("href")
    assert page.evaluate(RING) == "solid"
    for _ in range(page.locator("#problems a").count()):
        page.keyboard.press("Tab")
    tiles = [tile.get_attribute("href") for tile in page.locator(".tile").all()]
    assert page.evaluate(FOCUSED) == tiles[0], "all tiles are one stop"

    for key, place in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", -1), ("Home", 0)):
        page.keyboard.press(key)
        assert page.evaluate(FOCUSED) == tiles[place], key
    before = page.evaluate("document.activeElement.getBoundingClientRect().top")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") > before
    page.keyboard.press("ArrowUp")
    assert page.evaluate(FOCUSED) == tiles[0]
    assert page.evaluate(RING) == "solid"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == tiles[1], "where the focus was is where it comes back to"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className").startswith("tile") is False

    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{tiles[1]}")


TORN = """() => { const range = document.createRange();
  const texts = document.createTreeWalker(document.querySelector('table'), NodeFilter.SHOW_TEXT), found = [];
  while (texts.nextNode()) for (const { 0: word, index } of texts.currentNode.data.matchAll(/[\\p{L}\\d]+/gu)) {
    range.setStart(texts.currentNode, index);
    range.setEnd(texts.currentNode, index + word.length);
    if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) found.push(word);
  }
  return found; }"""


def test_without_a_script_the_table_breaks_no_word_in_the_hand(browser: Browser, server: Server) -> None:  # noqa: F811
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    bare = context.new_page()
    bare.goto(f"{server.url}/wall")

    expect(bare.locator("table tbody tr")).to_have_count(193)
    assert bare.evaluate(TORN) == []
    assert bare.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
