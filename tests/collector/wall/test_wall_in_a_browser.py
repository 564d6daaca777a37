"""What a screen shows, seen by a browser: the truth, all of it, or a cover that says there is none."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from collector.wall.edition import edition, module, parts
from tests.peers.presence import require

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[3]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EMPTY = (
    '{"build":"one","sequence":99999999,"evaluated_at":9999999999,"expected_sites":0,"counts":{},"sites":[],'
    '"incidents":[],"transitions":[]}'
)
HOSTILE = ["<img src=x onerror=document.title='owned'>", "\"><script>document.title='owned'</script>"]
COVERED = "() => getComputedStyle(document.getElementById('cover')).opacity === '1'"
UNCOVERED = "() => getComputedStyle(document.getElementById('cover')).opacity === '0'"
LIVE = "() => document.getElementById('cover').className.match(/armed-[ab]/)"
COVERING = "document.getElementById('cover').style.setProperty('opacity', '1', 'important')"
LYING = "setInterval(() => { document.querySelector('[data-count=down] b').textContent = '0' }, 1)"
STRIP = """() => [...['most', 'path'].map(id => document.getElementById(id).textContent),
    document.getElementById('path').className, [...document.querySelectorAll('#bars rect')].map(
    rect => ['x', 'y', 'height', 'class'].map(name => rect.getAttribute(name)).join())]"""
PROBLEMS = """() => [document.getElementById('more').outerHTML,
    document.getElementById('problems').innerHTML.trim().replace(/>\\s+</g, '><')]"""
PARTS = parts("wall")
LIMIT_MS = 10_000


class Server:
    """The wall's pages in a process of their own, which a test can freeze and kill."""

    def __init__(self, port: int = 0) -> None:
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", port))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen([sys.executable, "-m", "tests.peers.wall_app", str(self.port)], cwd=ROOT)
        self.url = f"http://127.0.0.1:{self.port}"

    def scene(self, **change: object) -> None:
        query = urllib.parse.urlencode(change)
        urllib.request.urlopen(f"{self.url}/scene?{query}", timeout=5).close()  # noqa: S310 - our own server

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It does nothing, and keeps its connections."""
        os.kill(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.process.pid, signal.SIGCONT)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = require("chromium", "chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()
    # Playwright leaves its loop set for the thread; the next test wants none.
    asyncio.set_event_loop(None)


@contextmanager
def begun() -> Iterator[Server]:
    """A server that answers."""
    running = Server()
    for _ in range(200):
        try:
            running.scene(down=14)
            break
        except OSError:
            assert running.process.poll() is None
            try:
                running.process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
    yield running
    running.end()


@pytest.fixture(scope="module")
def kept() -> Iterator[Server]:
    with begun() as running:
        yield running


@pytest.fixture
def server(kept: Server) -> Server:
    """One for all tests, each of which finds it as new."""
    kept.scene(anew=1, down=14)
    return kept


@pytest.fixture
def mortal() -> Iterator[Server]:
    """One that the test may end."""
    with begun() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    opened = context.new_page()
    opened.set_default_timeout(LIMIT_MS)
    yield opened
    context.close()


def show(page: Page, server: Server, query: str = "") -> None:
    page.goto(f"{server.url}/wall{query}", wait_until="domcontentloaded")
    page.wait_for_function(LIVE)


def test_tiles_and_counts_are_those_of_the_state(page: Page, server: Server) -> None:
    show(page, server)

    tiles = page.evaluate(
        "Object.fromEntries(['up','degraded','down','unknown','maintenance'].map("
        "s => [s, document.querySelectorAll('.tile.' + s).length]))"
    )
    counts = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('[data-count]')].map("
        "c => [c.dataset.count, Number(c.querySelector('b').textContent)]))"
    )

    assert sum(tiles.values()) == 193
    assert counts == tiles == {"up": 179, "degraded": 3, "down": 6, "unknown": 3, "maintenance": 2}


def test_a_change_is_on_the_screen_with_the_next_evaluation(page: Page, server: Server) -> None:
    show(page, server)
    server.scene(down=0)

    expect(page.locator("[data-count=up] b")).to_have_text("193")
    expect(page.locator("#problems li.good")).to_have_text("Không có sự cố")


TILES = """() => [...document.querySelectorAll('.tile')].map(tile => {
  const { x, y } = tile.getBoundingClientRect(); return [tile.dataset.site, x, y]; })"""


def test_no_tile_moves_whatever_happens(page: Page, server: Server) -> None:
    """People know their province by its places on the wall."""
    server.scene(down=0)
    show(page, server)
    calm = page.evaluate(TILES)
    server.scene(down=193, folds=9)
    expect(page.locator("[data-count=up] b")).to_have_text("0")

    assert len(calm) == 193
    assert page.evaluate(TILES) == calm
    show(page, server, "?theme=light")
    assert page.evaluate(TILES) == calm


CHANGES = """() => [...document.querySelectorAll('#changes li')].map(one => [one.querySelector('time').textContent,
  ...[...one.querySelectorAll('.dot')].map(dot => dot.getAttribute('aria-label')),
  one.querySelector('abbr')?.title ?? one.querySelector('.name').textContent])"""


def test_what_changed_last_is_told_newest_first_and_from_what_to_what(page: Page, server: Server) -> None:
    page.route("**/wall.js", lambda route: route.abort())
    page.goto(f"{server.url}/wall?lang=en", wait_until="domcontentloaded")
    plain = page.evaluate(CHANGES)
    page.unroute("**/wall.js")
    show(page, server, "?lang=en")
    with urllib.request.urlopen(f"{server.url}/api/v1/status", timeout=5) as answer:  # noqa: S310 - our own server
        known = [(one["name"], one["after"].capitalize()) for one in json.load(answer)["transitions"][:7]]

    for drawn in (plain, page.evaluate(CHANGES)):
        assert [(name, after) for _, _, after, name in drawn] == known
        assert {before for _, before, *_ in drawn} == {"Up"}
        minutes = [int(time[:2]) * 60 + int(time[3:]) for time, *_ in drawn]
        assert all((later - earlier) % 1440 < 10 for later, earlier in pairwise(minutes))


def test_a_frozen_collector_covers_the_screen_and_a_thawed_one_clears_it(page: Page, server: Server) -> None:
    show(page, server)
    assert page.evaluate(UNCOVERED)

    with server.frozen():
        page.wait_for_function(COVERED, polling=100)
        expect(page.get_by_role("alert")).to_contain_text("KHÔNG CÓ DỮ LIỆU MỚI")

    page.wait_for_function(UNCOVERED)


def test_a_dead_collector_covers_the_screen(page: Page, mortal: Server) -> None:
    show(page, mortal)
    mortal.end()

    page.wait_for_function(COVERED, polling=100)


def test_a_page_whose_script_never_runs_covers_itself(page: Page, server: Server) -> None:
    page.route("**/wall.js", lambda route: route.abort())
    page.goto(f"{server.url}/wall", wait_until="domcontentloaded")
    assert page.evaluate(UNCOVERED)

    page.wait_for_function(COVERED, polling=100)


def test_a_part_that_cannot_be_had_leaves_the_cover(browser: Browser, server: Server) -> None:
    """One page for each part, all at once: whichever is missing, nothing holds the cover back."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    pages = {address: context.new_page() for address in PARTS}
    for address, opened in pages.items():
        opened.route(f"**{address}", lambda route: route.abort())
        opened.goto(f"{server.url}/wall", wait_until="domcontentloaded")
    for opened in pages.values():
        opened.wait_for_function(COVERED, polling=100, timeout=LIMIT_MS)

    assert len(pages) >= 9
    assert [address for address, opened in pages.items() if opened.evaluate(LIVE)] == []
    context.close()


