"""What people see on a telephone and on an office screen, measured by a browser: legible, whole, and never old."""

import asyncio
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from agent.onsite.settings import Helpline
from tests.peers.hostile_text import HOSTILE
from tests.peers.local_page import Scene, fetch, serving
from tests.peers.presence import require
from tests.peers.programs import until
from tests.peers.way_out import BEHIND_THE_PROVIDER, ROLES, WayOut, names

pytestmark = pytest.mark.browser
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
LIMIT_MS = 10_000
SIZES = {"telephone": (390, 844), "small telephone": (320, 568), "office": (1366, 768)}
AWAY = {
    "all_well": set(),
    "inside": names(ROLES),
    "provider": {"first_hop", *names(BEHIND_THE_PROVIDER)},
    "beyond": {"core"},
    "names": {"names"},
    "not_known": set(),
    "weak": set(),
}
LINES = (
    Helpline(whose="provider", who="VNPT Hà Giang", telephone="1800 1166", contract="HGG-00898-FTTH"),
    Helpline(whose="province", who="Tổ CNTT, Sở Khoa học và Công nghệ", telephone="0219 3866 000"),
)
MEASURE = """() => {
  const parse = text => text.match(/[0-9.]+/g).map(Number);
  const linear = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r / 255) + .7152 * linear(g / 255) + .0722 * linear(b / 255);
  const ground = element => {
    for (; element; element = element.parentElement) {
      const colour = parse(getComputedStyle(element).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const cover = document.getElementById('cover');
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
    if (!text || cover.contains(element)) continue;
    const style = getComputedStyle(element), [a, b] = [light(parse(style.color)), light(ground(element))];
    found.push({text, size: parseFloat(style.fontSize), contrast: (Math.max(a, b) + .05) / (Math.min(a, b) + .05)});
  }
  return found;
}"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
COVERED = "() => getComputedStyle(document.getElementById('cover')).visibility === 'visible'"
TIME = """ms => {
  const held = document.getElementById('cover').getAnimations()[0];
  held.pause();
  held.currentTime = ms;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = require("chromium", "chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()
    # Playwright leaves its loop set for the thread; the next test wants none.
    asyncio.set_event_loop(None)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Scene, int]]:
    with serving(title="UBND xã Quản Bạ", helpline=LINES) as (scene, port):
        until("the page is served", lambda: fetch(port, "/healthz") == (200, "ok\n"))
        yield scene, port


@pytest.fixture
def scene(served: tuple[Scene, int]) -> Scene:
    return served[0]


@cache
def way_to(verdict: str) -> WayOut:
    """A way out of which this is said."""
    way = WayOut(lossy={"first_hop": 2} if verdict == "weak" else {})
    way.live(400)
    way.away = AWAY[verdict]
    way.collector = "away" if verdict in {"inside", "provider"} else "takes"
    if verdict == "not_known":
        way.now_s += 7200
    else:
        way.live(400)
    return way


def set_up(scene: Scene, verdict: str) -> None:
    scene.way = way_to(verdict)


@pytest.fixture
def page(browser: Browser, served: tuple[Scene, int], request: pytest.FixtureRequest) -> Iterator[Page]:
    size, scheme = getattr(request, "param", ("office", "light"))
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, base_url=f"http://127.0.0.1:{served[1]}"
    )
    opened = context.new_page()
    opened.set_default_timeout(LIMIT_MS)
    yield opened
    context.close()


SCREENS = [("telephone", "dark"), ("small telephone", "light"), ("office", "light")]


@pytest.mark.parametrize("page", SCREENS, indirect=True, ids=" ".join)
def test_everything_is_large_enough_has_contrast_and_fits(page: Page, scene: Scene) -> None:
    for verdict in AWAY:
        set_up(scene, verdict)
        for language in ("vi", "en"):
            page.goto(f"/?lang={language}")
            assert page.locator(f"body.{verdict}").count() == 1, verdict
            texts: list[dict[str, Any]] = page.evaluate(MEASURE)

            assert [one for one in texts if one["size"] < 16] == []
            assert [one for one in texts if one["contrast"] < 4.5] == [], verdict
            (headline,) = [one for one in texts if one["text"] == page.locator("h1").inner_text()]
            assert headline["size"] >= 32
            assert headline["contrast"] >= 6
            assert page.evaluate(WIDER) <= 0, "nothing is wider than the screen"


