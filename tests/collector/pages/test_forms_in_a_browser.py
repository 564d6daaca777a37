"""The forms of inventory and maintenance as people fill them in: with keys alone, in any zone, by day and by night."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from collector.inventory.site import Inventory
from collector.inventory.versions import open_versions
from collector.people.person import Role
from tests.collector.pages.test_stock_pages import stocked
from tests.collector.wall.test_wall_in_a_browser import CONTRAST
from tests.peers.presence import require
from tests.peers.visitor import House, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
BESIDE = """name => { const [field, told] = [`[name="${name}"]`, `#wrong-${name}`]
  .map(one => document.querySelector(one).getBoundingClientRect());
  return Math.abs(field.left - told.left) < 4 && told.top >= field.bottom - 1 && told.top - field.bottom < 12; }"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Desk:
    """A browser at the collector, with who is logged in there."""

    def __init__(self, browser: Browser, opened: House, visitor: Visitor, folder: Path) -> None:
        self.browser = browser
        self.url = f"http://127.0.0.1:{opened.port}"
        self._visitor = visitor
        self.folder = folder

    async def page(self, **options: Any) -> Page:
        """With a session."""
        context = await self.browser.new_context(base_url=self.url, **options)
        place = {"domain": "127.0.0.1", "path": "/", "secure": True}
        cookies = self._visitor.cookies.items()
        await context.add_cookies([{"name": name, "value": value, **place} for name, value in cookies])
        return await context.new_page()

    def inventory(self) -> Inventory:
        with open_versions(self.folder / "inventory.sqlite") as versions:
            return versions.inventory()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    folder, chromium = tmp_path_factory.mktemp("desk"), require("chromium", "chromium")
    async with stocked(folder) as (opened, people), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield Desk(browser, opened, people[Role.ADMIN], folder)
        await browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_fault_stands_under_its_field_and_stands_out(desk: Desk, scheme: Any) -> None:
    page = await desk.page(color_scheme=scheme, viewport={"width": 1280, "height": 800})
    await page.goto("/inventory/s3")
    for name, value in {"latitude": "91", "link1_committed_down_megabits": "nhanh", "name": "=1"}.items():
        await page.locator(f"[name={name}]").fill(value)
    await page.get_by_role("button", name="Lưu").click()
    await expect(page.get_by_role("alert")).to_be_visible()

    for name in ("latitude", "link1_committed_down_megabits", "name"):
        assert await page.evaluate(BESIDE, name), name
    faint = await page.evaluate(CONTRAST.replace("#cover, #cover *", "option"))
    assert [what for ratio, what in faint if ratio < 4.5] == []
    await page.set_viewport_size({"width": 390, "height": 844})
    assert await page.evaluate(WIDER) <= 0
    await page.context.close()


async def test_a_site_is_changed_with_keys_alone(desk: Desk) -> None:
    page = await desk.page()
    await page.goto("/inventory/s4")
    await page.locator("[name=hub]").focus()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("Mèo Vạc 1")
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.matches('summary')"):
            break
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.type("4g")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/inventory")

    changed = desk.inventory().by_id()["s4"]
    assert changed.hub == "Mèo Vạc 1"
    assert [link.name for link in changed.links] == ["main", "4g"]
    await page.context.close()


async def test_a_file_is_chosen_looked_at_and_left_or_taken(desk: Desk) -> None:
    page = await desk.page(accept_downloads=True)
    await page.goto("/inventory")
    async with page.expect_download() as asked:
        await page.get_by_role("link", name="Xuất CSV (,)").click()
    sheet, old = desk.folder / "changed.csv", desk.folder / "old.csv"
    exported = (await (await asked.value).path()).read_text(encoding="utf-8")
    sheet.write_text(exported.replace("VNPT", "Viettel"), encoding="utf-8")
    old.write_text(exported.replace("\ufeff", "").replace("ố", "ô"), encoding="cp1258", errors="replace")
    await page.locator("input[type=file]").set_input_files(old)
    await expect(page.locator("textarea")).not_to_have_value("")
    await page.get_by_role("button", name="Xem trước thay đổi").click()
    await expect(page.get_by_role("alert")).to_contain_text("hãy lưu dạng 'CSV UTF-8'")
    for answer in ("Giữ nguyên, không làm gì", "Nhập bảng này"):
        before = desk.inventory()
        await page.locator("input[type=file]").set_input_files(sheet)
        await expect(page.locator("textarea")).not_to_have_value("")
        await page.get_by_role("button", name="Xem trước thay đổi").click()
        await expect(page.locator("ins").first).to_have_text("Viettel")
        await expect(page.locator("textarea")).to_be_hidden()
        assert desk.inventory() == before
        role = "link" if answer.startswith("Giữ") else "button"
        await page.get_by_role(role, name=answer).click()
        await page.wait_for_url("**/inventory")
    assert {link.provider for site in desk.inventory().sites for link in site.links if link.name == "main"} == {
        "Viettel"
    }
    await page.context.close()


async def test_times_of_maintenance_are_the_provinces_wherever_the_browser_is(desk: Desk) -> None:
    page = await desk.page(timezone_id="America/New_York", locale="en-US")
    await page.goto("/maintenance")
    await page.get_by_label("Điểm, điểm tập trung hoặc nhà mạng").fill("s5")
    await page.get_by_label("Từ").fill("2090-01-02T03:04")
    await page.get_by_label("Đến").fill("2090-01-02T05:06")
    await expect(page.locator("#times")).to_have_text("Từ: Thứ Hai, 02/01/2090 03:04 · Đến: Thứ Hai, 02/01/2090 05:06")
    await page.get_by_label("Lý do").fill("thay tủ điện")
    await page.get_by_role("button", name="Thêm").click()

    await expect(page.locator("code")).to_have_count(0)
    assert "from: 2090-01-02 03:04" in (desk.folder / "maintenance.yaml").read_text().replace("'", "")
    await page.context.close()


BROKEN = """() => { const found = [], range = document.createRange();
  const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) for (const { 0: word, index } of texts.currentNode.data.matchAll(/[\\p{L}\\d]{1,9}/gu)) {
    range.setStart(texts.currentNode, index);
    range.setEnd(texts.currentNode, index + word.length);
    if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) found.push(word);
  }
  return found; }"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", ["/sites", "/inventory", "/incidents", "/reports"])
async def test_no_table_breaks_a_word_or_is_wider_than_its_page(desk: Desk, path: str, width: int) -> None:
    """Thirteen columns of a report once stood a letter wide; what is too wide is drawn aside within the page."""
    page = await desk.page(viewport={"width": width, "height": 844})
    await page.goto(path)

    assert await page.locator("table").count() > 0 or path == "/incidents"
    assert await page.evaluate(BROKEN) == []
    assert await page.evaluate(WIDER) <= 0
    await page.context.close()