def test_a_wall_whose_part_could_not_be_had_comes_back_when_it_can_be(page: Page, server: Server) -> None:
    page.clock.install()
    page.route("**/wall/live.js", lambda route: route.abort())
    page.goto(f"{server.url}/wall", wait_until="load")
    page.wait_for_function(COVERED, polling=100)

    page.unroute("**/wall/live.js")
    page.clock.fast_forward(20_000)
    page.wait_for_function(LIVE)


def test_all_modules_of_a_page_are_of_the_release_that_drew_it(page: Page, server: Server) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    show(page, server, "?rotate=10")
    scripts = [url.removeprefix(server.url) for url in asked if url.endswith(".js")]

    assert sorted(scripts) == sorted({module("wall.js"), module("rotate.js"), module("there.js"), *PARTS}), (
        "each once, no other"
    )


def test_a_page_of_another_release_gets_none_of_our_modules(server: Server) -> None:
    """It would run a module that was written for another page, and believe its own frame."""
    other = module("wall/live.js").replace(edition(), "0123456789ab")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{server.url}{other}", timeout=5)  # noqa: S310 - our own server


def test_answers_without_sites_or_sense_and_older_evaluations_cover_the_screen(
    browser: Browser, server: Server
) -> None:
    """An empty list is no province in which all is well, and a connection that is alive proves nothing; a page each."""
    show(first := browser.new_page(), server)
    with urllib.request.urlopen(f"{server.url}/api/v1/status", timeout=5) as answer:  # noqa: S310 - our own server
        repeated = answer.read().decode()
    wrong = json.loads(repeated)
    wrong["counts"]["up"] += 1
    wrong["evaluated_at"] += 1e6
    opened = [first]
    for nonsense in ("no json", "{}", EMPTY, json.dumps(wrong), repeated):
        page = browser.new_page()
        said = partial(Route.fulfill, content_type="text/event-stream", body=f"event: frame\ndata: {nonsense}\n\n")
        page.route("**/events", said)
        page.goto(f"{server.url}/wall", wait_until="domcontentloaded")
        opened.append(page)
    server.scene(repeat=1)
    for page in opened:
        page.wait_for_function(COVERED, polling=100)

    assert [page.evaluate(LIVE) is not None for page in opened] == [True, *[False] * 5]
    for page in opened:
        page.close()