@pytest.mark.parametrize("verdict", list(AWAY))
def test_an_office_screen_shows_verdict_what_to_do_and_ladder_at_once(page: Page, scene: Scene, verdict: str) -> None:
    set_up(scene, verdict)
    page.goto("/")

    for part in (".verdict", ".help", ".ladder"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= SIZES["office"][1], part


@pytest.mark.parametrize("page", [("telephone", "light")], indirect=True)
def test_a_telephone_shows_the_verdict_and_the_first_thing_to_do_and_calls_the_number(page: Page, scene: Scene) -> None:
    set_up(scene, "provider")
    page.goto("/")
    first = page.locator(".actions li").first.bounding_box()

    assert first is not None
    assert first["y"] + first["height"] <= SIZES["telephone"][1]
    assert page.locator("a.telephone").first.get_attribute("href") == "tel:18001166"
    expect(page.locator(".calls li").first).to_contain_text("HGG-00898-FTTH")


def test_a_page_that_cannot_be_reloaded_covers_itself_after_45_seconds_and_not_before(page: Page, scene: Scene) -> None:
    """By no code of ours: the animation that holds the cover away ends."""
    set_up(scene, "all_well")
    page.goto("/")
    assert (
        page.evaluate("() => document.getElementById('cover').getAnimations()[0].effect.getTiming().duration") == 45_000
    )
    assert not page.evaluate(COVERED)
    page.evaluate(TIME, 44_900)
    assert not page.evaluate(COVERED)
    page.evaluate(TIME, 45_001)
    assert page.evaluate(COVERED)

    box = page.locator("#cover").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 1366, "height": 768}
    expect(page.get_by_role("alert")).to_contain_text("Trang này đã cũ")
    page.get_by_role("link", name="Tải lại").click()
    page.wait_for_function("() => getComputedStyle(document.getElementById('cover')).visibility === 'hidden'")


def hasten(route: Route) -> None:
    """The page as it is, but for the time after which it reloads itself."""
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace('content="15"', 'content="1"'))


def test_it_reloads_itself_without_a_script(browser: Browser, served: tuple[Scene, int]) -> None:
    """A browser that runs none sees the fault that came meanwhile, in the language that was chosen."""
    scene, port = served
    set_up(scene, "all_well")
    context = browser.new_context(java_script_enabled=False)
    context.route("**/*", hasten)
    opened = context.new_page()
    opened.goto(f"http://127.0.0.1:{port}/?lang=en")
    expect(opened.locator("h1")).to_have_text("The network is well")
    set_up(scene, "inside")
    expect(opened.locator("h1")).to_have_text("The fault is here in the office")
    context.close()


def test_hostile_texts_run_nothing_load_nothing_and_hide_nothing(page: Page, scene: Scene) -> None:
    set_up(scene, "provider")
    before, asked = scene.settings, list[str]()
    page.on("request", lambda request: asked.append(request.url))
    for texts in (HOSTILE[first : first + 6] for first in range(0, len(HOSTILE), 6)):
        lines = tuple(Helpline(whose="provider", who=text, telephone=text, contract=text) for text in texts)
        scene.settings = msgspec.structs.replace(before, title=" ".join(texts), helpline=lines)
        page.goto("/")

        assert page.title().startswith("Lỗi ở phía nhà mạng · ")
        assert page.locator(".calls li").count() == len(texts)
        assert page.locator("#cover").count() == 1
    scene.settings = before
    assert {url.split("/", 3)[3] for url in asked} <= {"", "favicon.ico"}


def test_the_policy_holds_though_the_page_were_broken_into(page: Page, scene: Scene) -> None:
    """What the browser itself refuses: a script and a picture that somebody got into the page all the same."""
    set_up(scene, "all_well")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto("/")
    page.evaluate(
        "() => { document.body.insertAdjacentHTML('beforeend', '<img src=\"/x.png\" onerror=\"document.title=1\">');"
        " const s = document.createElement('script'); s.textContent = 'document.title = 2'; document.body.append(s) }"
    )

    assert page.title().startswith("Mạng đang tốt")
    assert any("Content Security Policy" in line for line in said)
