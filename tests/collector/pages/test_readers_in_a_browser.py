"""Every page for every reader: axe-core finds nothing, nobody is asked but the collector, nothing is too wide."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from collector.people.person import Role
from tests.collector.pages.test_languages import people_of
from tests.peers.presence import require
from tests.peers.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
AXE = (Path(__file__).parents[2] / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL = """[...document.querySelectorAll('body *')].filter(e => e.getClientRects().length
  && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
  .map(e => [parseFloat(getComputedStyle(e).fontSize), e.outerHTML.slice(0, 80)])
  .filter(([size]) => size > 0 && size < 13)"""
PATHS = {
    Role.ADMIN: (
        *("/wall", "/wall?theme=light", "/wall/map", "/sites", "/sites?q=zzz", "/sites/q1", "/incidents", "/reports"),
        *("/incidents/1", "/incidents/2", "/inventory", "/inventory/q1", "/inventory/new", "/maintenance"),
        *("/account", "/people", "/login", "/nowhere", "/sites/nowhere", "/incidents/999999"),
    ),
    Role.VIEWER: ("/inventory/q1", "/maintenance", "/people", "/incidents/2"),
}
"""All pages of the collector but the one behind a message's link, which has its own test, and what refuses them."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[Role, Visitor]]:
    async for found in people_of(tmp_path_factory):
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    chromium = require("chromium", "chromium")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        await opened.close()


LOOKS = {
    "vi": {"color_scheme": "light", "viewport": {"width": 1280, "height": 720}},
    "en": {"color_scheme": "dark", "viewport": {"width": 360, "height": 740}},
}


@pytest.mark.parametrize("language", list(LOOKS))
@pytest.mark.parametrize("role", list(PATHS))
async def test_no_page_keeps_a_reader_out_or_asks_anybody_else(
    people: dict[Role, Visitor], browser: Browser, role: Role, language: str
) -> None:
    visitor = people[role]
    url, look = f"http://127.0.0.1:{visitor.port}", LOOKS[language]
    context = await browser.new_context(**look)  # type: ignore[arg-type]
    for name, value in visitor.cookies.items():
        await context.add_cookies([{"name": name, "value": value, "domain": "127.0.0.1", "path": "/", "secure": True}])
    page, asked, found = await context.new_page(), set[str](), dict[str, Any]()
    page.on("request", lambda request: asked.add(request.url))
    for path in PATHS[role]:
        await page.goto(f"{url}{path}{'&' if '?' in path else '?'}lang={language}", wait_until="load")
        await page.evaluate(AXE)
        told = await page.evaluate("axe.run({ resultTypes: ['violations'] })")
        violations = [(one["id"], [node["html"][:120] for node in one["nodes"]][:3]) for one in told["violations"]]
        wider, small = await page.evaluate(WIDER), await page.evaluate(SMALL)
        found[path] = [*violations, *([f"{wider} px wider"] if wider > 0 else []), *small]
    await context.close()

    assert {path: what for path, what in found.items() if what} == {}
    assert [one for one in asked if not one.startswith((url, "data:"))] == []