def test_the_browsers_clock_does_not_matter(browser: Browser, server: Server) -> None:
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    context.add_init_script("const real = Date.now; Date.now = () => real() + 3600e3;")
    page = context.new_page()
    show(page, server)

    page.wait_for_function("() => document.getElementById('age').textContent !== '–'")
    assert page.evaluate(UNCOVERED)
    assert int(page.locator("#age").inner_text().split()[0]) < 60
    context.close()


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (3840, 2160), (1024, 768), (1280, 800)], ids=str)
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_nothing_is_cut_off_on_any_screen(page: Page, server: Server, size: tuple[int, int], lang: str) -> None:
    """Sixty problems, every second one with the longest name of the province, and two folds with a second line."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    server.scene(down=75, folds=2)
    server.scene(proven=40)
    show(page, server, f"?lang={lang}")

    spilled = page.evaluate(
        "[...document.querySelectorAll('header *, .count *, .district, .district h2, .problems *,"
        " .changes *, .lately h2, .lately p')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline')"
        ".map(e => e.className + ': ' + e.textContent)"
    )
    outside = page.evaluate(
        "[...document.querySelectorAll('header, .count, .tile, .problems li, .more, .changes li')].filter(e => {"
        " const box = e.getBoundingClientRect();"
        " return box.bottom > innerHeight + 1 || box.right > innerWidth + 1 || box.left < 0 || box.top < 0; })"
        ".map(e => e.className + ': ' + e.textContent)"
    )
    overlap = page.evaluate(
        "document.querySelector('.districts').getBoundingClientRect().bottom >"
        " document.querySelector('.changes').getBoundingClientRect().top + 1"
    )

    tails = page.evaluate(
        "[...document.querySelectorAll('.problems .name, .problems .why')]"
        ".filter(e => e.scrollHeight > e.clientHeight).map(e => e.className + ': ' + e.textContent)"
    )

    assert spilled == []
    assert tails == [], "dots and tails below the line are cut: another word in Vietnamese"
    assert outside == []
    assert overlap is False


SMALL = """() => [...document.querySelectorAll('body :not(#cover, #cover *, noscript, script)')]
  .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && e.getClientRects().length)
  .map(e => [parseFloat(getComputedStyle(e).fontSize) / innerHeight * 100, e.className + ': ' + e.textContent])
  .filter(([size]) => size > 0 && size < 2.9 - 0.05)"""


@pytest.mark.parametrize("size", [(1920, 1080), (3840, 2160)], ids=str)
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_all_letters_are_large_enough_for_five_metres(
    page: Page, server: Server, size: tuple[int, int], lang: str
) -> None:
    """Of 55 inches' height 4.7 hundredths are 16 minutes of arc from 5 m, 2.9 are 10, the least to recognise."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    server.scene(down=75, folds=2, proven=40)
    show(page, server, f"?lang={lang}")
    large = page.evaluate(
        "['.count b', '.problems .name'].map(s => Math.min(...[...document.querySelectorAll(s)]"
        ".map(e => parseFloat(getComputedStyle(e).fontSize) / innerHeight * 100)))"
    )

    assert page.evaluate(SMALL) == []
    assert large[0] >= 10 - 0.05
    assert large[1] >= 4.7 - 0.05, "the longest name of the province too"


