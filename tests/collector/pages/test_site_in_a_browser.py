"""A site's page in a browser: a chart to look into that invents nothing, and a page that never passes for new."""

import json
import random
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from collector.pages.chart import axis
from collector.series.quality import SLOT_S, SLOTS, Slot
from collector.wall.edition import module
from tests.collector.wall.test_wall_in_a_browser import CONTRAST, LIMIT_MS, Server, begun, browser
from tests.peers.days import JAM, KEPT_SLOTS, OUTAGE, UNMEASURED

__all__ = ["browser"]
pytestmark = pytest.mark.browser
CHART = "() => document.querySelector('.plot .u-over') !== null"
OLD = "() => getComputedStyle(document.getElementById('old')).visibility === 'visible'"
DAY = "() => JSON.parse(document.getElementById('day').dataset.day)"
PRESSED = "() => [...document.querySelectorAll('.ranges button')].map(b => b.getAttribute('aria-pressed')).join()"
SHIFTS = """window.shifts = [];
  new PerformanceObserver(list => { for (const one of list.getEntries()) shifts.push(one.value); })
  .observe({type: 'layout-shift', buffered: true});"""
BLOCKED = "window.blocked = []; addEventListener('securitypolicyviolation', e => blocked.push(e.violatedDirective));"
LABELS = """window.told = []; const draw = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    told.push(text); draw.call(this, text, ...rest); };"""
FILLS = """() => { const [a, b] = ['.plot', '.plot .uplot'].map(s => document.querySelector(s).getBoundingClientRect());
  return Math.abs(a.width - b.width) < 2 && Math.abs(a.height - b.height) < 2; }"""
COLOURS = """(names) => {
  const [canvas, over] = ['.plot canvas', '.u-over'].map(part => document.querySelector(part));
  const [from, to] = [canvas.getBoundingClientRect(), over.getBoundingClientRect()], ratio = devicePixelRatio;
  const style = getComputedStyle(document.documentElement), picture = canvas.getContext('2d');
  const probe = document.createElement('canvas').getContext('2d');
  const colour = name => { probe.fillStyle = style.getPropertyValue('--' + name).trim(); probe.fillRect(0, 0, 1, 1);
    return [...probe.getImageData(0, 0, 1, 1).data].slice(0, 3); };
  const left = (to.left - from.left) * ratio, width = to.width * ratio, top = (to.top - from.top) * ratio;
  const count = (place, wanted) => {
    const x = Math.round(left + width * (place + 0.5) / 288);
    const { data } = picture.getImageData(x, top, 1, to.height * ratio);
    return Array.from({length: data.length / 4}, (_, n) => data.slice(4 * n, 4 * n + 4))
      .filter(pixel => pixel[3] === 255 && wanted.every((part, n) => Math.abs(pixel[n] - part) < 3)).length; };
  return Object.fromEntries(names.map(name => [name, colour(name)]).map(
    ([name, wanted]) => [name, Array.from({length: 288}, (_, place) => count(place, wanted))])); }"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One for all: who changes the scene puts it back."""
    with begun() as running:
        yield running


@pytest.fixture(scope="module")
def site(server: Server) -> str:
    with urllib.request.urlopen(f"{server.url}/api/v1/status", timeout=5) as answer:  # noqa: S310 - our own server
        return str(json.load(answer)["sites"][0]["site"])


Opener = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, server: Server, site: str) -> Iterator[Opener]:
    contexts = []

    def opener(query: str = "", scripts: tuple[str, ...] = (), *, clock: bool = False, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1400, "height": 1000}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(LIMIT_MS)
        for script in scripts:
            page.add_init_script(script)
        if clock:
            page.clock.install()
        page.goto(f"{server.url}/sites/{site}{query}", wait_until="load")
        return page

    yield opener
    for context in contexts:
        context.close()


def charted(page: Page) -> Page:
    page.wait_for_function(CHART)
    return page


def drag(page: Page, begin: float, end: float) -> None:
    box = page.locator(".u-over").bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * begin, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, y, steps=4)
    page.mouse.up()


def shown_at(page: Page, share: float) -> str:
    """What the readout says with the mouse there."""
    box = page.locator(".u-over").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * share, box["y"] + 20)
    page.wait_for_function("() => document.querySelector('.readout small').textContent === ''")
    return page.locator(".readout").inner_text()


def test_the_chart_takes_the_place_of_the_drawing_and_nothing_moves(open_page: Opener) -> None:
    page = charted(open_page(scripts=(SHIFTS, BLOCKED)))
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    expect(page.locator(".plot svg")).to_have_count(0)
    expect(page.locator(".plot canvas")).to_have_count(1)
    assert page.evaluate("shifts.reduce((sum, one) => sum + one, 0)") < 0.001
    assert page.evaluate("blocked") == [], "the policy of the page is as strict as before"


