"""Inventory and maintenance on pages: who may, what is refused, who was quicker, and every change can be taken back."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from pathlib import Path

import pytest

from collector.inventory.change import compare
from collector.inventory.site import Contact, Inventory, Link, Site
from collector.inventory.versions import Deed, open_versions
from collector.pages import stock_words
from collector.pages.site_form import parts, plain_fields, site_of
from collector.people.person import Role
from tests.peers.visitor import House, Visitor, house

SITES = tuple(
    Site(
        id=f"s{number}",
        name=f"Xã Số {number}",
        code=f"00{number}",
        hub="Đồng Văn",
        links=(Link(name="main", provider="VNPT", contract="K-1", committed_down_megabits=100.5),),
        contacts=(Contact(name="Bà Mùa", telephone="+84 219 3 866"),),
    )
    for number in range(10)
)


class Form(HTMLParser):
    """The fields of a page's form, as a browser would send them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given.get("name") and given.get("type") != "search":
            self.fields[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given["name"]
            self.fields[self._select] = ""
        elif tag == "option" and "selected" in given:
            self.fields[self._select] = given["value"]


@asynccontextmanager
async def stocked(folder: Path) -> AsyncIterator[tuple[House, dict[Role, Visitor]]]:
    with open_versions(folder / "inventory.sqlite") as versions:
        versions.accept(Inventory(SITES), Deed(at_wall_ns=1, who="", deed="import"))
    async with house(folder, inventory=Inventory(SITES), required=True) as found:
        people = {}
        for role in Role:
            found.add(f"the-{role}", role)
            people[role] = found.enter(f"the-{role}")
        yield found, people


def inventory(folder: Path) -> Inventory:
    with open_versions(folder / "inventory.sqlite") as versions:
        return versions.inventory()


@pytest.mark.parametrize("site", [SITES[0], Site(id="bare", name="Bare")])
def test_a_form_that_nobody_changed_changes_nothing(site: Site) -> None:
    fields = {one.name: one.value for one in plain_fields(site)}
    fields |= {one.name: one.value for part in parts(site) for one in part.fields}

    assert site_of(site.id, fields, Inventory((site,))) == site


async def test_an_operator_changes_whom_to_call_and_the_log_says_so(tmp_path: Path) -> None:
    async with stocked(tmp_path) as (found, people):
        operator = people[Role.OPERATOR]
        fields = Form((await operator.get("/inventory/s3")).text).fields
        fields |= {
            "contact1_telephone": "0219 3 867 000",
            "contact2_name": "Ông Vàng",
            "link1_kind": "fibre",
            "why": "mới",
        }
        answer = await operator.post("/inventory/s3", fields)
        listed = (await operator.get("/inventory?q=ong+vang")).text
        sheet = await operator.get("/inventory.csv?separator=%3B")

        assert answer.status == 303
        assert "Xã Số 3" in listed
        assert "Xã Số 4" not in listed
        assert ";100,5;" in sheet.text
        assert ("the-operator", "inventory-edit", "s3", "0 new, 0 gone, 1 altered") in found.log()
    now = inventory(tmp_path).by_id()["s3"]
    assert [(one.name, one.telephone) for one in now.contacts] == [("Bà Mùa", "0219 3 867 000"), ("Ông Vàng", "")]
    assert now.links[0].kind == "fibre"
    assert compare(Inventory(SITES), inventory(tmp_path)).altered == ("s3",)


async def test_who_was_slower_is_told_and_keeps_what_they_typed(tmp_path: Path) -> None:
    async with stocked(tmp_path) as (_, people):
        slow, quick = people[Role.ADMIN], people[Role.OPERATOR]
        fields = Form((await slow.get("/inventory/s3")).text).fields
        await quick.post("/inventory/s3", {**Form((await quick.get("/inventory/s3")).text).fields, "name": "Quick"})
        answer = await slow.post("/inventory/s3", {**fields, "name": "Slow"})

    assert answer.status == 409
    assert "somebody changed it meanwhile" in answer.text
    assert 'value="Slow"' in answer.text
    assert inventory(tmp_path).by_id()["s3"].name == "Quick"


@pytest.mark.parametrize(
    ("field", "value", "line"),
    [
        ("name", "=1+1", "a spreadsheet would run it"),
        ("name", "", "name is empty"),
        ("hub", "a\u202eb", "invisible character U+202E"),
        ("latitude", "91", "outside of -90 to 90"),
        ("link1_committed_down_megabits", "fast", "is no number"),
        ("device1_role", "rooter", "unknown role"),
    ],
)
async def test_what_is_wrong_is_told_by_its_field_and_nothing_changes(
    tmp_path: Path, field: str, value: str, line: str
) -> None:
    async with stocked(tmp_path) as (_, people):
        operator = people[Role.OPERATOR]
        fields = Form((await operator.get("/inventory/s3")).text).fields
        answer = await operator.post("/inventory/s3", {**fields, "device1_name": "r", field: value})

    assert answer.status == 409
    assert line in answer.text
    assert inventory(tmp_path).sites == SITES


async def test_a_sheet_with_few_sites_waits_for_a_second_word_and_can_be_taken_back(tmp_path: Path) -> None:
    async with stocked(tmp_path) as (found, people):
        admin = people[Role.ADMIN]
        sheet = "id,code,name\ns1,001,Xã Số 1\n"
        first = await admin.submit("/inventory", "/inventory", {"do": "import", "sheet": sheet, "version": "1"})
        assert first.status == 409
        assert "9 of 10 sites would go" in first.text
        again = await admin.submit(
            "/inventory", "/inventory", {"do": "import", "sheet": sheet, "version": "1", "sure": "yes"}
        )
        assert again.status == 303
        assert len(inventory(tmp_path).sites) == 1
        back = await admin.submit("/inventory", "/inventory", {"do": "undo", "number": "2", "version": "2"})
        assert back.status == 303
        assert [row[1] for row in found.log() if row[1].startswith(("sites-", "inventory-"))] == [
            "sites-import",
            "inventory-undo",
        ]
    assert inventory(tmp_path).sites == SITES


async def test_a_sheet_that_is_wrong_is_told_by_its_line(tmp_path: Path) -> None:
    async with stocked(tmp_path) as (_, people):
        answer = await people[Role.ADMIN].submit(
            "/inventory", "/inventory", {"do": "import", "sheet": "code,name,huub\n001,A,x\n", "version": "1"}
        )

    assert answer.status == 409
    assert "sites.csv:1: unknown column" in answer.text
    assert "did you mean" in answer.text
    assert str(tmp_path) not in answer.text


async def test_a_new_site_and_its_end(tmp_path: Path) -> None:
    async with stocked(tmp_path) as (_, people):
        admin = people[Role.ADMIN]
        fields = Form((await admin.get("/inventory/new")).text).fields
        taken = await admin.post("/inventory/new", {**fields, "id": "s1", "code": "x", "name": "x"})
        made = await admin.post("/inventory/new", {**fields, "id": "new-one", "code": "0777", "name": "Xã Mới"})
        assert (taken.status, made.status) == (409, 303)
        assert "new-one" in inventory(tmp_path).by_id()
        await admin.submit("/inventory", "/inventory", {"do": "remove", "site": "new-one", "version": "2"})
    assert inventory(tmp_path).sites == SITES


async def test_a_viewer_looks_and_an_operator_imports_nothing(tmp_path: Path) -> None:
    async with stocked(tmp_path) as (_, people):
        page = (await people[Role.VIEWER].get("/inventory/s1")).text
        imported = await people[Role.OPERATOR].submit("/inventory/s1", "/inventory", {"do": "import", "sheet": "x"})
        maintained = (await people[Role.VIEWER].get("/maintenance")).text

    assert "readonly" in page
    assert "<button>" not in page
    assert imported.status == 403
    assert "<fieldset>" not in maintained


async def test_maintenance_is_set_for_a_hub_and_ended(tmp_path: Path) -> None:
    window = {"do": "add", "where": "Đồng Văn", "begin": "2026-01-01 00:00", "until": "2099-01-01 00:00", "why": "cáp"}
    async with stocked(tmp_path) as (found, people):
        operator = people[Role.OPERATOR]
        wrong = await operator.submit("/maintenance", "/maintenance", {**window, "where": "Đồng Vằn"})
        added = await operator.submit("/maintenance", "/maintenance", window)
        shown = (await operator.get("/maintenance?lang=en")).text
        gone = await operator.submit("/maintenance", "/maintenance", {"do": "end", "id": "nobody"})
        ended = await operator.submit("/maintenance", "/maintenance", {"do": "end", "id": "20260101-1"})
        after = (await operator.get("/maintenance?lang=en")).text
        deeds = [row for row in found.log() if row[1].startswith("maintenance")]

    assert (wrong.status, added.status, gone.status, ended.status) == (409, 303, 409, 303)
    assert "is not in the inventory" in wrong.text
    assert "10: " in shown
    assert "the-operator" in shown
    assert "No maintenance" in after
    assert deeds == [
        ("the-operator", "maintenance-add", "20260101-1", "cáp"),
        ("the-operator", "maintenance-end", "20260101-1", "ended"),
    ]


def test_words_are_there_in_both_languages() -> None:
    vietnamese, english = stock_words.VIETNAMESE, stock_words.ENGLISH

    assert vietnamese.keys() == english.keys()
    assert not {key for key in english if english[key] == vietnamese[key]}
    templates = Path(stock_words.__file__).parent / "templates"
    used = {
        word
        for name in ("inventory", "site_form", "maintenance")
        for word in re.findall(r"words\.([a-z_]+)", (templates / f"{name}.html").read_text(encoding="utf-8"))
    }
    assert {"inventory", "undo", "save", "add"} <= used