def test_a_name_that_is_abbreviated_is_told_whole_to_who_asks(page: Page, server: Server) -> None:
    whole = "Thị trấn Nông trường Việt Lâm"
    server.scene(down=75)
    show(page, server)
    for names in (page.locator("#problems a.name"), page.locator("#changes abbr.name")):
        one = names.filter(has_text="TT. NT. Việt Lâm").first
        assert (one.get_attribute("title") or "").startswith(whole)
    assert page.locator("#problems").get_by_role("link", name=whole).count() > 0
    expect(page.get_by_role("heading", name="Thành phố Hà Giang")).to_have_text("TP. Hà Giang")


def test_states_differ_in_more_than_colour(page: Page, server: Server) -> None:
    show(page, server)
    signs = page.evaluate(
        "['degraded','down','unknown','maintenance'].map(s => document.querySelector('.tile.' + s).textContent)"
    )

    assert len(set(signs)) == len(signs)
    assert "" not in signs


def test_the_page_asks_nobody_but_its_own_collector(page: Page, server: Server) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    show(page, server)

    assert asked
    assert all(url.startswith((server.url, "data:")) for url in asked)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_is_shown_and_not_run(page: Page, server: Server, text: str) -> None:
    server.scene(hostile=text)
    show(page, server)

    expect(page.locator("#problems .name").first).to_have_text(text)
    assert "owned" not in page.title()


def test_a_new_build_reloads_the_page(page: Page, server: Server) -> None:
    show(page, server)
    server.scene(build="two")

    page.wait_for_function("() => document.body.dataset.build === 'two'")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_map_is_light_or_dark_as_its_address_says_whatever_the_browser_likes(
    browser: Browser, server: Server, theme: str, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{server.url}/wall/map?theme={theme}", wait_until="load")
    grounds = {"light": "rgb(255, 255, 255)", "dark": "rgb(11, 15, 20)"}

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == grounds[theme]
    context.close()


def test_without_scripts_the_page_is_a_table_that_renews_itself(browser: Browser, server: Server) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.url}/wall")

    expect(page.locator("table tbody tr")).to_have_count(193)
    expect(page.locator("table tbody tr").first).to_be_in_viewport()
    page.locator("table tbody tr").last.scroll_into_view_if_needed()
    expect(page.locator("table tbody tr").last).to_be_in_viewport()
    expect(page.locator("meta[http-equiv=refresh]")).to_have_count(1)
    told = [row.split("\t")[2].split()[0] for row in page.locator("table tbody tr").all_inner_texts()]
    assert told[:14] == [*["✖"] * 6, *["?"] * 3, *["▲"] * 3, *["⚙"] * 2], "what is wrong is not looked for"
    assert set(told[14:]) == {"●"}
    context.close()


def test_before_the_first_evaluation_the_screen_is_covered(page: Page, server: Server) -> None:
    server.scene(sites=0)
    page.goto(f"{server.url}/wall", wait_until="domcontentloaded")

    assert page.evaluate(COVERED)


CONTRAST = """() => {
  const light = c => c.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const parts = text => text.match(/[\\d.]+/g).map(Number);
  const ground = e => { for (; e; e = e.parentElement) {
    const p = parts(getComputedStyle(e).backgroundColor); if (p.length === 3 || p[3] === 1) return p.slice(0, 3); } };
  return [...document.querySelectorAll('body :not(#cover, #cover *, noscript, script)')]
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && e.getClientRects().length
      && getComputedStyle(e).backgroundImage === 'none' && parseFloat(getComputedStyle(e).fontSize) > 0)
    .map(e => { const [a, b] = [light(parts(getComputedStyle(e).color).slice(0, 3)), light(ground(e))];
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.className + ': ' + e.textContent]; });
}"""


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_all_text_stands_out_from_its_ground(page: Page, server: Server, theme: str) -> None:
    """WCAG 1.4.3: 3 to 1 for large text, and there is no other here."""
    show(page, server, f"?theme={theme}")
    found = page.evaluate(CONTRAST)

    assert len(found) > 50
    assert [what for ratio, what in found if ratio < 3] == []