def test_without_scripts_the_drawing_stays(open_page: Opener) -> None:
    page = open_page(java_script_enabled=False)

    expect(page.locator(".plot svg path.rtt")).to_have_count(4)
    expect(page.locator("summary")).to_be_visible()


def test_where_a_module_cannot_be_had_the_drawing_stays_and_the_page_grows_old(
    browser: Browser, server: Server, site: str
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/uPlot.esm.js", lambda route: route.abort())
    page.goto(f"{server.url}/sites/{site}", wait_until="load")

    expect(page.locator(".plot svg")).to_be_visible()
    assert not page.evaluate(OLD)
    assert page.evaluate("document.getElementById('old').getAnimations()[0].effect.getTiming().duration") == 150_000
    page.evaluate("document.getElementById('old').getAnimations()[0].finish()")
    assert page.evaluate(OLD)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_five_minutes_are_drawn_as_what_they_were(open_page: Opener, scheme: str) -> None:
    """Column by column on the canvas: a line nowhere but where something came back, hatching where nobody measured."""
    page = charted(open_page(color_scheme=scheme))
    day, found = page.evaluate(DAY), page.evaluate(COLOURS, ["rtt", "loss", "hatch", "forgotten"])
    hidden = {place for some in UNMEASURED for place in some}
    measured = [place for place in range(SLOTS) if day["rtt_seconds"][place] is not None]

    assert all(found["rtt"][place] for place in measured)
    assert not any(found["rtt"][place] for place in range(SLOTS) if place not in measured)
    assert not any(found["loss"][place] for place in measured if day["loss_ratio"][place] == 0)
    assert min(found["loss"][place] for place in OUTAGE) > 5 * max(found["loss"][place] for place in JAM) > 0
    assert all(found["hatch"][place] for place in hidden)
    assert not any(found["hatch"][place] for place in (*measured, *OUTAGE))
    assert all(found["forgotten"][place] for place in range(SLOTS - KEPT_SLOTS - 1))


def test_the_axis_of_the_chart_is_that_of_the_drawing(open_page: Opener) -> None:
    plain = open_page(java_script_enabled=False)
    drawn = plain.locator(".plot svg text.axis:not(.right)").all_text_contents()
    page = charted(open_page(scripts=(LABELS,)))

    assert len(drawn) == 5
    assert drawn[-1].endswith(" ms")
    assert set(drawn) <= set(page.evaluate("told"))


def test_page_and_module_find_the_same_axis_for_any_day(open_page: Opener) -> None:
    dice, days = random.Random(3), []
    for count in (0, 1, 2, 19, 20, 21, *range(30, 60)):
        medians = [10 ** dice.uniform(-4, 1) if dice.random() < 0.9 else None for _ in range(count)]
        days.append([medians, [None if one is None else one * dice.uniform(1, 9) for one in medians]])
    script = "([address, days]) => import(address).then(({ axis }) => days.map(day => axis(...day).top))"
    found = open_page().evaluate(script, [module("site/axis.js"), days])
    slots = [[Slot(0, 5, 0.0, low, low, high) for low, high in zip(*day, strict=True)] for day in days]

    assert found == pytest.approx([axis(some).top for some in slots])


def test_times_are_the_provinces_and_not_the_browsers(open_page: Opener) -> None:
    page = charted(open_page(timezone_id="America/New_York"))
    first = page.evaluate(DAY)["first"]
    place = SLOTS // 2
    hour = (first + place * SLOT_S + 7 * 3600) % 86_400

    assert f"{hour // 3600:02}:{hour % 3600 // 60:02}–" in shown_at(page, (place + 0.5) / SLOTS)


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        (
            "vi",
            {
                JAM[3]: r"Mất gói \d+,\d % · Độ trễ khứ hồi \d+,\d ms \(\d+,\d–\d+,\d ms\)",
                OUTAGE[2]: r"Mất gói 100,0 % · không có trả lời",
                UNMEASURED[0][3]: r"· không đo được$",
                3: r"· chưa có số liệu$",
            },
        ),
        (
            "en",
            {OUTAGE[2]: r"Packet loss 100\.0 % · no reply", UNMEASURED[0][3]: "· not measured$", 3: "· no figures$"},
        ),
    ],
    ids=("vi", "en"),
)
def test_the_readout_tells_what_is_under_the_mouse(open_page: Opener, lang: str, told: dict[int, str]) -> None:
    page = charted(open_page(f"?lang={lang}"))
    for place, words in told.items():
        text = shown_at(page, (place + 0.5) / SLOTS)

        assert re.search(words, text)
        assert (" ms" in text) is (" ms" in words), "no number where nothing was measured"


