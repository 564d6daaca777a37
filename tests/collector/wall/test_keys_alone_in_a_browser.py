"""From the wall to an acknowledged incident and back, with nothing but keys: every stop can be seen, none is a trap."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from collector.notify.settings import NotifySettings
from collector.notify.webhook import WebhookSettings
from collector.people.person import Role
from shared.clock import SystemClock
from shared.secret import Secret
from tests.collector.wall.test_wall_in_a_browser import FLAGS, LIMIT_MS
from tests.peers.incidents import MINUTE_NS, incident
from tests.peers.presence import require
from tests.peers.story import communes
from tests.peers.visitor import PASSWORD, House, house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
MOST_STOPS = 60
FOCUS = """() => { const one = document.activeElement, look = getComputedStyle(one);
  return [(one.getAttribute('aria-label') || one.textContent || one.name || '').trim().replace(/\\s+/g, ' '),
    one === document.body || look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 1] }"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def telling(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Three sites of which nothing is known, and an incident that lasts."""
    channel = WebhookSettings(name="sms", url="http://127.0.0.1:9/", secret=Secret("x"))
    folder = tmp_path_factory.mktemp("keys")
    async with house(folder, NotifySettings(channels=(channel,)), communes(3)) as opened:
        assert opened.collector.notify is not None
        now_ns = SystemClock().wall_ns()
        lasting = incident(9, began_ns=now_ns - 2 * MINUTE_NS, known_ns=now_ns - MINUTE_NS)
        opened.collector.notify.teller.journal.write([], [lasting])
        await opened.collector.notify.teller.look()
        opened.add("lan", Role.OPERATOR)
        yield opened


async def tab_to(page: Page, name: str) -> None:
    """Go on to the stop that is called so; each on the way shows where one is."""
    await page.wait_for_load_state()  # the answer to a form is there from its first byte on, and has no body then
    for _ in range(MOST_STOPS):
        await page.keyboard.press("Tab")
        found, seen = await page.evaluate(FOCUS)
        assert seen, f"the focus on '{found}' of {page.url} cannot be seen"
        if found == name:
            return
    raise AssertionError(f"no stop is called '{name}' on {page.url}")


async def follow(page: Page, name: str, where: str) -> None:
    await tab_to(page, name)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{where}")


async def test_somebody_without_a_mouse_acknowledges_comments_and_reaches_every_page(telling: House) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=require("chromium", "chromium"), args=FLAGS)
        page = await browser.new_page()
        page.set_default_timeout(LIMIT_MS)
        await page.goto(f"http://127.0.0.1:{telling.port}/wall?lang=en")
        await follow(page, "Log in", "/login?next=%2Fwall%3Flang%3Den&lang=en")
        await expect(page.locator("#name")).to_be_focused()  # the form asks for it, once it is drawn
        await page.keyboard.type("lan")
        await page.keyboard.press("Tab")
        await expect(page.locator("#password")).to_be_focused()
        await page.keyboard.insert_text(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/wall?lang=en")

        await follow(page, "Problems", "/incidents?lang=en")
        await follow(page, "9", "/incidents/9?lang=en")
        await tab_to(page, "Acknowledge")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
        assert telling.collector.notify is not None
        assert telling.collector.notify.teller.acknowledged_ns(9) is not None
        await tab_to(page, "text")
        await page.keyboard.type("dang goi VNPT")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_contain_text("dang goi VNPT")

        await follow(page, "Inventory", "/inventory?lang=en")
        await follow(page, "Maintenance", "/maintenance?lang=en")
        await follow(page, "Wall", "/wall?lang=en")
        await tab_to(page, f"{communes(3).sites[0].name}: Unknown")
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/sites/{communes(3).sites[1].id}?lang=en")
        await browser.close()