def test_a_screen_shows_its_name_the_date_and_the_zone(page: Page, server: Server) -> None:
    show(page, server, "?screen=<b>TV")

    expect(page.locator("h1")).to_contain_text("Màn hình <b>TV")
    expect(page.locator("header")).to_contain_text("Asia/Ho_Chi_Minh")


def heard(server: Server) -> dict[str, float]:
    with urllib.request.urlopen(f"{server.url}/heard", timeout=5) as answer:  # noqa: S310 - our own server
        told: dict[str, float] = json.load(answer)
    return told


def test_a_screen_says_what_it_has_drawn(page: Page, server: Server) -> None:
    with page.expect_response("**/api/v1/screens") as said:
        show(page, server, "?screen=left")

    assert said.value.status == 204
    assert list(heard(server)) == ["left"]


@pytest.mark.parametrize("hidden", [COVERING, LYING])
def test_a_screen_that_is_covered_or_shows_something_else_says_nothing(page: Page, server: Server, hidden: str) -> None:
    page.add_init_script(f"addEventListener('DOMContentLoaded', () => {{ {hidden} }})")
    show(page, server, "?screen=left")
    for _ in range(3):
        clock = page.text_content("#clock")
        page.wait_for_function("was => document.getElementById('clock').textContent !== was", arg=clock)

    assert heard(server) == {}


def test_a_screen_without_a_name_says_nothing(page: Page, server: Server) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    show(page, server, "?screen=<b>")
    page.wait_for_function("() => document.getElementById('age').textContent !== ''")

    assert [url for url in asked if url.endswith("/screens")] == []
    assert heard(server) == {}


def test_the_last_day_and_the_alert_path_are_drawn_alike_by_page_and_script(page: Page, server: Server) -> None:
    for hours, look in ((None, "overdue"), (2, "proven"), (30, "overdue")):
        server.scene(**({} if hours is None else {"proven": hours}))
        page.route("**/wall.js", lambda route: route.abort())
        page.goto(f"{server.url}/wall", wait_until="domcontentloaded")
        plain = page.evaluate(STRIP)
        page.unroute("**/wall.js")
        show(page, server)

        assert page.evaluate(STRIP) == plain
        assert plain[0].startswith("tối đa 37, ")
        assert plain[2] == look
        assert len(plain[3]) == 24


def test_a_rotating_screen_goes_on_while_nothing_is_new_and_stays_where_nobody_answers(
    page: Page, server: Server
) -> None:
    server.scene(down=0)
    page.clock.install()
    page.goto(f"{server.url}/wall/rotate?every=10&screen=left", wait_until="load")
    page.clock.fast_forward(11_000)
    page.wait_for_url("**/wall/map?screen=left&rotate=10", timeout=30_000)
    page.clock.fast_forward(11_000)
    page.wait_for_url("**/wall?screen=left&rotate=10", timeout=30_000)

    with server.frozen():
        page.clock.fast_forward(11_000)
        page.wait_for_function(COVERED, polling=100, timeout=30_000)
    assert page.url == f"{server.url}/wall?screen=left&rotate=10"


def test_a_new_problem_brings_the_wall_back_and_holds_it(page: Page, server: Server) -> None:
    server.scene(down=3)
    page.goto(f"{server.url}/wall/map?rotate=120", wait_until="domcontentloaded")
    page.wait_for_url("**/wall?rotate=120", timeout=30_000)
    page.wait_for_function("() => document.querySelector('.problems li.new') !== null")


def test_a_new_problem_that_has_no_room_holds_the_wall_too(page: Page, server: Server) -> None:
    source = (ROOT / "collector" / "wall" / "static" / "rotate.js").read_text()
    held = re.findall(r'querySelector\("(.+)"\) !== null', source)
    show(page, server, "?rotate=10")

    assert page.locator("#problems li.new").count() == 0
    assert len(held) == 1
    assert page.locator(held[0]).count() == 1
    server.scene(down=0)
    expect(page.locator(held[0])).to_have_count(0)


def test_a_map_that_is_not_drawn_anew_covers_itself_without_a_script(browser: Browser, server: Server) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(f"{server.url}/wall/map", wait_until="load")
    cover = opened.locator("#cover")

    assert cover.evaluate(
        "cover => [getComputedStyle(cover).opacity, cover.getAnimations()[0].effect.getTiming().duration]"
    ) == [
        "0",
        20_000,
    ]
    cover.evaluate("cover => cover.getAnimations()[0].finish()")
    assert cover.evaluate("cover => getComputedStyle(cover).opacity") == "1"
    context.close()


