"""From the journal of a real collector to a gateway and a mailbox, and back by the link: only a pressed button acts."""

import asyncio
import email
import email.policy
import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.async_api import async_playwright, expect

from collector.assembly import open_collector
from collector.incident import Cause, Scope
from collector.journal.journal import Journal
from collector.notify.email import EmailSettings
from collector.notify.links import token
from collector.notify.opening import Notify
from collector.notify.policy import Rules
from collector.notify.settings import NotifySettings
from collector.notify.webhook import WebhookSettings
from collector.serving import open_sockets, serve
from collector.settings import CollectorSettings, ListenSettings
from lab.ports import free_port
from shared.clock import SystemClock
from shared.secret import Secret, read_secret
from tests.peers.gateway import Gateway, running_http_gateway, running_smtp_server
from tests.peers.incidents import HOUR_NS, MINUTE_NS, incident
from tests.peers.notes import INVENTORY
from tests.peers.presence import require
from tests.peers.visitor import Visitor

AXE = (Path(__file__).parents[2] / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
ROSTER = """people:
  ha: {name: Trần Thu Hà, email: ha@hagiang.example, phone: "+84912345678"}
duties:
  - {people: [ha]}
"""


@dataclass
class Desk:
    port: int
    gateway: Gateway
    mailbox: Gateway
    notify: Notify
    journal: Journal

    async def hold(self, version: Any) -> None:
        """The judgement writes, and the desk looks at once instead of within a second."""
        self.journal.write([], [version])
        await self.notify.teller.look()

    def visitor(self) -> Visitor:
        return Visitor(self.port, headers={"Accept": "text/html"})


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    (tmp_path / "roster.yaml").write_text(ROSTER, encoding="utf-8")
    async with (
        running_http_gateway() as gateway,
        running_smtp_server() as mailbox,
        opened(tmp_path, gateway, mailbox) as made,
    ):
        yield made


@asynccontextmanager
async def opened(folder: Path, gateway: Gateway, mailbox: Gateway) -> AsyncIterator[Desk]:
    port = free_port()
    sms = WebhookSettings(
        name="sms", url=f"http://127.0.0.1:{gateway.port}/", secret=Secret("s"), urgency="critical", trial=True
    )
    mail = EmailSettings(
        name="mail", server="127.0.0.1", port=mailbox.port, security="none", sender="phusong@hagiang.example"
    )
    telling = NotifySettings(
        channels=(sms, mail),
        rules=Rules(settle_seconds=0),
        roster=folder / "roster.yaml",
        address=f"http://127.0.0.1:{port}",
    )
    settings = CollectorSettings(state=folder, listen=ListenSettings(port=port), notify=telling)
    stop = asyncio.Event()
    async with open_collector(settings, INVENTORY, SystemClock(), logging.getLogger("desk")) as collector:
        with open_sockets(settings.listen) as sockets:
            sockets[0].listen(16)
            serving = asyncio.create_task(serve(collector.app, sockets, settings.listen, collector.telemetry, stop))
            assert collector.notify is not None
            try:
                yield Desk(port, gateway, mailbox, collector.notify, collector.notify.teller.journal)
            finally:
                stop.set()
                collector.feed.close()
                await serving


async def until(condition: Callable[[], Any]) -> Any:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - peers tell nobody
            await asyncio.sleep(0.01)
    return condition()


def hub_down() -> Any:
    now_ns = SystemClock().wall_ns()
    return incident(
        9,
        scope=Scope.HUB,
        subject="H02",
        cause=Cause.HUB,
        sites=("00898", "00899"),
        still=("00898",),
        began_ns=now_ns - 2 * MINUTE_NS,
        known_ns=now_ns - MINUTE_NS,
    )


async def told_link(desk: Desk) -> str:
    await desk.hold(hub_down())
    (body,) = await until(lambda: desk.gateway.bodies)
    link: str = json.loads(body)["recipients"][0]["link"]
    return link.removeprefix(f"http://127.0.0.1:{desk.port}")


async def test_a_scanner_that_opens_the_link_acknowledges_nothing_and_the_button_does(desk: Desk) -> None:
    path = await told_link(desk)
    visitor = desk.visitor()
    for _ in range(3):
        page = await visitor.get(path)
        await visitor.ask("HEAD", path)
    assert page.status == 200
    assert "điểm tập trung H02" in page.text
    assert "Trần Thu Hà" in page.text
    assert 'href="/incidents/9?lang=vi"' in page.text, "whom to call is one step away"
    assert desk.notify.teller.acknowledged_ns(9) is None

    done = await visitor.post(path, {"do": "acknowledge"})
    assert (done.status, done.headers["location"]) == (303, path)
    assert desk.notify.teller.acknowledged_ns(9) is not None
    page = await visitor.get(path)
    assert re.search(r"Trần Thu Hà đã tiếp nhận lúc \d\d:\d\d", page.text)
    assert 'value="acknowledge"' not in page.text


@pytest.mark.browser
async def test_the_button_is_in_sight_on_a_small_telephone_and_what_was_pressed_is_too(desk: Desk) -> None:
    """Whoever is woken presses it before they read on."""
    path, chromium = await told_link(desk), require("chromium", "chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport={"width": 320, "height": 568})
        await page.goto(f"http://127.0.0.1:{desk.port}{path}")
        button = page.get_by_role("button", name="Tiếp nhận")
        await expect(button).to_be_in_viewport(ratio=1)
        await page.evaluate(AXE)
        told = await page.evaluate("axe.run({ resultTypes: ['violations'] })")
        await button.click()
        await expect(page.get_by_role("status")).to_be_in_viewport(ratio=1)
        await browser.close()

    assert [(one["id"], one["nodes"][0]["html"]) for one in told["violations"]] == []


async def test_what_the_page_refuses_is_told_in_both_languages(desk: Desk) -> None:
    path, visitor = await told_link(desk), desk.visitor()
    large = await visitor.post(path, {"do": "comment", "text": "ô" * 9000})
    nothing = await visitor.post(path, {"do": "comment", "text": " "})

    assert (large.status, "tối đa 16 kB" in large.text, "at most 16 kB" in large.text) == (413, True, True)
    assert (nothing.status, "hãy tải lại trang" in nothing.text) == (400, True)
    assert f'href="{path}"' in nothing.text
    assert await desk.notify.outbox.remarks(9) == []


async def test_the_link_of_a_fault_that_became_part_of_a_larger_one_acknowledges_that_one(desk: Desk) -> None:
    path = await told_link(desk)
    down = hub_down()
    larger = msgspec.structs.replace(down, number=10, scope=Scope.PROVIDER, subject="VNPT", cause=Cause.ISP)
    folded = msgspec.structs.replace(down, version=2, silent_because="folded", folded_into=10)
    await desk.hold(larger)
    await desk.hold(folded)
    page = await desk.visitor().get(path)
    await desk.visitor().post(path, {"do": "acknowledge"})

    assert "nhà mạng VNPT" in page.text
    assert desk.notify.teller.acknowledged_ns(10) is not None


async def test_a_gateway_that_hangs_keeps_no_letter_back_and_no_end_of_the_program(desk: Desk) -> None:
    desk.gateway.mode = "hang"
    await desk.hold(hub_down())
    await until(lambda: desk.gateway.hanging)

    assert await until(lambda: desk.mailbox.bodies)


async def test_the_page_needs_no_script_and_loads_nothing(desk: Desk) -> None:
    page = await desk.visitor().get(await told_link(desk))

    assert "<script" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"


async def test_a_comment_is_kept_as_text_and_with_who_said_it(desk: Desk) -> None:
    path, visitor = await told_link(desk), desk.visitor()
    assert (await visitor.post(path, {"do": "comment", "text": "<b>gọi VNPT</b>\x00 rồi"})).status == 303
    page = await visitor.get(path)

    assert "&lt;b&gt;gọi VNPT&lt;/b&gt; rồi" in page.text
    assert [(each.person, each.kind) for each in await desk.notify.outbox.remarks(9)] == [("ha", "comment")]
    assert desk.notify.teller.acknowledged_ns(9) is None


@pytest.mark.parametrize("spoiled", ["9.zzzz.ha.AAAAAAAAAAAAAAAA", "x", "9", "9.1.ha." + "A" * 16])
async def test_a_wrong_link_shows_and_does_nothing(desk: Desk, spoiled: str) -> None:
    await told_link(desk)
    visitor, path = desk.visitor(), f"/a/{spoiled}"
    for answer in (await visitor.get(path), await visitor.post(path, {"do": "acknowledge"})):
        assert answer.status == 404
        assert "H02" not in answer.text
        assert 'href="/incidents?lang=vi"' in answer.text
    assert desk.notify.teller.acknowledged_ns(9) is None


async def test_a_body_that_is_too_long_or_says_nothing_does_nothing(desk: Desk) -> None:
    path, visitor = await told_link(desk), desk.visitor()

    assert (await visitor.post(path, {"do": "comment", "text": "x" * 20_000})).status == 413
    assert (await visitor.post(path, {"do": "comment", "text": " "})).status == 400
    assert (await visitor.post(path, {})).status == 400


async def test_a_letter_carries_a_link_of_its_own_and_the_end_none(desk: Desk) -> None:
    down = hub_down()
    await desk.hold(down)
    (body,) = await until(lambda: desk.mailbox.bodies)
    letter = email.message_from_bytes(body, policy=email.policy.default)
    assert f"http://127.0.0.1:{desk.port}/a/9." in letter.get_content()

    over = msgspec.structs.replace(down, version=2, ended_ns=SystemClock().wall_ns())
    await desk.hold(over)
    bodies = await until(lambda: desk.mailbox.bodies[1:])
    letter = email.message_from_bytes(bodies[0], policy=email.policy.default)
    assert "ĐÃ KHẮC PHỤC" in letter["Subject"]
    assert "/a/" not in letter.get_content()


async def test_a_gateway_proves_by_its_receipt_that_a_trial_came_through(desk: Desk, tmp_path: Path) -> None:
    begun = SystemClock().wall_ns()
    good = token(read_secret(tmp_path / "notify.key"), "receipt", -1, "sms", begun + HOUR_NS)
    wrong = await desk.visitor().ask("POST", "/api/v1/notify/receipts", json.dumps({"receipt": good[:-1] + "!"}))
    assert wrong.status == 403
    assert desk.notify.teller.last_proven_ns() is None
    alert = {"alerts": [{"status": "firing", "annotations": {"receipt": good, "summary": "x"}}], "version": "4"}
    right = await desk.visitor().ask("POST", "/api/v1/notify/receipts", json.dumps(alert))
    assert right.status == 204
    assert (desk.notify.teller.last_proven_ns() or 0) >= begun


async def test_a_key_of_links_is_made_once_and_for_its_owner_alone(desk: Desk, tmp_path: Path) -> None:
    key = tmp_path / "notify.key"

    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_text(encoding="utf-8").strip()) >= 40
