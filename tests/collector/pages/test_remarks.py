"""Who may act on an incident does so on its page, once, through a form of ours; everybody who looks reads it."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from collector.notify.settings import NotifySettings
from collector.notify.webhook import WebhookSettings
from collector.people.person import Role
from shared.clock import SystemClock
from shared.secret import Secret
from tests.peers.incidents import MINUTE_NS, incident
from tests.peers.visitor import House, Visitor, house

HOSTILE = "<script>document.title='owned'</script>"


@pytest.fixture
async def telling(tmp_path: Path) -> AsyncIterator[House]:
    """A collector that tells, with an incident that lasts."""
    # Nobody is on duty and nothing is due: the channel is never spoken to.
    channel = WebhookSettings(name="sms", url="http://127.0.0.1:9/", secret=Secret("x"))
    async with house(tmp_path, NotifySettings(channels=(channel,))) as opened:
        assert opened.collector.notify is not None
        now_ns = SystemClock().wall_ns()
        lasting = incident(9, began_ns=now_ns - 2 * MINUTE_NS, known_ns=now_ns - MINUTE_NS)
        opened.collector.notify.teller.journal.write([], [lasting])
        await opened.collector.notify.teller.look()
        opened.add("lan", Role.OPERATOR)
        opened.add("khach", Role.VIEWER)
        yield opened


async def logged_in(opened: House, name: str) -> Visitor:
    visitor = opened.visitor()
    await visitor.log_in(name)
    return visitor


async def test_an_operator_acknowledges_once_and_comments_and_a_viewer_reads_it(telling: House) -> None:
    operator = await logged_in(telling, "lan")
    page = "/incidents/9"
    before = (await operator.get(page)).text
    done = await operator.submit(page, page, {"do": "acknowledge"})
    said = await operator.submit(page, page, {"do": "comment", "text": HOSTILE})
    seen = (await (await logged_in(telling, "khach")).get(page)).text

    assert 'value="acknowledge"' in before
    assert (done.status, done.headers["location"], said.status) == (303, page, 303)
    assert "đã tiếp nhận" in seen
    assert "<strong>lan</strong>" in seen
    assert HOSTILE not in seen
    assert "&lt;script&gt;" in seen
    assert "<form method" not in seen.split("<main>")[1], "who only looks gets no form"
    assert 'value="acknowledge"' not in (await operator.get(page)).text
    assert telling.collector.notify is not None
    assert telling.collector.notify.teller.acknowledged_ns(9) is not None


async def test_nobody_acts_without_the_role_or_without_a_form_of_ours(telling: House) -> None:
    operator, viewer = await logged_in(telling, "lan"), await logged_in(telling, "khach")
    fields = {"do": "acknowledge"}
    answers = [
        await telling.visitor().post("/incidents/9", fields),
        await viewer.submit("/account", "/incidents/9", fields),
        await operator.post("/incidents/9", fields),
        await operator.submit("/incidents/9", "/incidents/9", {"do": "comment", "text": "  "}),
        await operator.submit("/incidents/9", "/incidents/999", fields),
    ]

    assert [answer.status for answer in answers] == [401, 403, 403, 400, 404]
    assert telling.collector.notify is not None
    assert telling.collector.notify.teller.acknowledged_ns(9) is None


async def test_what_cannot_be_stored_says_so_and_when_to_try_again(telling: House, tmp_path: Path) -> None:
    operator = await logged_in(telling, "lan")
    with closing(sqlite3.connect(tmp_path / "notify.sqlite")) as file:
        file.execute("CREATE TRIGGER full BEFORE INSERT ON remark BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
    answer = await operator.submit("/incidents/9", "/incidents/9", {"do": "comment", "text": "gọi VNPT"})

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert "Chưa lưu được" in answer.text
    assert "gọi VNPT" not in (await operator.get("/incidents/9")).text


async def test_where_nobody_is_told_an_incident_offers_no_form(tmp_path: Path) -> None:
    async with house(tmp_path) as opened:
        opened.add("lan", Role.OPERATOR)
        operator = await logged_in(opened, "lan")

        assert "<form method" not in (await operator.get("/incidents")).text.split("<main>")[1]