def test_dragging_zooms_and_a_double_click_shows_the_day_again(open_page: Opener) -> None:
    page = charted(open_page())
    assert page.evaluate(PRESSED) == "true,false,false"
    drag(page, (JAM[0] - 6) / SLOTS, (OUTAGE[-1] + 6) / SLOTS)

    page.wait_for_function(f"() => ({PRESSED})() === 'false,false,false'")
    assert "no" not in shown_at(page, 0.5), "no words of English"
    left, right = shown_at(page, 0.001), shown_at(page, 0.999)
    first = page.evaluate(DAY)["first"]
    begins = [(first + place * SLOT_S + 7 * 3600) % 86_400 // 60 for place in (JAM[0] - 6, OUTAGE[-1] + 6)]
    for text, minute in zip((left, right), begins, strict=True):
        assert abs(int(text[6:8]) * 60 + int(text[9:11]) - minute) <= 10
    page.locator(".u-over").dblclick()
    page.wait_for_function(f"() => ({PRESSED})() === 'true,false,false'")


def test_the_chart_can_be_read_and_zoomed_with_the_keyboard_alone(open_page: Opener) -> None:
    page = charted(open_page("?lang=en"))
    over = page.locator(".u-over")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "6 h":
            break
    page.keyboard.press("Enter")
    assert page.evaluate(PRESSED) == "false,true,false"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")

    assert over.evaluate("e => e === document.activeElement")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    values = []
    for key in ("End", "ArrowLeft", "PageUp", "Home", "ArrowLeft"):
        page.keyboard.press(key)
        values.append(int(over.get_attribute("aria-valuenow") or "0"))
    last = SLOTS - 1
    assert values == [last, last - 1, last - 13, last - 71, last - 71]
    assert page.locator(".readout").inner_text().startswith(str(over.get_attribute("aria-valuetext"))[:11])
    page.keyboard.press("Escape")
    assert page.evaluate(PRESSED) == "true,false,false"


def test_the_chart_fills_its_place_after_a_resize(open_page: Opener) -> None:
    page = charted(open_page())
    for width in (700, 1250):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(FILLS)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def renewed(page: Page) -> Response:
    """A minute later by the browser's clock: the page asks for itself again."""
    with page.expect_response("**/sites/*") as asked:
        page.clock.fast_forward(61_000)
    return asked.value


def drawn_until(text: str) -> str:
    """When the last day of a page ends, as the server draws it."""
    found = re.search(r'id="last-day".*?<time>(.*?)</time>', text, re.DOTALL)
    assert found
    return found[1]


def test_a_page_left_open_is_renewed_and_keeps_its_zoom_and_its_open_table(open_page: Opener, server: Server) -> None:
    page = charted(open_page("?lang=en", clock=True))
    drag(page, 0.3, 0.5)
    page.locator("summary").click()
    page.locator("nav a.home").focus()
    before, until = page.evaluate(DAY), page.locator("#last-day h2 time").first.inner_text()
    span = shown_at(page, 0.0)
    server.scene(measured=0.5, down=193)
    deadline = time.monotonic() + 10
    # The server's clock, of which whole seconds are shown, may still stand where it stood. The browser's is not moved
    # on meanwhile: a page that is asked for thrice and is no newer loads itself anew.
    while drawn_until(page.request.get(page.url).text()) == until and time.monotonic() < deadline:
        pass
    assert renewed(page).request.headers["phusong-renewal"] == "1"

    expect(page.locator("p.state")).not_to_contain_text("Up")
    assert page.locator("#last-day h2 time").first.inner_text() != until
    day = page.evaluate(DAY)
    assert day["now"] > before["now"]
    assert day["loss_ratio"] != before["loss_ratio"], "what was measured meanwhile"
    assert shown_at(page, 0.0) == span
    assert page.evaluate(PRESSED) == "false,false,false"
    assert page.evaluate("document.querySelector('details').open")
    assert page.evaluate("document.activeElement === document.querySelector('nav a.home')")
    assert not page.evaluate(OLD)
    server.scene(down=14)


def test_an_incident_that_comes_meanwhile_leaves_the_chart_where_it_was(open_page: Opener, server: Server) -> None:
    page = charted(open_page("?lang=en", clock=True))
    drag(page, 0.3, 0.5)
    page.evaluate("window.kept = document.querySelector('.plot canvas')")
    new = "<section class='now' id='incident-7'><h2>seven</h2></section>"

    def with_incident(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("<dl>", f"{new}\n<dl>", 1))

    page.route("**/sites/*", with_incident)
    page.clock.fast_forward(61_000)
    expect(page.locator("#incident-7")).to_be_visible()
    assert page.evaluate("kept.isConnected")
    assert page.evaluate(PRESSED) == "false,false,false"

    page.unroute("**/sites/*")
    page.clock.fast_forward(61_000)
    expect(page.locator("#incident-7")).to_have_count(0)
    assert page.evaluate("kept.isConnected")


@pytest.mark.parametrize("how", ["nobody answers", "another page"])
def test_a_page_that_is_not_renewed_says_so(open_page: Opener, how: str) -> None:
    page = charted(open_page("?lang=en", clock=True))
    page.route("**/sites/*", lambda route: route.abort() if how == "nobody answers" else route.fulfill(body="<p>hi"))
    assert not page.evaluate(OLD)
    for _ in range(3):
        page.clock.fast_forward(60_000)

    page.wait_for_function(OLD)
    expect(page.locator("#old")).to_contain_text("no longer renewed")
    expect(page.locator("#old")).to_contain_text(page.locator(".when time").inner_text())


def test_a_collector_that_answers_and_judges_no_more_renews_nothing(open_page: Opener, server: Server) -> None:
    """What its page says of its own age is for the server to say: the page is loaded anew."""
    page = charted(open_page("?lang=en", clock=True))
    server.scene(judges="no")
    page.reload(wait_until="load")
    charted(page).evaluate("window.before = document.getElementById('old').className")
    for _ in range(2):
        with page.expect_response("**/sites/*"):
            page.clock.fast_forward(61_000)
        assert page.evaluate("document.getElementById('old').className") == "held-a", "held back by no renewal"
    page.clock.fast_forward(61_000)
    page.wait_for_function("() => window.before === undefined")
    server.scene(judges="yes")


def test_a_page_that_grew_old_is_whole_again_when_the_collector_answers(open_page: Opener) -> None:
    page = charted(open_page(clock=True))
    page.route("**/sites/*", lambda route: route.abort())
    for _ in range(3):
        page.clock.fast_forward(60_000)
    page.wait_for_function(OLD)

    page.unroute("**/sites/*")
    page.clock.fast_forward(60_000)
    page.wait_for_function(f"() => !({OLD})()")


def test_a_login_that_is_over_is_asked_for(open_page: Opener) -> None:
    page = charted(open_page(clock=True))
    answers = iter([401])
    page.route("**/sites/*", lambda route: route.fulfill(status=next(answers, 200), body="<title>log in</title>"))
    page.clock.fast_forward(61_000)

    expect(page).to_have_title("log in")


def test_a_page_of_another_release_is_loaded_anew(open_page: Opener) -> None:
    page = charted(open_page(clock=True))
    page.evaluate("window.before = true")

    def upgraded(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=re.sub(r"/static/[0-9a-f]{12}/", "/static/0123456789ab/", answer.text()))

    page.route("**/sites/*", upgraded, times=1)
    page.clock.fast_forward(61_000)
    page.wait_for_function("() => window.before === undefined")
    charted(page)


def test_a_site_that_is_measured_for_the_first_time_gets_its_chart(
    browser: Browser, server: Server, open_page: Opener, site: str
) -> None:
    page = charted(open_page("?lang=en", clock=True))
    whole = page.content()

    def empty(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(
            response=answer, body=re.sub(r"<figure.*?</details>", "<p>nothing yet</p>", answer.text(), flags=re.DOTALL)
        )

    assert "<figure" in whole
    page.route("**/sites/*", empty)
    page.clock.fast_forward(61_000)
    expect(page.locator("#last-day")).to_contain_text("nothing yet")
    expect(page.locator(".plot")).to_have_count(0)

    page.unroute("**/sites/*")
    page.clock.fast_forward(61_000)
    charted(page)
    assert page.evaluate(PRESSED) == "true,false,false"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["", "/sites", "/incidents"])
def test_all_text_stands_out_from_its_ground_by_day_and_by_night(
    browser: Browser, server: Server, site: str, path: str, scheme: Any
) -> None:
    """WCAG 1.4.3: 4.5 to 1, and 3 to 1 for large text."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    server.scene(down=40, folds=2)
    page.goto(f"{server.url}{path or f'/sites/{site}'}", wait_until="load")
    if not path:
        charted(page)
        page.locator("summary").click()
    found = page.evaluate(CONTRAST.replace("#cover, #cover *", "svg *, option"))

    assert len(found) > 10
    assert [what for ratio, what in found if ratio < 4.5] == []
    context.close()
    server.scene(down=14, folds=0)
