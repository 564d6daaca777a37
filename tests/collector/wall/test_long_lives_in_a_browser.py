"""A screen that hangs for years: restarts behind a proxy, old facts, thousands of frames, every eye, every reader."""

import json
import re
from base64 import b64encode
from itertools import combinations
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from lab.ports import free_port
from tests.collector.people.test_behind_nginx import configured
from tests.collector.wall.test_wall_in_a_browser import (  # noqa: F401 - fixtures
    COVERED,
    LIMIT_MS,
    LIVE,
    UNCOVERED,
    Server,
    browser,
    kept,
    mortal,
    page,
    server,
    show,
)
from tests.peers.authority import authority
from tests.peers.nginx import nginx
from tests.peers.presence import require
from tests.peers.programs import running, until

pytestmark = pytest.mark.browser
AXE = (Path(__file__).parents[2] / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
FAKE_STREAM = """
window.EventSource = class extends EventTarget {
  constructor() { super(); window.streams = [...(window.streams ?? []), this]; this.readyState = 1; }
};
window.EventSource.CLOSED = 2;
"""
FRAMES = """async ([frame, count]) => {
  const stream = window.streams.at(-1), states = ['up', 'degraded', 'down', 'unknown', 'maintenance'];
  const changed = structuredClone(frame);
  for (let n = 0; n < count; n++) {
    changed.sequence += 1; changed.evaluated_at += 0.01;
    const site = changed.sites[n % changed.sites.length];
    changed.counts[site.state] -= 1; site.state = states[n % 5]; changed.counts[site.state] += 1;
    changed.incidents = frame.incidents.slice(0, n % 7);
    stream.dispatchEvent(new MessageEvent('frame', { data: JSON.stringify(changed) }));
    if (n % 500 === 499) await new Promise(done => setTimeout(done));
  }
  return [window.streams.length, document.getElementsByTagName('*').length];
}"""


@pytest.mark.parametrize("path", ["/wall", "/wall/map"])
def test_a_screen_behind_a_proxy_comes_back_after_the_collector_does(
    page: Page,  # noqa: F811 - the fixture
    mortal: Server,  # noqa: F811
    tmp_path: Path,
    path: str,
) -> None:
    """While it is away the proxy answers 502: that ends an EventSource for good, and a page gone to is the proxy's."""
    asked: list[tuple[str, int]] = []
    page.on("response", lambda answer: asked.append((answer.url.partition("?")[0], answer.status)))
    if path == "/wall/map":  # it asks each ten seconds; a wall compares the clock with its frames
        page.clock.install()
    with nginx(tmp_path, None, None, mortal.port) as (port, _):
        page.goto(f"http://127.0.0.1:{port}{path}", wait_until="domcontentloaded")
        page.wait_for_function(UNCOVERED)
        mortal.end()
        if path == "/wall/map":  # its 20 s are another test's
            page.evaluate("document.getElementById('cover').getAnimations()[0].finish()")
        page.wait_for_function(COVERED, polling=100, timeout=3 * LIMIT_MS)
        for _ in range(300):
            if any(status == 502 for _, status in asked):
                break
            _wait_a_little(page, path)
        again = Server(mortal.port)
        try:
            for _ in range(300):
                if page.evaluate(UNCOVERED):
                    break
                _wait_a_little(page, path)
            page.wait_for_function(UNCOVERED, timeout=LIMIT_MS)
        finally:
            again.end()

    assert any(status == 502 for _, status in asked), "the proxy answered for the collector"


def _wait_a_little(page: Page, path: str) -> None:  # noqa: F811
    if path == "/wall/map":
        page.clock.run_for(1000)
    page.wait_for_timeout(100)


def test_while_the_collector_is_away_the_proxys_page_says_so_and_gives_way_without_a_script(
    browser: Browser,  # noqa: F811 - the fixture
    mortal: Server,  # noqa: F811
    tmp_path: Path,
) -> None:
    """The shipped configuration; a wall without a script asks for itself each two seconds, and got stuck here."""
    port, ca = free_port(), authority(tmp_path, "ca")
    command = ["-p", str(tmp_path), "-c", str(configured(tmp_path, ca, port, mortal.port)), "-e", "stderr"]
    context = browser.new_context(java_script_enabled=False, ignore_https_errors=True)
    opened = context.new_page()
    with running("nginx", [require("nginx", "nginx-light"), *command], tmp_path) as proxy:
        until("nginx is there", lambda: (tmp_path / "pid").read_text(encoding="ascii").strip(), proxy)
        opened.goto(f"https://127.0.0.1:{port}/wall?lang=en")
        expect(opened.locator("table tbody tr")).to_have_count(193)
        mortal.end()
        expect(opened.locator("h1").first).to_have_text("KHÔNG CÓ DỮ LIỆU", timeout=2 * LIMIT_MS)
        expect(opened.locator("h1").last).to_have_text("NO DATA")
        text = opened.content()
        answer = opened.goto(f"https://127.0.0.1:{port}/sites")
        machine = context.request.post(f"https://127.0.0.1:{port}/api/v1/batches", data=b"x")
        opened.goto(f"https://127.0.0.1:{port}/wall?lang=en")
        again = Server(mortal.port)
        try:
            expect(opened.locator("table tbody tr")).to_have_count(193, timeout=3 * LIMIT_MS)
        finally:
            again.end()

    assert answer is not None
    assert (answer.status, machine.status) == (502, 502), "nobody takes it for an answer"
    assert "DOCTYPE" not in machine.text().upper(), "machines pay for their bytes"
    context.close()
    colours = re.findall(r"#[0-9a-f]{3,6}", text)
    assert colours
    assert all(int(red, 16) >= int(green, 16) for red, green in map(red_and_green, colours)), "never green"


def red_and_green(colour: str) -> tuple[str, str]:
    digits = colour[1:]
    return (digits[:2], digits[2:4]) if len(digits) == 6 else (digits[0], digits[1])


def test_a_tile_whose_facts_are_old_is_hatched_though_evaluations_are_fresh(
    page: Page,  # noqa: F811
    server: Server,  # noqa: F811
) -> None:
    page.add_init_script(FAKE_STREAM)
    page.goto(f"{server.url}/wall", wait_until="load")
    frame = page.evaluate("fetch('/api/v1/status').then(answer => answer.json())")
    old, fresh = frame["sites"][0]["site"], frame["sites"][1]["site"]
    frame["evaluated_at"] += 1
    frame["sites"][0]["facts_at"] = frame["evaluated_at"] - 61
    frame["sites"][1]["facts_at"] = frame["evaluated_at"] - 30
    page.evaluate("data => window.streams.at(-1).dispatchEvent(new MessageEvent('frame', { data }))", json.dumps(frame))

    page.wait_for_function(f"() => document.querySelector('[data-site=\"{old}\"]').classList.contains('old')")
    assert not page.evaluate(f"document.querySelector('[data-site=\"{fresh}\"]').classList.contains('old')")


def test_twenty_thousand_frames_leave_nothing_behind(browser: Browser, server: Server) -> None:  # noqa: F811
    """Of sixty sites: reading three times as many takes three times as long, and leaves no more behind."""
    server.scene(sites=60)
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    opened = context.new_page()
    opened.add_init_script(FAKE_STREAM)
    opened.goto(f"{server.url}/wall", wait_until="load")
    frame = opened.evaluate("fetch('/api/v1/status').then(answer => answer.json())")
    inside = context.new_cdp_session(opened)
    sizes = []
    for count in (1000, 9000, 10_000):
        _, nodes = opened.evaluate(FRAMES, [frame, count])
        frame["sequence"] += count
        frame["evaluated_at"] += count / 100
        inside.send("HeapProfiler.collectGarbage")
        sizes.append((inside.send("Runtime.getHeapUsage")["usedSize"], nodes))
    context.close()

    (first, nodes), (_, _), (last, nodes_then) = sizes
    assert last < first + 500_000, f"bytes after 1,000, 10,000 and 20,000 frames: {sizes}"
    assert abs(nodes_then - nodes) < 100


VISIONS = ("none", "deuteranopia", "protanopia", "tritanopia", "achromatopsia")


@pytest.mark.parametrize("vision", VISIONS)
def test_states_are_told_apart_by_every_eye(
    page: Page,  # noqa: F811
    server: Server,  # noqa: F811
    vision: str,
) -> None:
    """The pictures of two states' tiles differ in many pixels by much, whatever colours the eye takes for one."""
    inside = page.context.new_cdp_session(page)
    inside.send("Emulation.setEmulatedVisionDeficiency", {"type": vision})
    show(page, server)
    shots = {
        state: page.locator(f".tile.{state}").first.screenshot()
        for state in ("up", "degraded", "down", "unknown", "maintenance")
    }
    differ = """async ([one, other]) => {
      const pixels = async data => {
        const image = await createImageBitmap(await (await fetch('data:image/png;base64,' + data)).blob());
        const canvas = new OffscreenCanvas(40, 40), pen = canvas.getContext('2d');
        pen.drawImage(image, 0, 0, 40, 40);
        return pen.getImageData(0, 0, 40, 40).data;
      };
      const [a, b] = [await pixels(one), await pixels(other)];
      const light = (p, n) => 0.2126 * p[n] + 0.7152 * p[n + 1] + 0.0722 * p[n + 2];
      let far = 0;
      for (let n = 0; n < a.length; n += 4) if (Math.abs(light(a, n) - light(b, n)) > 32) far += 1;
      return far / (a.length / 4);
    }"""
    blank = page.context.new_page()
    shares = {
        (one, other): blank.evaluate(differ, [b64encode(shots[name]).decode() for name in (one, other)])
        for one, other in combinations(shots, 2)
    }
    assert {pair: share for pair, share in shares.items() if share < 0.12} == {}, "brightness alone tells them apart"


@pytest.mark.parametrize("size", [(1920, 1080), (1024, 768), (360, 740)], ids=str)
@pytest.mark.parametrize("path", ["/wall", "/wall?theme=light&lang=en", "/wall/map", "/wall/map?theme=light&lang=en"])
def test_no_reader_is_kept_out(page: Page, server: Server, path: str, size: tuple[int, int]) -> None:  # noqa: F811
    """Letters that are large on a large screen are none on a small one, and want more contrast."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    server.scene(down=14, folds=9)
    page.goto(f"{server.url}{path}", wait_until="domcontentloaded")
    if path.startswith("/wall?") or path == "/wall":
        page.wait_for_function(LIVE)
    page.evaluate(AXE)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")

    assert [
        (one["id"], one["impact"], [node["html"][:120] for node in one["nodes"]][:3]) for one in found["violations"]
    ] == []


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (3840, 2160), (1024, 768)])
@pytest.mark.parametrize("query", ["", "?theme=light&lang=en"])
def test_nothing_of_the_map_is_cut_off_and_its_letters_can_be_read_from_afar(
    page: Page,  # noqa: F811
    server: Server,  # noqa: F811
    size: tuple[int, int],
    query: str,
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    server.scene(down=60)
    page.goto(f"{server.url}/wall/map{query}", wait_until="domcontentloaded")
    outside = page.evaluate(
        """() => [...document.querySelectorAll('header *, .legend *, .province, .marker')].filter(one => {
        const box = one.getBoundingClientRect();
        return box.width > 0 && (box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1);
    }).map(one => one.outerHTML.slice(0, 80))"""
    )
    smallest = page.evaluate(
        """Math.min(...[...document.querySelectorAll('header *, .legend *')].filter(one => one.textContent.trim()
        && one.getClientRects().length).map(one => parseFloat(getComputedStyle(one).fontSize) / innerHeight * 100))"""
    )
    wide = min(1, size[0] / size[1] * 9 / 16)

    assert outside == []
    assert smallest >= 2.9 * wide - 0.01, "vh"
    assert page.locator(".marker").count() == page.evaluate(
        "[...document.querySelectorAll('.legend .state b')].reduce((sum, one) => sum + Number(one.textContent), 0)"
    )
