"""The pages of people: what is typed is done and written down, in two languages, by keyboard and without scripts."""

import re
from collections.abc import AsyncIterator
from html import escape
from pathlib import Path

import pytest
import pytest_asyncio

from collector.people.book import open_people
from collector.people.passwords import Weakness
from collector.people.person import Role
from collector.people.vocabulary import words_in
from collector.people.words import ENGLISH
from tests.peers.visitor import PASSWORD, House, Visitor, house

pytestmark = pytest.mark.asyncio(loop_scope="module")
VIETNAMESE = words_in("vi")
ANOTHER = "một mật khẩu khác"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def open_house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("pages")) as found:
        found.add("admin", Role.ADMIN)
        found.add("an", Role.VIEWER)
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def admin(open_house: House) -> Visitor:
    visitor = open_house.visitor()
    await visitor.log_in("admin")
    return visitor


async def test_no_page_runs_a_script_or_holds_a_style_of_its_own(open_house: House, admin: Visitor) -> None:
    for path in ("/login", "/account", "/people", "/people?lang=en"):
        page = await admin.get(path)

        assert page.status == 200
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:|https?://", page.text)
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-frame-options"] == "DENY"
        fields = re.findall(r'<(?:input|select)(?![^>]*type="hidden")[^>]*\sid="([^"]+)"', page.text)
        assert fields
        assert all(f'for="{field}"' in page.text for field in fields), "each field has its label"
    assert (await admin.get("/static/people.css")).status == 200


async def test_an_admin_adds_changes_and_disables_somebody(open_house: House, admin: Visitor) -> None:
    async def deed(**fields: str) -> int:
        return (await admin.submit("/people", "/people", fields)).status

    assert await deed(deed="add", name="ha", role="viewer", password=ANOTHER) == 200
    ha = open_house.visitor()
    assert (await ha.log_in("ha", ANOTHER)).status == 303
    assert (await ha.get("/account")).status == 200
    assert await deed(deed="role", name="ha", role="operator") == 200
    assert await deed(deed="password", name="ha", password=PASSWORD) == 200
    assert (await ha.get("/account")).status == 303, "the sessions of the old password ended"
    assert (await ha.log_in("ha", ANOTHER)).status == 401
    assert (await ha.log_in("ha")).status == 303
    assert await deed(deed="disable", name="ha") == 200
    assert (await ha.get("/account")).status == 303
    assert await deed(deed="enable", name="ha") == 200

    rows = [row for row in open_house.log() if row[2] == "ha" and row[0] == "admin"]
    assert rows == [
        ("admin", "user-add", "ha", "viewer"),
        ("admin", "user-role", "ha", "viewer to operator"),
        ("admin", "user-password", "ha", ""),
        ("admin", "user-disable", "ha", ""),
        ("admin", "user-enable", "ha", ""),
    ]


WRONG = (
    ({"deed": "add", "name": "an", "role": "viewer", "password": ANOTHER}, VIETNAMESE.taken),
    ({"deed": "add", "name": "Ấn", "role": "viewer", "password": ANOTHER}, VIETNAMESE.bad_name),
    ({"deed": "add", "name": "<b>", "role": "viewer", "password": ANOTHER}, VIETNAMESE.bad_name),
    ({"deed": "add", "name": "ngoc", "role": "root", "password": ANOTHER}, VIETNAMESE.bad_name),
    ({"deed": "add", "name": "ngoc", "role": "viewer", "password": "short"}, VIETNAMESE.weak[Weakness.SHORT]),
    ({"deed": "password", "name": "an", "password": "aaaaaaaaaaaaa"}, VIETNAMESE.weak[Weakness.PLAIN]),
    ({"deed": "role", "name": "nobody", "role": "admin"}, VIETNAMESE.nobody),
    ({"deed": "role", "name": "an"}, VIETNAMESE.nobody),
    ({"deed": "disable", "name": "admin"}, VIETNAMESE.oneself),
    ({"deed": "role", "name": "admin", "role": "viewer"}, VIETNAMESE.oneself),
    ({"deed": "drop", "name": "an"}, VIETNAMESE.nobody),
    ({}, VIETNAMESE.nobody),
)


