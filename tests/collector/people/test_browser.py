"""A real browser without scripts, by keyboard alone: what it keeps, sends and shows."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, async_playwright, expect
from starlette.requests import Request

from collector.people.person import Role
from collector.people.proofs import SESSION, WALL, wall_identity
from collector.people.refusals import nothing_at
from tests.peers.presence import require
from tests.peers.visitor import PASSWORD, House, house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
LIMIT_MS = 10_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def closed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("browser"), required=True) as found:
        found.add("admin", Role.ADMIN)
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def context() -> AsyncIterator[BrowserContext]:
    chromium = require("chromium", "chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        made = await browser.new_context(java_script_enabled=False)
        made.set_default_timeout(LIMIT_MS)
        yield made
        await browser.close()


async def test_somebody_logs_in_adds_a_person_and_logs_out_by_keyboard(closed: House, context: BrowserContext) -> None:
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{closed.port}/people")
    await expect(page).to_have_url(f"http://127.0.0.1:{closed.port}/login?next=%2Fpeople")
    await page.keyboard.type("admin")
    await page.keyboard.press("Tab")
    await page.keyboard.insert_text(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"http://127.0.0.1:{closed.port}/people")
    (cookie,) = [each for each in await context.cookies() if each["name"] == SESSION]
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"], cookie["expires"]) == (True, True, "Strict", -1)

    await page.focus("#add-name")
    await page.keyboard.type("ha")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    await page.keyboard.insert_text("một mật khẩu khác")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_have_text("Đã lưu.")
    await expect(page.locator("tbody th")).to_have_text(["admin", "ha"])
    assert ("admin", "user-add", "ha", "operator") in closed.log()

    await page.get_by_role("button", name="Đăng xuất (admin)").press("Enter")
    await expect(page).to_have_url(f"http://127.0.0.1:{closed.port}/login")
    assert SESSION not in [each["name"] for each in await context.cookies()]
    await page.close()


async def test_a_page_of_another_site_cannot_send_our_forms(
    closed: House, context: BrowserContext, tmp_path: Path
) -> None:
    """The browser says where a form comes from, and sends no strict cookie along."""
    (tmp_path / "evil.html").write_text(
        f'<form method="post" action="http://127.0.0.1:{closed.port}/login">'
        '<input name="name" value="admin"><input name="password" value="x"><button>win</button></form>',
        encoding="utf-8",
    )
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{closed.port}/login")
    await page.goto((tmp_path / "evil.html").as_uri())
    before = closed.log()

    await page.get_by_role("button").click()

    await expect(page.locator("body")).to_contain_text("another site")
    assert closed.log() == before
    await page.close()


async def test_a_link_in_a_letter_opens_the_page_for_who_is_logged_in_and_the_form_for_others(
    closed: House, context: BrowserContext, tmp_path: Path
) -> None:
    """A strict cookie does not come along from another site, so the page is asked for once more from our own."""
    url = f"http://127.0.0.1:{closed.port}"
    (tmp_path / "letter.html").write_text(f'<a href="{url}/account?lang=en">incident</a>', encoding="utf-8")
    page = await context.new_page()
    await page.goto((tmp_path / "letter.html").as_uri())
    await page.get_by_role("link").click()
    await expect(page).to_have_url(f"{url}/login?next=%2Faccount%3Flang%3Den&lang=en")
    await page.fill("#name", "admin")
    await page.fill("#password", PASSWORD)
    await page.press("#password", "Enter")
    await expect(page).to_have_url(f"{url}/account?lang=en")

    await page.goto((tmp_path / "letter.html").as_uri())
    await page.get_by_role("link").click()

    await expect(page).to_have_url(f"{url}/account?lang=en")
    await expect(page.locator("h1")).to_have_text("Account")
    await context.clear_cookies()
    await page.close()


async def test_a_screen_opens_its_link_once_and_the_address_forgets_it(closed: House, context: BrowserContext) -> None:
    closed.change(lambda book: book.add_wall(wall_identity("secret-of-the-hall"), "hall", 0))
    page = await context.new_page()

    await page.goto(f"http://127.0.0.1:{closed.port}/wall?token=secret-of-the-hall&screen=1", wait_until="commit")

    assert page.url == f"http://127.0.0.1:{closed.port}/wall?screen=1"
    (cookie,) = [each for each in await context.cookies() if each["name"] == WALL]
    assert cookie["value"] == "secret-of-the-hall"
    assert cookie["expires"] > 0
    await page.goto(f"http://127.0.0.1:{closed.port}/people")
    await expect(page).to_have_url(f"http://127.0.0.1:{closed.port}/login?next=%2Fpeople")
    await page.close()


async def test_who_is_refused_reads_why_in_both_languages_and_where_to_go(
    closed: House, context: BrowserContext
) -> None:
    page = await context.new_page()
    url = f"http://127.0.0.1:{closed.port}"
    gone = await page.goto(f"{url}/nix?<script>")
    assert gone is not None
    assert gone.status == 404
    await expect(page.get_by_role("heading")).to_have_text("Không có trang '/nix'.")
    await expect(page.locator("[lang=en]").first).to_have_text("There is nothing at '/nix'.")
    await expect(page.get_by_role("link", name="Màn hình")).to_have_attribute("href", "/wall")

    await page.goto(f"{url}/account")
    await page.fill("#name", "admin")
    await page.fill("#password", PASSWORD)
    await page.click("form.sheet button")
    await page.wait_for_url("**/account")
    await context.clear_cookies()  # the session is over while the page is open
    for name in ("#old", "#new", "#again"):
        await page.fill(name, "mat khau khac 2026")
    await page.click("form.sheet button")
    await expect(page.get_by_role("heading")).to_contain_text("phiên đăng nhập đã hết hạn: chưa có gì được lưu")
    await page.get_by_role("link", name="Đăng nhập").click()
    await page.wait_for_url("**/login?next=%2Faccount")
    await page.close()


async def test_what_is_no_browser_reads_lines() -> None:
    scope = {"type": "http", "method": "GET", "path": "/<b>", "headers": [(b"accept", b"*/*")]}
    answer = nothing_at(Request(scope))

    assert bytes(answer.body).decode() == "Không có trang '/<b>'.\nThere is nothing at '/<b>'.\n"
    scope["headers"] = [(b"accept", b"text/html")]
    assert b"&lt;b&gt;" in nothing_at(Request(scope)).body
    assert b"/<b>" not in nothing_at(Request(scope)).body