@pytest.mark.parametrize(("folds", "shown"), [(0, 9), (3, 8), (6, 7), (9, 6)])
def test_page_and_script_draw_the_same_problems_and_all_lie_in_their_box(
    page: Page, server: Server, folds: int, shown: int
) -> None:
    """Ages of minutes and more, or one of them would have gone on in between."""
    server.scene(down=14, folds=folds)
    page.route("**/wall.js", lambda route: route.abort())
    page.goto(f"{server.url}/wall?lang=en", wait_until="domcontentloaded")
    plain = page.evaluate(PROBLEMS)
    page.unroute("**/wall.js")
    show(page, server, "?lang=en")
    drawn = page.evaluate(PROBLEMS)
    ages = re.compile(r'(?<="since">)\d+')

    assert [ages.sub("", text) for text in drawn] == [ages.sub("", text) for text in plain]
    assert page.locator("#problems li").count() == shown
    ends = "e => e.getBoundingClientRect().bottom"
    last, box = page.locator("#problems li").last.evaluate(ends), page.locator(".problems").evaluate(ends)
    assert last <= box


def test_what_has_no_room_is_counted_by_state_and_new_ones_are_told(page: Page, server: Server) -> None:
    show(page, server, "?lang=en")

    expect(page.locator("#problem-count")).to_have_text("12")
    expect(page.locator("#more")).to_have_text("3 more✖ 2▲ 13 new")
    expect(page.locator("#more .down")).to_have_attribute("aria-label", "Down: 2")


def test_a_problem_leads_to_its_page_and_a_site_without_incident_to_its_own(page: Page, server: Server) -> None:
    server.scene(down=3, folds=1)
    show(page, server, "?lang=en")
    hrefs = page.evaluate("[...document.querySelectorAll('#problems a')].map(a => a.getAttribute('href'))")

    assert hrefs[0] == "/incidents/900?lang=en"
    assert len(hrefs) == 3, "one of the sites is in the incident"
    assert all(href.startswith("/sites/") and href.endswith("?lang=en") for href in hrefs[1:])
    expect(page.locator(".who a")).to_have_attribute("href", "/login?next=%2Fwall%3Flang%3Den&lang=en")


def test_a_link_stays_the_same_while_frames_come_and_the_age_goes_on(page: Page, server: Server) -> None:
    """Else the mouse presses on one link and releases on another, and the keyboard's focus is lost with each frame."""
    server.scene(down=0, folds=1, fold_seconds=1)
    show(page, server)
    page.locator("#problems a").focus()
    age = page.text_content("#problems .since")
    page.wait_for_function("was => document.querySelector('#problems .since').textContent !== was", arg=age)

    assert page.evaluate("document.activeElement === document.querySelector('#problems a')")


def test_an_old_script_is_not_kept_after_an_upgrade(page: Page, server: Server) -> None:
    """What may be kept has an address that a page of another release does not name."""
    for address in ("wall.css", "wall.js"):
        with urllib.request.urlopen(f"{server.url}/static/{address}", timeout=5) as answer:  # noqa: S310 - our own
            assert answer.headers["Cache-Control"] == "no-cache"
    with urllib.request.urlopen(server.url + module("wall.js"), timeout=5) as answer:  # noqa: S310 - our own server
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    show(page, server)
    written = page.evaluate(
        "[...document.querySelectorAll('script, link[rel=modulepreload]')].map(e => e.src ?? e.href)"
    )
    assert written
    assert all(f"/static/{edition()}/" in address for address in written)


def test_a_desk_page_that_stays_open_says_that_it_is_old_by_no_code_at_all(page: Page) -> None:
    css = (ROOT / "collector" / "wall" / "static" / "page.css").read_text(encoding="utf-8")
    page.set_content(f"<style>{css}</style><p class='aged'>old</p>")
    seen = "getComputedStyle(document.querySelector('.aged')).visibility"

    assert page.evaluate(seen) == "hidden"
    assert page.evaluate("document.getAnimations()[0].effect.getTiming().duration") == 120_000
    page.evaluate("document.getAnimations()[0].finish()")
    assert page.evaluate(seen) == "visible"