async def test_what_is_wrong_is_told_on_the_page_and_changes_nothing(open_house: House, admin: Visitor) -> None:
    with open_people(open_house.path) as book:
        before = book.everybody(), book.head()

        for fields, told in WRONG:
            answer = await admin.submit("/people", "/people", fields)
            assert answer.status == 422
            assert told.replace("'", "&#39;") in answer.text
            if fields.get("deed") == "add":
                assert f'value="{escape(fields["name"])}"' in answer.text, "what was typed is still there"
                assert fields["password"] not in answer.text

        assert (book.everybody(), book.head()) == before


async def test_a_new_password_ends_all_other_sessions_and_goes_on_in_a_new_one(open_house: House) -> None:
    here, there = open_house.visitor(), open_house.visitor()
    for visitor in (here, there):
        assert (await visitor.log_in("an")).status == 303
    before = here.session
    fields = {"old": PASSWORD, "new": ANOTHER, "again": ANOTHER}

    wrong = await here.submit("/account", "/account", fields | {"old": "wrong"})
    assert (wrong.status, VIETNAMESE.wrong_old in wrong.text) == (422, True), "nobody was asked for a name"
    assert (await here.submit("/account", "/account", fields | {"again": "other"})).status == 422
    assert (await here.submit("/account", "/account", fields | {"new": "short", "again": "short"})).status == 422
    assert (await there.get("/account")).status == 200
    page = await here.submit("/account", "/account", fields)

    assert page.status == 200
    assert VIETNAMESE.changed in page.text
    assert here.session != before
    assert (await here.submit("/account", "/account", fields)).status == 422, "its forms are of the new session"
    assert (await there.get("/account")).status == 303
    assert (await there.log_in("an")).status == 401
    assert (await there.log_in("an", ANOTHER)).status == 303
    for _ in range(6):
        answer = await there.submit("/account", "/account", fields)
    assert "Hãy đợi" in answer.text, "a stolen session does not guess the password"


async def test_pages_speak_vietnamese_first_and_english_on_request(open_house: House) -> None:
    visitor = open_house.visitor()
    vietnamese, english = await visitor.get("/login"), await visitor.get("/login?lang=en&next=/wall")

    assert 'lang="vi"' in vietnamese.text
    assert VIETNAMESE.log_in in vietnamese.text
    assert ENGLISH.log_in in english.text
    assert 'action="/login?lang=en"' in english.text
    assert 'href="?lang=vi&amp;next=/wall"' in english.text
    assert set(VIETNAMESE.roles) == set(ENGLISH.roles) == set(Role)
    assert set(VIETNAMESE.weak) == set(ENGLISH.weak) == set(Weakness)


async def test_hostile_text_in_the_address_stays_text(open_house: House) -> None:
    page = await open_house.visitor().get("/login?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&lang=%22%3E%3Cb%3E")

    assert "<script" not in page.text
    assert "<b>" not in page.text


async def test_where_nobody_can_log_in_yet_the_page_says_how_the_first_one_comes(tmp_path: Path) -> None:
    async with house(tmp_path) as empty:
        page = (await empty.visitor().get("/login")).text
        empty.add("admin", Role.ADMIN)
        later = (await empty.visitor().get("/login")).text

    assert "Chưa có ai đăng nhập được." in page
    assert "phusong-collector user add NAME --role admin --config FILE" in page
    assert "phusong-collector" not in later


async def test_the_ways_to_other_pages_are_those_of_other_pages(open_house: House, admin: Visitor) -> None:
    """Same places, same words, same order, so that nobody looks for them."""
    for language in ("vi", "en"):
        found = []
        for path in ("/maintenance", "/account", "/people", "/login"):
            page = (await admin.get(f"{path}?lang={language}")).text
            nav = page.partition("<nav")[2].partition("</nav>")[0]
            found.append(re.findall(r'<a href="([^"?]+)[^"]*">([^<]+)</a>', nav))
        assert len(found[0]) == 7
        assert found == [found[0]] * 4
